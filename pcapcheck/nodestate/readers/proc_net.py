"""Files of /proc/net that hold routes and addresses in hexadecimal: ``route``, ``ipv6_route`` and ``if_inet6``.

Kernel: net/ipv4/fib_trie.c (fib_route_seq_show; the numbers of IPv4 are in the machine's byte order), net/ipv6/route.c,
net/ipv6/addrconf.c.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from pcapcheck.nodestate.host import Host
from pcapcheck.nodestate.listing import Listing
from pcapcheck.nodestate.node_facts import Address, Route
from pcapcheck.nodestate.readers.state_reader import StateReader
from pcapcheck.nodestate.source_lines import Line
from pcapcheck.values import MAPPED

GATEWAY, REJECT, LOCAL = 0x2, 0x200, 0x80000000
_NAME = r"([\w.@*-]{1,15})"
_FOUR = re.compile(
    rf"{_NAME}\s+([\dA-F]{{8}})\s+([\dA-F]{{8}})\s+([\dA-F]{{4}})\s+\d+\s+\d+\s+(\d+)\s+([\dA-F]{{8}})(?:\s+\d+){{3}}"
)
_SIX = re.compile(
    rf"([\da-f]{{32}}) ([\da-f]{{2}}) [\da-f]{{32}} [\da-f]{{2}} ([\da-f]{{32}}) ([\da-f]{{8}}) "
    rf"[\da-f]{{8}} [\da-f]{{8}} ([\da-f]{{8}})\s+{_NAME}"
)
_ADDRESS = re.compile(rf"([\da-f]{{32}}) [\da-f]{{2,4}} ([\da-f]{{2}}) ([\da-f]{{2}}) [\da-f]{{2}}\s+{_NAME}")
_HEADER = re.compile(r"Iface\s+Destination\s+Gateway\s+Flags\s+RefCnt\s+Use\s+Metric\s+Mask\b.*")
# include/net/ipv6.h, as if_inet6 prints them.
_SCOPES = {"00": "global", "10": "host", "20": "link", "40": "site"}
# Masks as the other byte order has them: a machine of it printed the file.
_BIG_MASKS = frozenset(f"{(0xFFFFFFFF << 32 - bits) & 0xFFFFFFFF:08X}" for bits in range(1, 32))
_LITTLE_MASKS = frozenset(bytes.fromhex(mask)[::-1].hex().upper() for mask in _BIG_MASKS)


def read_proc_net(lines: Iterable[Line], into: Host, _: Listing | None = None) -> list[Line]:
    """Read routes and addresses; returns the other lines."""
    strange = []
    four: list[tuple[Line, re.Match[str]]] = []
    for line in lines:
        text = line.text.strip()
        if match := _FOUR.fullmatch(text):
            four.append((line, match))
        elif match := _SIX.fullmatch(text):
            _six(line, match, into)
        elif match := _ADDRESS.fullmatch(text):
            ip, bits = int(match[1], 16), int(match[2], 16)
            if bits <= 128:
                into.addresses.append(Address(ip, bits, match[4], line, _SCOPES.get(match[3])))
        elif text and not _HEADER.fullmatch(text):
            strange.append(line)
    _routes(four, into)
    return strange


def _routes(rows: Sequence[tuple[Line, re.Match[str]]], into: Host) -> None:
    """IPv4 routes; nearly all machines have the low byte first, and masks show it."""
    order = "big" if any(match[6] in _BIG_MASKS - _LITTLE_MASKS for _, match in rows) else "little"
    for line, match in rows:
        destination, via, mask = (
            int.from_bytes(bytes.fromhex(match[place])[:: -1 if order == "little" else 1], "big") for place in (2, 3, 6)
        )
        bits = mask.bit_count()
        if mask != (0xFFFFFFFF << 32 - bits) & 0xFFFFFFFF:
            continue
        flags = int(match[4], 16)
        gateway = MAPPED | via if flags & GATEWAY else None
        rejects = bool(flags & REJECT) or match[1] == "*"
        into.routes.append(
            Route(
                MAPPED | destination,
                bits,
                4,
                line,
                "unreachable" if rejects else "unicast",
                gateway,
                None if rejects else match[1],
                # Scopes are not printed; a route without a gateway has scope link.
                None if gateway is not None or rejects else "link",
                metric=int(match[5]) if len(match[5]) < 12 else None,
            )
        )


def _six(line: Line, match: re.Match[str], into: Host) -> None:
    flags, via, bits = int(match[5], 16), int(match[3], 16), int(match[2], 16)
    if bits > 128:
        return
    rejects, local = bool(flags & REJECT), bool(flags & LOCAL)
    into.routes.append(
        Route(
            int(match[1], 16),
            bits,
            6,
            line,
            "unreachable" if rejects else "local" if local else "unicast",
            via or None,
            None if rejects else match[6],
            metric=int(match[4], 16),
            table="local" if local else "main",
        )
    )


PROC_NET_READER = StateReader(
    name="proc-net",
    looks_like=lambda text, _: any(shape.fullmatch(text) for shape in (_FOUR, _SIX, _ADDRESS, _HEADER)),
    read_host=read_proc_net,
    expected="lines of /proc/net/route, ipv6_route or if_inet6",
)
