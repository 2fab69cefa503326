"""The layouts of bundles, and what the tools that make them do not collect."""

from __future__ import annotations

import re
from collections.abc import Callable

from msgspec import Struct

from pcapcheck.nodestate.bundles.bundled_file import BundledFile
from pcapcheck.nodestate.bundles.calicoctl_diags import node_file
from pcapcheck.nodestate.bundles.calicoctl_node_diags import node_diags_file
from pcapcheck.nodestate.bundles.must_gather import must_gather_file
from pcapcheck.nodestate.bundles.retina import retina_file
from pcapcheck.nodestate.bundles.sosreport import sosreport_file

SYSCTLS, INSIDES, NEIGHBOURS, CAPTURES = "sysctls", "insides", "neighbours", "captures"
# What is missing, in words, and the command that shows it.
MISSING = {
    SYSCTLS: (
        "the node's settings (proxy_arp, rp_filter, forwarding)",
        "sysctl -a 2>/dev/null | grep -E 'net.ipv[46].(conf|neigh|ip_forward)'",
    ),
    NEIGHBOURS: ("the node's neighbours, links and rules", "ip neigh; ip -d link; ip rule"),
    INSIDES: ("what pods see inside", "kubectl exec POD -- sh -c 'ip addr; ip route; ip neigh'"),
    CAPTURES: ("packets", "tcpdump -i caliXXXXXXXXXXX -w FILE"),
}
# What a file's name ends in if somebody compressed it afterwards.
PACKED = re.compile(r"(?<=[^/])\.(?:gz|xz|zst|lz4|bz2)$", re.IGNORECASE)


class Layout(Struct, frozen=True):
    """``title`` is the tool; ``find`` gives the file at a path or None; ``lacks`` are keys of ``MISSING``."""

    title: str
    find: Callable[[str], BundledFile | None]
    lacks: tuple[str, ...]


LAYOUTS = (
    Layout("calicoctl cluster diags", node_file, (SYSCTLS, INSIDES)),
    Layout("calicoctl node diags", node_diags_file, (SYSCTLS, NEIGHBOURS, INSIDES)),
    Layout("a Retina capture", retina_file, (INSIDES,)),
    Layout("sosreport", sosreport_file, (CAPTURES,)),
    Layout("must-gather", must_gather_file, (SYSCTLS, NEIGHBOURS, INSIDES)),
)


def layout_of(path: str) -> tuple[Layout, BundledFile] | None:
    """The layout that a path belongs to, and the file that it is there."""
    plain = PACKED.sub("", path)
    for layout in LAYOUTS:
        file = layout.find(plain)
        if file is not None:
            return layout, file
    return None
