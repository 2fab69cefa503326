"""Files that people call after the command whose output is in them: ip-route.txt, nft_list_ruleset.log."""

from __future__ import annotations

import re

WORD = re.compile(r"[-_. ]+")
# What files are called that hold the output of ip, and words that may follow.
LISTINGS = {
    **dict.fromkeys(("addr", "address", "addresses", "a"), "addr show"),
    **dict.fromkeys(("link", "links", "l"), "link show"),
    **dict.fromkeys(("route", "routes", "r"), "route show"),
    **dict.fromkeys(("rule", "rules"), "rule show"),
    **dict.fromkeys(("neigh", "neighbor", "neighbors", "neighbour", "neighbours", "n"), "neigh show"),
}
FURTHER = ("show", "list", "ls", "table", "all", "v4", "v6", "4", "6")
# The same of other commands, by the words of the name without options.
OTHERS = {
    **dict.fromkeys(("nft list ruleset", "nft ruleset", "ruleset"), "nft list ruleset"),
    "iptables save": "iptables-save",
    "ip6tables save": "ip6tables-save",
    "iptables nft save": "iptables-nft-save",
    "iptables legacy save": "iptables-legacy-save",
    "ipset list": "ipset list",
    **dict.fromkeys(("bridge fdb", "bridge fdb show"), "bridge fdb show"),
    **dict.fromkeys(("tc qdisc", "tc qdisc show"), "tc qdisc show"),
}
OPTIONS = ("s", "c", "n", "a")


def command_named(bare: str) -> str | None:
    """The command: ip route of ip-route, route or ip_route_show_table_all. None if the name is no command's."""
    words = [word for word in WORD.split(bare.lower()) if word]
    other = OTHERS.get(" ".join(word for word in words if word not in OPTIONS))
    if other is not None:
        return other
    words = words[1:] if words[:1] == ["ip"] else words
    listed = LISTINGS.get(words[0]) if words else None
    if listed is None or not all(word in FURTHER for word in words[1:]):
        return None
    return f"ip {'-6 ' if 'v6' in words or '6' in words else ''}{listed}{' table all' if 'all' in words else ''}"
