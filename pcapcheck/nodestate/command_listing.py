"""What a command lists, by its words, and whether its output is complete."""

from __future__ import annotations

from pcapcheck.nodestate.command_line import KUBECTL, Command
from pcapcheck.nodestate.listing import (
    EVERY_SERVICE,
    QUEUES,
    TABLES,
    Listing,
    addresses_of,
    fdb_of,
    routes_of,
    table_of,
)
from pcapcheck.nodestate.numbers import after
from pcapcheck.nodestate.readers.bridge_ports import NAME as BRIDGE_PORTS
from pcapcheck.nodestate.readers.card_counters import NAME as CARD_COUNTERS
from pcapcheck.nodestate.readers.protocol_counters import NAME as PROTOCOL_COUNTERS
from pcapcheck.nodestate.readers.registry import READER_OF_COMMAND
from pcapcheck.nodestate.readers.unjudged_forms import NAME as UNJUDGED
from pcapcheck.nodestate.readers.unjudged_forms import form_of_command

# iproute2 takes any beginning of these, the first that fits (ip/ip.c, cmds).
IP_OBJECTS = (
    *("address", "addrlabel", "maddress", "route", "rule", "neighbor", "neighbour", "ntable", "link", "netns"),
    *("monitor", "netconf"),
)
IP_READERS = {
    "address": "links",
    "link": "links",
    "route": "routes",
    "rule": "rules",
    "neighbor": "neighbours",
    "neighbour": "neighbours",
    "ntable": "tables",
    "monitor": "monitor",
    "netconf": "netconf",
}
IP_VALUES = ("-f", "-family", "-n", "-netns", "-rc", "-rcvbuf", "-l", "-loops", "-c", "-color")
SHOW = ("show", "list", "lst", "ls", "sh", "sho", "s", "l", "li", "lis")
WRITING = ("add", "del", "delete", "replace", "set", "change", "append", "flush", "a", "d")
CAT = ("cat", "head", "tail", "grep", "egrep", "zgrep", "more", "less")
# kubectl's names of pods, and of services (their three names first) and their endpoints.
PODS = ("pod", "pods", "po")
SERVICES = ("service", "services", "svc", "endpoints", "ep", "endpointslice", "endpointslices")
# Calico's pools of addresses.
CALICOCTL = "calicoctl"
POOLS = ("ippool", "ippools", "ipp", "pool", "pools", "ippools.crd.projectcalico.org", "ippools.projectcalico.org")
# The table of kube-proxy's nftables mode.
KUBE_PROXY = "kube-proxy"
FAMILIES = {"inet": 4, "inet6": 6}
STATISTICS = (
    *(f"/proc/net/stat/{name}" for name in ("nf_conntrack", "ip_conntrack", "arp_cache", "ndisc_cache")),
    "/proc/net/softnet_stat",
)

COUNTERS = ("/proc/net/snmp", "/proc/net/netstat", "/proc/net/snmp6")


PROC_ROUTES = ("/proc/net/route", "/proc/net/ipv6_route", "/proc/net/if_inet6")


def listing_of(command: Command) -> Listing | None:
    """What a command lists; None if the command does not show it."""
    listing = _judged(command)
    if listing is None and form_of_command(command) is not None:
        return Listing(UNJUDGED, words=command.words)
    return listing


