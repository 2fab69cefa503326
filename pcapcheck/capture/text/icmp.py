"""The words of tcpdump for ICMP and ICMPv6 messages (its print-icmp.c and print-icmp6.c)."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial

from pcapcheck import protocols
from pcapcheck.capture.text.names import PrintedAddresses, mac_of, port_of
from pcapcheck.capture.text.printed_packet import Icmp
from pcapcheck.capture.text.printed_sums import icmp_checksum
from pcapcheck.protocols import ErrorCode

# The address that an error says cannot be reached.
_ABOUT = re.compile(
    r"(?:(?:net|host) )?(?P<v4>[^\s,]{1,280}) (?:unreachable|(?:tcp|udp) port \S+ unreachable|protocol \S+ )"
    r"|.*?(?:unreachable (?:route|prohibited|address|port,)|beyond scope|in-transit for) (?P<v6>[^\s,]{0,255}[^\s,:])"
)
# Words that stand next to it.
_NAMING = re.compile("unreachable|protocol |beyond scope|in-transit for")
# The protocol and the port of the packet in question.
_ABOUT_PROTOCOL = re.compile(
    r"(?:unreachable port, )?[^\s,]{1,280} (?:(?P<name>tcp|udp)|protocol (?P<protocol>[\w-]{1,16}))"
    r"(?: port (?P<port>[\w-]{1,40}))?(?=\W|$)"
)
# Errors that may name a protocol and a port.
_ABOUT_TYPES = tuple(protocols.UNREACHABLE.values())
# What stands after the words of a message.
_END = r"(?=[,:;\[(!]|\s|$)"
_BLANKS = re.compile(" {2,}")
_SIZE = re.compile(r", length (\d+)")
_LINK_ADDRESS = re.compile(r"(?:source|destination) link-address option \(\d+\), length \d+ \(\d+\): ([0-9A-Fa-f:]+)")


def _echo(family: int, match: re.Match[str]) -> Icmp:
    groups = match.groupdict()
    ident = groups.get("ident") or groups.get("ident2")
    seq = groups.get("seq") or groups.get("seq2")
    types = protocols.ECHO_REQUEST if match["role"] == "request" else protocols.ECHO_REPLY
    return Icmp(types[family], ident=_number(ident), seq=_number(seq))


def _number(text: str | None) -> int | None:
    return None if text is None else int(text)


def _error(error: ErrorCode, match: re.Match[str]) -> Icmp:
    """An error whose words leave no doubt about the code, with the MTU that they may name."""
    _, icmp_type, code = error
    return Icmp(icmp_type, code, mtu=_number(match.groupdict().get("mtu")))


def _unreachable(match: re.Match[str]) -> Icmp:
    what, why = match["what"] or "", match["why"]
    if why and why.startswith("need to frag"):
        return _error(protocols.PACKET_TOO_BIG[4], match)
    words = f"{what} unreachable - {why}" if why else f"{what} unreachable"
    error = _UNREACHABLE.get(words.lstrip())
    return _error(error, match) if error else Icmp(protocols.ICMP_UNREACHABLE)


def _redirect(match: re.Match[str]) -> Icmp:
    return Icmp(protocols.ICMP_REDIRECT, 2 * bool(match["tos"]) + (match["what"] == "host"))


_UNREACHABLE = {
    known.tcpdump: error
    for error, known in protocols.ICMP_ERRORS.items()
    if error[:2] == (4, protocols.ICMP_UNREACHABLE) and known.tcpdump
}
_NUMBERED = {"time stamp query": protocols.ICMP_TIMESTAMP_REQUEST, "time stamp reply": protocols.ICMP_TIMESTAMP_REPLY}
_PLAIN = {
    "source quench": protocols.ICMP_SOURCE_QUENCH,
    "router advertisement": protocols.ICMP_ROUTER_ADVERTISEMENT,
    "router solicitation": protocols.ICMP_ROUTER_SOLICITATION,
    "time stamp request": protocols.ICMP_TIMESTAMP_REQUEST,
    "information request": protocols.ICMP_INFORMATION_REQUEST,
    "information reply": protocols.ICMP_INFORMATION_REPLY,
    "address mask request": protocols.ICMP_MASK_REQUEST,
    "address mask is": protocols.ICMP_MASK_REPLY,
    "unreachable": protocols.ICMP_UNREACHABLE,
    "time exceeded": protocols.ICMP_TIME_EXCEEDED,
}
_PLAIN6 = {
    "neighbor solicitation": protocols.NEIGHBOR_SOLICITATION,
    "neighbor advertisement": protocols.NEIGHBOR_ADVERTISEMENT,
    "router solicitation": protocols.ROUTER_SOLICITATION,
    "router advertisement": protocols.ROUTER_ADVERTISEMENT,
    "redirect": protocols.ICMPV6_REDIRECT,
    "destination unreachable": protocols.ICMPV6_UNREACHABLE,
    "time exceeded": protocols.ICMPV6_TIME_EXCEEDED,
    "parameter problem": protocols.ICMPV6_PARAMETER_PROBLEM,
    "multicast listener report v2": protocols.MLD2_REPORT,
    "multicast listener report max": protocols.MLD2_REPORT,
    "multicast listener query": protocols.MLD_QUERY,
    "multicast listener report": protocols.MLD_REPORT,
    "multicast listener done": protocols.MLD_DONE,
}
Maker = Callable[[re.Match[str]], Icmp]


def _errors(family: int) -> list[tuple[re.Pattern[str], Maker]]:
    """A pattern per error with words of its own, except those that have a host among them."""
    return [
        (re.compile(rf"(?:destination unreachable, )?{re.escape(known.tcpdump)}"), partial(_error, error))
        for error, known in protocols.ICMP_ERRORS.items()
        if error[0] == family and known.tcpdump and known.tcpdump not in _UNREACHABLE
    ]


_IDS = r"id (?P<ident>\d+), seq (?P<seq>\d+)"
_ICMP: list[tuple[re.Pattern[str], Maker]] = [
    (
        re.compile(rf"echo (?P<role>request|reply)(?:, {_IDS}| \(id (?P<ident2>\d+), seq (?P<seq2>\d+)\)){_END}"),
        partial(_echo, 4),
    ),
    (
        # Without a number: printed by an old tcpdump; after "id" a number was cut off.
        re.compile(r"echo (?P<role>request|reply)(?: seq (?P<seq>\d+))?(?!, i|, $)" + _END),
        partial(_echo, 4),
    ),
    (
        re.compile(r"\S+ (?:(?:tcp|udp)|protocol \S+) port \S+ unreachable" + _END),
        partial(_error, protocols.PORT_UNREACHABLE[4]),
    ),
    (re.compile(r"\S+ protocol \S+ unreachable" + _END), partial(_error, protocols.PROTOCOL_UNREACHABLE)),
    (
        re.compile(
            r"(?:(?P<what>net|host) )?\S+ unreachable"
            r"(?: - (?P<why>need to frag(?: \(mtu (?P<mtu>\d+)\))?|[a-z]+(?: [a-z]+){0,2}))?" + _END
        ),
        _unreachable,
    ),
    (re.compile(r"redirect(?P<tos>-tos)? \S+ to (?P<what>net|host) \S+" + _END), _redirect),
    *_errors(4),
    (
        re.compile(r"parameter problem - code (\d+)"),
        lambda match: Icmp(protocols.ICMP_PARAMETER_PROBLEM, int(match[1]) & 255),
    ),
    (
        re.compile(rf"(?P<what>time stamp (?:query|reply)) {_IDS.replace(',', ',?')}{_END}"),
        lambda match: Icmp(_NUMBERED[match["what"]], ident=int(match["ident"]), seq=int(match["seq"])),
    ),
    (re.compile(r"type-#(\d+)"), lambda match: Icmp(int(match[1]) & 255)),
    (re.compile("|".join(_PLAIN)), lambda match: Icmp(_PLAIN[match[0]])),
]

_ICMP6: list[tuple[re.Pattern[str], Maker]] = [
    (
        re.compile(r"echo (?P<role>request|reply)(?:, id (?P<ident>\d+))?(?:, seq (?P<seq>\d+))?" + _END),
        partial(_echo, 6),
    ),
    (
        re.compile(r"(?:destination unreachable, )?\S+ (?:(?:tcp|udp)|protocol \S+) port \S+ unreachable"),
        partial(_error, protocols.PORT_UNREACHABLE[6]),
    ),
    (
        re.compile(r"(?:destination unreachable, )?(?:unreachable code-#|unknown unreach code \()(\d+)"),
        lambda match: Icmp(protocols.ICMPV6_UNREACHABLE, int(match[1]) & 255),
    ),
    (re.compile(r"packet too big, mtu (?P<mtu>\d+)"), partial(_error, protocols.PACKET_TOO_BIG[6])),
    (
        re.compile(r"parameter problem, err\w+ - octet"),
        lambda _: Icmp(protocols.ICMPV6_PARAMETER_PROBLEM, 0),
    ),
    *_errors(6),
    (re.compile("|".join(_PLAIN6)), lambda match: Icmp(_PLAIN6[match[0]])),
    (re.compile(r"unknown icmp6 type \((\d+)\)"), lambda match: Icmp(int(match[1]) & 255)),
]
_TARGETS = re.compile(r", (?:who has|tgt is) ([0-9A-Fa-f:.]+[0-9A-Fa-f:]|[\w.-]+\w)")


def icmp(words: str, addresses: PrintedAddresses) -> Icmp | None:
    """An ICMP message from what follows ``ICMP``; None if it is not understood."""
    message = _first(_ICMP, words)
    return message if message is None else _with_size(message, words, addresses)


def icmp6(words: str, details: list[str], addresses: PrintedAddresses) -> Icmp | None:
    """An ICMPv6 message from what follows ``ICMP6,``; ``details`` are the lines after it (-v)."""
    # Some say the length before the rest: destination unreachable, length 112, unreachable route …
    message = _first(_ICMP6, _BLANKS.sub(" ", _SIZE.sub("", words, count=1)))
    if message is None:
        return None
    if message.icmp_type in (protocols.NEIGHBOR_SOLICITATION, protocols.NEIGHBOR_ADVERTISEMENT):
        target = _TARGETS.search(words)
        message.target = addresses.of(target[1], 6) if target else None
        macs = [match[1] for line in details for match in _LINK_ADDRESS.finditer(line)]
        message.mac = mac_of(macs[0]) if macs else None
    return _with_size(message, words, addresses)


def _first(grammar: list[tuple[re.Pattern[str], Maker]], words: str) -> Icmp | None:
    for pattern, make in grammar:
        match = pattern.match(words)
        if match:
            return make(match)
    return None


def _with_size(message: Icmp, words: str, addresses: PrintedAddresses) -> Icmp:
    """The message with its length, and for an error with the packet that it is about."""
    about = _ABOUT.match(words) if _NAMING.search(words) else None
    if about:
        message.about = addresses.of(about["v4"], 4) if about["v4"] else addresses.of(about["v6"], 6)
    carried = None
    if message.icmp_type in _ABOUT_TYPES:
        carried = _ABOUT_PROTOCOL.match(_SIZE.sub("", words).removeprefix("destination unreachable, "))
    if carried:
        name = carried["name"] or carried["protocol"]
        message.about_protocol = protocols.PROTOCOL_NAMES.get(name, _number(name if name.isdigit() else None))
        # Of other protocols the number is not a port.
        message.about_port = port_of(carried["port"], name) if carried["port"] and name in ("tcp", "udp") else None
    size = _SIZE.search(words)
    message.size = int(size[1]) if size else None
    message.checksum = icmp_checksum(words)
    return message
