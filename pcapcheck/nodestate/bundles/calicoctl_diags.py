"""``calicoctl cluster diags``: a folder per node, a file per command.

Calico: calicoctl/calicoctl/commands/cluster/diags.go, collectCalicoNodeDiags (older versions write names without
hyphens: iproute.txt, ipv6route.txt).
"""

from __future__ import annotations

import re

from pcapcheck.nodestate.bundles.bundled_file import BundledFile

# The folder of a node in a bundle.
OF_NODE = re.compile(r"(?:.*/)?nodes/([A-Za-z0-9][\w.-]*)/(?:.*/)?([^/]+)")
# The command behind a file, by its name without hyphens.
COMMANDS = {
    "iproute": "ip route show table all",
    "iproutev6": "ip -6 route show table all",
    "ipv6route": "ip -6 route show table all",
    "iprule": "ip rule",
    "ipaddr": "ip addr",
    "iplink": "ip link",
    "ipneigh": "ip neigh",
    "ipsetlist": "ipset list",
    "iptableslegacysave": "iptables-legacy-save -c",
    "iptablesnftsave": "iptables-nft-save -c",
    "nftruleset": "nft -n -a list ruleset",
    "tcqdisc": "tc qdisc show",
}


def node_file(path: str) -> BundledFile | None:
    """The file at a path, or None if it is not in a node's folder of this layout."""
    match = OF_NODE.fullmatch(path)
    if match is None:
        return None
    name = match[2].removesuffix(".txt").replace("-", "").lower()
    return BundledFile(match[1], COMMANDS.get(name), path[: match.start(2)])
