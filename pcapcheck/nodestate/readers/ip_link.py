"""``ip link`` and ``ip address``: long, one line each (-o), brief (-br), with details (-d); iproute2 and busybox."""

from __future__ import annotations

import re
from collections.abc import Iterable

from pcapcheck.calico import kind_of_name
from pcapcheck.nodestate.host import Host
from pcapcheck.nodestate.listing import Listing
from pcapcheck.nodestate.node_facts import Address, Device
from pcapcheck.nodestate.numbers import address, after, mac, network, number
from pcapcheck.nodestate.readers.link_counters import LinkCounters
from pcapcheck.nodestate.readers.state_reader import StateReader
from pcapcheck.nodestate.source_lines import Line

# An older ``bridge link`` prints the state before the colon.
HEADER = re.compile(r"(\d+):\s+([^\s@:]\S*?)(?: state [A-Z]+ )?(?:@(\S+?))?:(?:\s+(.*))?")
ONE_LINE_ADDRESS = re.compile(r"(\d+):\s+([^\s@:]\S*?)(?:@\S+)?\s+(inet6?\s.*)")
BRIEF = re.compile(r"([^\s@]+)(?:@(\S+))?\s+(UP|DOWN|UNKNOWN|LOWERLAYERDOWN|DORMANT|NOTPRESENT|TESTING)(?:\s+(.*))?")
KINDS = (
    *("veth", "vxlan", "bridge", "netkit", "wireguard", "ipip", "vlan", "bond", "dummy", "tun", "geneve", "vrf", "ifb"),
    *("macvlan", "ipvlan", "gre", "sit", "ip6tnl", "openvswitch"),
)
MOST_NAME = 64


def read_links(lines: Iterable[Line], into: Host, _: Listing | None = None) -> list[Line]:
    """Read links and addresses of a listing; returns the lines that are neither."""
    strange = []
    current: Device | None = None
    counters = LinkCounters()
    for line in lines:
        # With -o the lines of one link are joined by backslashes.
        for part in line.text.split("\\"):
            text = part.strip()
            if not text:
                continue
            found = _one_line_address(text, line, into) or _header(text, line, into) or _brief(text, line, into)
            if found is not None:
                current = found
            elif current is None or not part[:1].isspace():
                strange.append(line)
            elif not counters.take(text, line, current.name, into):
                _detail(text, line, current, into)
    return strange


def _header(text: str, line: Line, into: Host) -> Device | None:
    match = HEADER.fullmatch(text)
    if match is None or len(match[2]) > MOST_NAME or "mtu" not in (match[4] or ""):
        return None
    link = Device(match[2], line, number(match[1]))
    _peer(link, match[3])
    rest = match[4]
    flags = re.match(r"<([^>]*)>", rest)
    if flags:
        _flags(link, flags[1].split(","))
    words = rest.split()
    link.mtu = number(after(words, "mtu"))
    link.master = after(words, "master")
    link.programs = any(word.startswith(("xdp", "prog/")) for word in words)
    return into.add_link(link)


def _peer(link: Device, named: str | None) -> None:
    if not named or named == "NONE":
        return
    index = number(named[2:]) if named.startswith("if") else None
    if index is not None:
        link.peer_index = index
    elif named != link.name:
        # busybox looks the index up in its own namespace, where it is another link, often this very one.
        link.peer_name = named


def _flags(link: Device, flags: list[str]) -> None:
    link.up = "UP" in flags
    link.carrier = "LOWER_UP" in flags and "NO-CARRIER" not in flags


def _brief(text: str, line: Line, into: Host) -> Device | None:
    match = BRIEF.fullmatch(text)
    if match is None:
        return None
    link = Device(match[1], line)
    _peer(link, match[2])
    words = (match[4] or "").split()
    flags = next((word for word in words if word.startswith("<")), "")
    if flags:
        _flags(link, flags.strip("<>").split(","))
    elif match[3] in ("UP", "LOWERLAYERDOWN"):
        link.up = True
        link.carrier = match[3] == "UP"
    elif match[3] == "DOWN" and kind_of_name(link.name) == "tunnel":
        # A device without a carrier state is UNKNOWN while it is up (kernel: Documentation/networking/operstates.rst).
        link.up = False
    link.mac = mac(words[0]) if words else None
    kept = into.add_link(link)
    for word in words:
        _add_address(network(word), None, line, kept.name, into)
    return kept


def _one_line_address(text: str, line: Line, into: Host) -> Device | None:
    match = ONE_LINE_ADDRESS.fullmatch(text)
    if match is None:
        return None
    link = into.add_link(Device(match[2], line, number(match[1])))
    _inet(match[3].split(), line, link.name, into)
    return link


def _detail(text: str, line: Line, link: Device, into: Host) -> None:
    """An indented line below a link's header."""
    words = text.split()
    first = words[0]
    if first.startswith("link/"):
        link.mac = mac(words[1]) if len(words) > 1 else link.mac
        if first == "link/ipip":
            link.kind = "ipip"
        netnsid = number(after(words, "link-netnsid"))
        link.netnsid = link.netnsid if netnsid is None else netnsid
        link.netns = after(words, "link-netns") or link.netns
    elif first in ("inet", "inet6"):
        _inet(words, line, link.name, into)
    elif first in KINDS:
        link.kind = first
        if first == "vxlan":
            link.vni, link.vni_line = number(after(words, "id")), line
            link.vxlan_port = number(after(words, "dstport"))
    if hairpin := after(words, "hairpin"):
        link.hairpin, link.hairpin_line = hairpin == "on", line
    if "prog/xdp" in words or "prog/tc" in words:
        link.programs = True


def _inet(words: list[str], line: Line, dev: str, into: Host) -> None:
    """``inet 10.0.0.1/24 brd … scope global eth0``; if there is a peer, the prefix is the peer's."""
    held = network(words[1]) if len(words) > 1 else None
    peer = network(after(words, "peer"))
    if held and peer:
        held = (held[0], peer[1])
    if held is None and len(words) > 1:
        whole = address(words[1])
        held = network(words[1]) if whole is not None else None
    if held is None and dev in into.links:
        into.links[dev].unread_address = True
    _add_address(held, after(words, "scope"), line, dev, into)


def _add_address(held: tuple[int, int] | None, scope: str | None, line: Line, dev: str, into: Host) -> None:
    if held is not None:
        into.addresses.append(Address(held[0], held[1], dev, line, scope))


def _looks_like(text: str, words: list[str]) -> bool:
    if text[0].isdigit():
        header = HEADER.fullmatch(text.split("\\")[0].strip())
        if (header and "mtu" in (header[4] or "")) or ONE_LINE_ADDRESS.fullmatch(text):
            return True
    is_brief = BRIEF.fullmatch(text) is not None and len(words) > 2
    return is_brief and (mac(words[2]) is not None or network(words[2]) is not None)


LINKS_READER = StateReader(
    name="links",
    looks_like=_looks_like,
    read_host=read_links,
    expected="interfaces and addresses, as of ip link or ip addr",
)