def _judged(command: Command) -> Listing | None:
    if command.tool == "ip":
        listing = _ip(command.words[1:])
    elif command.tool in (*KUBECTL, CALICOCTL):
        listing = _kubectl(command)
    elif command.tool in CAT and any("/proc/sys/net/" in word for word in command.words):
        listing = Listing("proc", words=command.words)
    elif command.tool in CAT and "/proc/net/arp" in command.words:
        listing = Listing("arp", (4,), {"neighbours4"} if command.tool == "cat" else set())
    elif command.tool in CAT and any(word in command.words for word in STATISTICS):
        listing = Listing("statistics", words=command.words)
    elif command.tool in CAT and any(word in PROC_ROUTES for word in command.words):
        listing = Listing("proc-net")
        if command.tool == "cat":
            shown = zip(PROC_ROUTES, ("routes4", "routes6", "addresses6"), strict=True)
            listing.whole = {whole for file, whole in shown if file in command.words}
    elif command.tool in CAT and any(word in command.words for word in COUNTERS):
        listing = Listing("kernel-counters")
    elif command.tool in CAT and any(word.endswith("/hairpin_mode") for word in command.words):
        listing = Listing(BRIDGE_PORTS, words=command.words)
    elif command.tool == "bridge" and _is_of_ports(command.words[1:]):
        listing = Listing("links", words=command.words)
    elif command.tool == "ethtool" and {"-S", "--statistics"} & set(command.words):
        listing = Listing(CARD_COUNTERS, words=command.words)
    elif command.tool == "netstat" and _is_of_protocols(command.words[1:]):
        listing = Listing(PROTOCOL_COUNTERS)
    elif command.tool in CAT and "/proc/net/ip_vs" in command.words:
        listing = Listing("ipvs")
    elif command.tool in CAT and any(word.endswith("/etc/resolv.conf") for word in command.words):
        listing = Listing("resolv-conf")
    elif command.tool in CAT and "/proc/net/dev" in command.words:
        listing = Listing("devices")
    elif command.tool in CAT and "/proc/stat" in command.words:
        listing = Listing("log")
    elif command.tool in CAT and any(word.endswith("_tables_names") for word in command.words):
        files = [word.rpartition("/")[2] for word in command.words]
        names = {
            "arp-legacy" if file.startswith("arp") else "legacy" for file in files if file.endswith("_tables_names")
        }
        listing = Listing("firewall", whole=names if command.tool == "cat" else set(), words=command.words)
    elif command.tool in READER_OF_COMMAND:
        listing = _plain(command)
        listing = listing if listing.reader else None
    else:
        return None
    if listing is not None and command.filtered:
        listing.whole.clear()
    return listing


def _is_of_ports(words: list[str]) -> bool:
    """Whether bridge lists its ports, as ``bridge -d link``, and changes nothing."""
    plain = [word for word in words if not word.startswith("-")]
    return bool(plain) and plain[0] in ("link", "li", "l") and (len(plain) == 1 or plain[1] in (*SHOW, "dev"))


def _is_of_protocols(words: list[str]) -> bool:
    """Whether netstat prints counters of protocols."""
    return any(word == "--statistics" or (word[:1] == "-" and word[:2] != "--" and "s" in word) for word in words)


def _plain(command: Command) -> Listing:
    reader = READER_OF_COMMAND[command.tool]
    listing = Listing(reader, words=command.words)
    options = "".join(word[1:] for word in command.words[1:] if word.startswith("-") and not word.startswith("--"))
    plain = [word for word in command.words[1:] if not word.startswith("-")]
    if reader == "ifconfig" and "a" in options and not plain:
        listing.whole = {"links"}
    elif reader == "route-table":
        six = "6" in options or "inet6" in options
        listing.families = (6,) if six else (4,)
        if not plain and (command.tool == "route" or "r" in options):
            listing.whole = {"routes6" if six else "routes4"}
    elif reader == "firewall" and plain[:1] == ["monitor"]:
        listing.reader = "trace"
    elif reader == "firewall":
        # A table's own lines show whether it is whole; only the command shows that nothing was filtered out.
        listing.whole = {"firewall"}
        if plain == ["list", "ruleset"]:
            listing.whole.add("ruleset")
    elif reader == "arp":
        listing.families = (4,)
        if not plain:
            listing.whole = {"neighbours4"}
    elif reader == "fdb":
        _fdb(listing, plain)
    elif reader == "queues":
        listing.dev = after(plain, "dev")
        if plain[:1] in (["qdisc"], ["q"]) and listing.dev is None:
            listing.whole = {QUEUES}
    elif command.tool == "nft" and KUBE_PROXY in plain:
        # Everything in that table is about services, its rejects too.
        listing.reader = "service-rules"
    return listing


