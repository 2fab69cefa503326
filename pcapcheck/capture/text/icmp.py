"""The words of tcpdump for ICMP and ICMPv6 messages (its print-icmp.c and print-icmp6.c)."""

from __future__ import annotations

import re
from collections.abc import Callable

from pcapcheck.capture.text.names import address_of, mac_of, port_of
from pcapcheck.capture.text.printed_packet import Icmp

# (the word before, what follows the dash) -> code of "unreachable".
_UNREACHABLE = {
    ("net", ""): 0,
    ("host", ""): 1,
    ("", "source route failed"): 5,
    ("net", "unknown"): 6,
    ("host", "unknown"): 7,
    ("", "source host isolated"): 8,
    ("net", "admin prohibited"): 9,
    ("host", "admin prohibited"): 10,
    ("net", "tos prohibited"): 11,
    ("host", "tos prohibited"): 12,
    ("host", "admin prohibited filter"): 13,
    ("host", "host precedence violation"): 14,
    ("host", "precedence cutoff"): 15,
}
# Whom an error says cannot be reached.
_ABOUT = re.compile(
    r"(?:(?:net|host) )?(?P<v4>[^\s,]{1,280}) (?:unreachable|(?:tcp|udp) port \S+ unreachable|protocol \S+ )"
    r"|.*?(?:unreachable (?:route|prohibited|address|port,)|beyond scope|in-transit for) (?P<v6>[^\s,]{0,255}[^\s,:])"
)
# By which protocol, and to which port, that went.
_ABOUT_PROTOCOL = re.compile(
    r"(?:unreachable port, )?[^\s,]{1,280} (?:(?P<name>tcp|udp)|protocol (?P<protocol>[\w-]{1,16}))"
    r"(?: port (?P<port>[\w-]{1,40}))?(?=\W|$)"
)
_PROTOCOL_NUMBERS = {"icmp": 1, "tcp": 6, "udp": 17, "ipv6-icmp": 58, "icmp6": 58, "sctp": 132}
# What stands behind the words of a message.
_END = r"(?=[,:;\[(!]|\s|$)"
_SIZE = re.compile(r", length (\d+)")
_LINK_ADDRESS = re.compile(r"(?:source|destination) link-address option \(\d+\), length \d+ \(\d+\): ([0-9A-Fa-f:]+)")


def _echo(match: re.Match[str], request: int, reply: int) -> Icmp:
    groups = match.groupdict()
    ident = groups.get("ident") or groups.get("ident2")
    seq = groups.get("seq") or groups.get("seq2")
    kind = request if match["kind"] == "request" else reply
    return Icmp(kind, ident=_number(ident), seq=_number(seq))


def _number(text: str | None) -> int | None:
    return None if text is None else int(text)


def _unreachable(match: re.Match[str]) -> Icmp:
    why = match["why"] or ""
    if why.startswith("need to frag"):
        return Icmp(3, 4, mtu=_number(match["mtu"]))
    return Icmp(3, _UNREACHABLE.get((match["what"] or "", why)))


def _redirect(match: re.Match[str]) -> Icmp:
    return Icmp(5, 2 * bool(match["tos"]) + (match["what"] == "host"))


_NUMBERED = {"time stamp query": 13, "time stamp reply": 14}
_PLAIN = {
    "source quench": 4,
    "router advertisement": 9,
    "router solicitation": 10,
    "time stamp request": 13,
    "information request": 15,
    "information reply": 16,
    "address mask request": 17,
    "address mask is": 18,
    "unreachable": 3,
    "time exceeded": 11,
}
Maker = Callable[[re.Match[str]], Icmp]
_IDS = r"id (?P<ident>\d+), seq (?P<seq>\d+)"
_ICMP: list[tuple[re.Pattern[str], Maker]] = [
    (
        re.compile(rf"echo (?P<kind>request|reply)(?:, {_IDS}| \(id (?P<ident2>\d+), seq (?P<seq2>\d+)\)){_END}"),
        lambda match: _echo(match, 8, 0),
    ),
    (
        # Without a number it is an old tcpdump's; behind "id" one stood and was cut.
        re.compile(r"echo (?P<kind>request|reply)(?: seq (?P<seq>\d+))?(?!, i|, $)" + _END),
        lambda match: _echo(match, 8, 0),
    ),
    (re.compile(r"\S+ (?:tcp|udp) port \S+ unreachable" + _END), lambda _: Icmp(3, 3)),
    (re.compile(r"\S+ protocol \S+ port \S+ unreachable" + _END), lambda _: Icmp(3, 3)),
    (re.compile(r"\S+ protocol \S+ unreachable" + _END), lambda _: Icmp(3, 2)),
    (
        re.compile(
            r"(?:(?P<what>net|host) )?\S+ unreachable"
            r"(?: - (?P<why>need to frag(?: \(mtu (?P<mtu>\d+)\))?|[a-z]+(?: [a-z]+){0,2}))?" + _END
        ),
        _unreachable,
    ),
    (re.compile(r"redirect(?P<tos>-tos)? \S+ to (?P<what>net|host) \S+" + _END), _redirect),
    (re.compile(r"time exceeded in-transit" + _END), lambda _: Icmp(11, 0)),
    (re.compile(r"ip reassembly time exceeded" + _END), lambda _: Icmp(11, 1)),
    (re.compile(r"parameter problem - code (\d+)"), lambda match: Icmp(12, int(match[1]) & 255)),
    (re.compile(r"parameter problem - octet \d+"), lambda _: Icmp(12, 0)),
    (
        re.compile(rf"(?P<what>time stamp (?:query|reply)) {_IDS.replace(',', ',?')}{_END}"),
        lambda match: Icmp(_NUMBERED[match["what"]], ident=int(match["ident"]), seq=int(match["seq"])),
    ),
    (re.compile(r"type-#(\d+)"), lambda match: Icmp(int(match[1]) & 255)),
    (re.compile("|".join(_PLAIN)), lambda match: Icmp(_PLAIN[match[0]])),
]

