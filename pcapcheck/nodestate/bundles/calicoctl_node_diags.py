"""``calicoctl node diags``: a file per command in one folder, ``diagnostics``, for the node that it ran on.

Calico: calicoctl/calicoctl/commands/node/diags.go, runDiags. The node's name is in the file ``hostname``.
"""

from __future__ import annotations

import re

from pcapcheck.nodestate.bundles.bundled_file import BundledFile

INSIDE = re.compile(r"((?:.*/)?diagnostics)/([^/]+)")
COMMANDS = {
    "hostname": "hostname",
    "date": "date",
    "netstat": "netstat --all --numeric",
    "ipv4_route": "ip -4 route",
    "ipv6_route": "ip -6 route",
    "ipv4_addr": "ip -4 addr",
    "ipv6_addr": "ip -6 addr",
    "ipv4_tables": "iptables-save -c",
    "ipv6_tables": "ip6tables-save -c",
    "nft_ruleset": "nft -n -a list ruleset",
    "ipsets": "ipset list",
}


def node_diags_file(path: str) -> BundledFile | None:
    """The file at a path, or None if this layout has none of that name."""
    match = INSIDE.fullmatch(path)
    if match is None or match[2] not in COMMANDS:
        return None
    return BundledFile(None, COMMANDS[match[2]], match[1])
