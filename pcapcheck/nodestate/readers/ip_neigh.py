"""Neighbour entries: ``ip neigh``, ``arp -n`` and ``arp -a`` (net-tools, busybox), ``/proc/net/arp``."""

from __future__ import annotations

import re
from collections.abc import Iterable

from pcapcheck.nodestate.host import Host
from pcapcheck.nodestate.listing import Listing
from pcapcheck.nodestate.node_facts import Neighbour
from pcapcheck.nodestate.numbers import address, after, mac
from pcapcheck.nodestate.readers.state_reader import StateReader
from pcapcheck.nodestate.source_lines import Line

STATES = ("PERMANENT", "NOARP", "REACHABLE", "STALE", "NONE", "INCOMPLETE", "DELAY", "PROBE", "FAILED")
ASKED = re.compile(r"(\S+) \(([0-9.]+)\) at (\S+)(.*)")
# include/uapi/linux/if_arp.h, ATF_COM, ATF_PERM and ATF_PUBL.
COMPLETE, PERMANENT, PUBLISHED = 0x02, 0x04, 0x08


def read_neighbours(lines: Iterable[Line], into: Host, listing: Listing | None = None) -> list[Line]:
    """Read entries of ``ip neigh``; returns the other lines."""
    strange = []
    for line in lines:
        words = line.text.split()
        if not words:
            continue
        ip = address(words[0])
        brief = _brief(ip, words, line)
        if brief is not None:
            into.neighbours.append(brief)
            continue
        state = next((word for word in words[1:] if word in STATES), None)
        proxy = "proxy" in words or bool(listing and listing.proxy)
        if ip is None or not (state or "lladdr" in words or proxy):
            strange.append(line)
            continue
        dev = after(words, "dev") or (listing.dev if listing else None)
        into.neighbours.append(Neighbour(ip, dev, line, mac(after(words, "lladdr")), state, proxy))
    return strange


def read_arp(lines: Iterable[Line], into: Host, _: Listing | None = None) -> list[Line]:
    """Read entries of ``arp`` and ``/proc/net/arp``; returns the other lines."""
    strange = []
    for line in lines:
        text = line.text.strip()
        if not text or text.startswith(("Address ", "IP address ", "Entries:")) or "no match found" in text:
            continue
        entry = _asked(text, line) or _proc(text.split(), line) or _table(text.split(), line)
        if entry is None:
            strange.append(line)
        else:
            into.neighbours.append(entry)
    return strange


def _brief(ip: int | None, words: list[str], line: Line) -> Neighbour | None:
    """``ip -br neigh``: the address, the device, the MAC, without any words between them."""
    if ip is None or len(words) != 3 or words[1] in ("dev", "lladdr") or mac(words[2]) is None:
        return None
    return Neighbour(ip, words[1], line, mac(words[2]))


def _asked(text: str, line: Line) -> Neighbour | None:
    """``? (169.254.1.1) at ee:ee:ee:ee:ee:ee [ether] on eth0``."""
    match = ASKED.fullmatch(text)
    ip = address(match[2]) if match else None
    if match is None or ip is None:
        return None
    # BSD and macOS leave zeros out.
    held = mac(":".join(part.zfill(2) for part in match[3].split(":")))
    if held is None and "incomplete" not in match[3]:
        return None
    state = "INCOMPLETE" if held is None else "PERMANENT" if "PERM" in match[4].split() else None
    return Neighbour(ip, after(match[4].split(), "on"), line, held, state, "PUP" in match[4].split())


def _proc(words: list[str], line: Line) -> Neighbour | None:
    """IP address, HW type, flags, HW address, mask, device."""
    if len(words) != 6 or not (re.fullmatch(r"0x[0-9a-f]+", words[1]) and re.fullmatch(r"0x[0-9a-f]{1,4}", words[2])):
        return None
    ip, flags = address(words[0]), int(words[2], 16)
    if ip is None:
        return None
    state = "PERMANENT" if flags & PERMANENT else None if flags & COMPLETE else "INCOMPLETE"
    return Neighbour(ip, words[5], line, mac(words[3]) if flags & COMPLETE else None, state, bool(flags & PUBLISHED))


def _table(words: list[str], line: Line) -> Neighbour | None:
    """Address, HW type, HW address, flags, (mask,) interface; or ``(incomplete)`` instead of type and address."""
    ip = address(words[0])
    if ip is None or len(words) < 3:
        return None
    if "(incomplete)" in words:
        return Neighbour(ip, words[-1], line, state="INCOMPLETE")
    held = mac(words[2])
    flags = words[3] if len(words) > 4 else ""
    if held is None:
        return None
    return Neighbour(ip, words[-1], line, held, "PERMANENT" if "M" in flags else None, "P" in flags)


def _looks_like_a_neighbour(_: str, words: list[str]) -> bool:
    known = "lladdr" in words or words[-1] in STATES
    return known and "dev" in words and address(words[0]) is not None


def _looks_like_arp(text: str, words: list[str]) -> bool:
    if ASKED.fullmatch(text):
        return True
    if len(words) < 5 or address(words[0]) is None:
        return False
    return mac(words[2]) is not None or (len(words) == 6 and mac(words[3]) is not None)


NEIGHBOURS_READER = StateReader(
    name="neighbours",
    looks_like=_looks_like_a_neighbour,
    read_host=read_neighbours,
    expected="neighbour entries, as of ip neigh",
)
ARP_READER = StateReader(
    name="arp",
    commands=("arp",),
    looks_like=_looks_like_arp,
    read_host=read_arp,
    expected="neighbour entries, as of arp -n",
)
