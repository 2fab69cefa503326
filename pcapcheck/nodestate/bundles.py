"""Bundles: files of ``calicoctl cluster diags``, as ``tail -n +1`` prints them: whose each is, and what it lists.

Calico: calicoctl/calicoctl/commands/cluster/diags.go, collectCalicoNodeDiags (older versions write names without
hyphens: iproute.txt, ipv6route.txt). GNU coreutils: tail and head write ``==> NAME <==`` above each of several files.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

LONGEST = 400
HEAD = re.compile(r"==> (\S{1,300}) <==")
# The folder of a node in a bundle.
OF_NODE = re.compile(r"(?:.*/)?nodes/([A-Za-z0-9][\w.-]*)/(?:.*/)?([^/]+)")
# What stands in a file, by its name without hyphens.
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
# So many lines of each file ``head`` and ``tail`` print where nobody says otherwise; of a few files it is chance.
CUT = 10
FEW = 2


@dataclass(frozen=True)
class Bundled:
    """A file of a bundle: ``node`` is whose it is, ``command`` what printed it; None where its name tells neither."""

    node: str
    command: str | None


def bundled(text: str) -> Bundled | None:
    """The file that a line announces; None where it is no such line, or the file is not of a node's folder."""
    match = HEAD.fullmatch(text.strip()) if len(text) <= LONGEST else None
    place = OF_NODE.fullmatch(match[1]) if match else None
    if place is None:
        return None
    name = place[2].removesuffix(".txt").replace("-", "").lower()
    return Bundled(place[1], COMMANDS.get(name))


def is_cut(texts: Iterable[str]) -> bool:
    """Whether the files that are announced look as ``head`` or ``tail`` prints them by themselves: many end alike."""
    lengths = [0]
    for text in texts:
        if HEAD.fullmatch(text.strip()[:LONGEST]):
            lengths.append(0)
        else:
            lengths[-1] += bool(text.strip())
    return max(lengths) <= CUT and lengths.count(CUT) > FEW