def _fdb(listing: Listing, words: list[str]) -> None:
    """``bridge fdb [show [dev DEV]]``; other objects of ``bridge`` are not known."""
    listing.dev = after(words, "dev")
    if words[:1] != ["fdb"]:
        listing.reader = ""
    elif words[1:] in ([], ["show"]):
        listing.whole = {"fdb"}
    elif listing.dev and words[1:] in (["show", "dev", listing.dev], ["show", listing.dev]):
        listing.whole = {fdb_of(listing.dev)}


def _ip(words: list[str]) -> Listing | None:
    """``ip [options] object [show] [what]``."""
    families: tuple[int, ...] = ()
    at = 0
    while at < len(words) and words[at].startswith("-"):
        word = words[at]
        if word in ("-4", "-6"):
            families = (int(word[1]),)
        elif word in ("-f", "-family") and at + 1 < len(words) and words[at + 1] in FAMILIES:
            families = (FAMILIES[words[at + 1]],)
        at += 2 if word in IP_VALUES and word not in ("-c", "-color") else 1
    if at >= len(words):
        return None
    name = next((known for known in IP_OBJECTS if known.startswith(words[at])), "")
    reader = IP_READERS.get(name)
    rest = words[at + 1 :]
    if reader is None or (rest and rest[0] in WRITING):
        return None
    if reader == "routes" and rest and "get".startswith(rest[0]):
        return Listing("lookup", families or (4, 6), words=rest[1:])
    if rest and rest[0] in SHOW:
        rest = rest[1:]
    listing = Listing(reader, families or (4, 6), words=rest, dev=after(rest, "dev"))
    _complete(listing, name, rest, families)
    return listing


def _complete(listing: Listing, name: str, rest: list[str], families: tuple[int, ...]) -> None:
    """Name the listing that is complete, by the words that remain."""
    if name in ("address", "link"):
        if not rest:
            listing.whole = {f"addresses{family}" for family in listing.families} if name == "address" else set()
            listing.whole |= set() if name == "address" and families else {"links"}
        elif name == "address" and rest in ([rest[-1]], ["dev", rest[-1]]):
            listing.whole = {addresses_of(rest[-1], family) for family in listing.families}
    elif name == "route":
        listing.table = after(rest, "table") or "main"
        others = [word for at, word in enumerate(rest) if word != "table" and (at == 0 or rest[at - 1] != "table")]
        everything = listing.table in ("all", "0", "unspec")
        listing.families = families or ((4, 6) if everything else (4,))
        if not others:
            tables = (
                ("routes", "local", TABLES)
                if everything
                else {"main": ("routes",), "local": ("local",)}.get(listing.table, ())
            )
            listing.whole = {f"{table}{family}" for table in tables for family in listing.families}
            listing.whole |= {table_of(listing.table, family) for family in listing.families if not tables}
        elif others == ["dev", listing.dev] and listing.table == "main" and 4 in listing.families:
            listing.whole = {routes_of(others[1])}
        if everything:
            listing.table = "main"
    elif name == "rule":
        listing.families = families or (4,)
        listing.whole = set() if rest else {f"rules{family}" for family in listing.families}
    elif name in ("neighbor", "neighbour"):
        listing.proxy = "proxy" in rest
        listing.whole = set() if rest else {f"neighbours{family}" for family in listing.families}


def _kubectl(command: Command) -> Listing | None:
    words = command.words[1:]
    asked = {name for word in words for name in word.split("/")[0].split(",")}
    named = (("pods", PODS), ("services", SERVICES), ("pools", POOLS))
    reader = next((reader for reader, names in named if asked & set(names)), None)
    if "get" not in words or reader is None:
        return None
    namespace = after(words, "-n", "--namespace")
    for word in words:
        if word.startswith(("-n=", "--namespace=")):
            namespace = word.partition("=")[2]
    listing = Listing(reader, words=words, namespace=namespace)
    if reader == "services" and asked & set(SERVICES[:3]) and {"-A", "--all-namespaces"} & set(words):
        listing.whole = {EVERY_SERVICE}
    return listing