_ICMP6: list[tuple[re.Pattern[str], Maker]] = [
    (
        re.compile(r"echo (?P<kind>request|reply)(?:, id (?P<ident>\d+))?(?:, seq (?P<seq>\d+))?" + _END),
        lambda match: _echo(match, 128, 129),
    ),
    (
        re.compile(r"neighbor (?P<what>solicitation|advertisement)"),
        lambda match: Icmp(135 if match["what"] == "solicitation" else 136),
    ),
    (re.compile(r"router solicitation"), lambda _: Icmp(133)),
    (re.compile(r"router advertisement"), lambda _: Icmp(134)),
    (re.compile(r"redirect"), lambda _: Icmp(137)),
    (re.compile(r"(?:destination unreachable, )?unreachable route"), lambda _: Icmp(1, 0)),
    (re.compile(r"(?:destination unreachable, )?unreachable prohibited"), lambda _: Icmp(1, 1)),
    (re.compile(r"(?:destination unreachable, )?beyond scope"), lambda _: Icmp(1, 2)),
    (re.compile(r"(?:destination unreachable, )?unreachable address"), lambda _: Icmp(1, 3)),
    (
        re.compile(
            r"(?:destination unreachable, )?(?:unreachable port|\S+ (?:tcp|udp) port \S+ unreachable"
            r"|\S+ protocol \S+ port \S+ unreachable)"
        ),
        lambda _: Icmp(1, 4),
    ),
    (
        re.compile(r"(?:destination unreachable, )?(?:unreachable code-#|unknown unreach code \()(\d+)"),
        lambda match: Icmp(1, int(match[1]) & 255),
    ),
    (re.compile(r"destination unreachable"), lambda _: Icmp(1)),
    (re.compile(r"packet too big, mtu (\d+)"), lambda match: Icmp(2, 0, mtu=int(match[1]))),
    (re.compile(r"packet too big"), lambda _: Icmp(2, 0)),
    (re.compile(r"time exceeded in-transit"), lambda _: Icmp(3, 0)),
    (re.compile(r"ip6 reassembly time exceeded"), lambda _: Icmp(3, 1)),
    (re.compile(r"time exceeded"), lambda _: Icmp(3)),
    (re.compile(r"parameter problem, err\w+ - octet"), lambda _: Icmp(4, 0)),
    (re.compile(r"parameter problem, next header - octet"), lambda _: Icmp(4, 1)),
    (re.compile(r"parameter problem, option - octet"), lambda _: Icmp(4, 2)),
    (re.compile(r"parameter problem"), lambda _: Icmp(4)),
    (re.compile(r"multicast listener (?:report v2|report max)"), lambda _: Icmp(143)),
    (re.compile(r"multicast listener query"), lambda _: Icmp(130)),
    (re.compile(r"multicast listener report"), lambda _: Icmp(131)),
    (re.compile(r"multicast listener done"), lambda _: Icmp(132)),
    (re.compile(r"unknown icmp6 type \((\d+)\)"), lambda match: Icmp(int(match[1]) & 255)),
]
_TARGETS = re.compile(r", (?:who has|tgt is) ([0-9A-Fa-f:.]+[0-9A-Fa-f:]|[\w.-]+\w)")


def icmp(words: str) -> Icmp | None:
    """An ICMP message from what follows ``ICMP``; None where it is not understood."""
    message = _first(_ICMP, words)
    return message if message is None else _with_size(message, words)


def icmp6(words: str, details: list[str]) -> Icmp | None:
    """An ICMPv6 message from what follows ``ICMP6,``; ``details`` are the lines behind it (-v)."""
    # Some say the length before the rest: destination unreachable, length 112, unreachable route …
    message = _first(_ICMP6, re.sub(" {2,}", " ", _SIZE.sub("", words, count=1)))
    if message is None:
        return None
    if message.kind in (135, 136):
        target = _TARGETS.search(words)
        message.target = address_of(target[1], 6) if target else None
        addresses = [match for line in details for match in _LINK_ADDRESS.finditer(line)]
        message.mac = mac_of(addresses[0][1]) if addresses else None
    return _with_size(message, words)


def _first(grammar: list[tuple[re.Pattern[str], Maker]], words: str) -> Icmp | None:
    for pattern, make in grammar:
        match = pattern.match(words)
        if match:
            return make(match)
    return None


def _with_size(message: Icmp, words: str) -> Icmp:
    """The message with its length, and of an error with whom it is about."""
    about = _ABOUT.match(words)
    if about:
        message.about = address_of(about["v4"], 4) if about["v4"] else address_of(about["v6"], 6)
    carried = _ABOUT_PROTOCOL.match(_SIZE.sub("", words).removeprefix("destination unreachable, "))
    if carried and message.kind in (1, 3):
        name = carried["name"] or carried["protocol"]
        message.about_protocol = _PROTOCOL_NUMBERS.get(name, _number(name if name.isdigit() else None))
        # Of other protocols the number is not a port.
        message.about_port = port_of(carried["port"], name) if carried["port"] and name in ("tcp", "udp") else None
    size = _SIZE.search(words)
    message.size = int(size[1]) if size else None
    return message
