"""OpenShift's ``oc adm must-gather``: a folder per node, in it one per image, in it what the image's script wrote.

oc: pkg/cli/admin/mustgather/mustgather.go. Dots of a node's name are dashes there; without a node selector there is no
folder of a node.
"""

from __future__ import annotations

import re

from pcapcheck.nodestate.bundles.bundled_file import BundledFile

INSIDE = re.compile(r"((?:.*/)?([^/]+)/[^/]*sha256-[0-9a-f]{8,64}[^/]*)/.+")


def must_gather_file(path: str) -> BundledFile | None:
    """The file at a path, or None if it is not below the folder of an image."""
    match = INSIDE.fullmatch(path)
    if match is None:
        return None
    node = None if "must-gather" in match[2] else match[2]
    return BundledFile(node, None, match[1])
