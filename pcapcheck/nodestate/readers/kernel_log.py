"""The kernel's log (``dmesg``, ``journalctl -k``, syslog): lines about lost packets, and their times."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime

from pcapcheck.nodestate.host import Host
from pcapcheck.nodestate.listing import Listing
from pcapcheck.nodestate.numbers import address, number
from pcapcheck.nodestate.packet_facts import LogEntry
from pcapcheck.nodestate.readers.state_reader import StateReader
from pcapcheck.nodestate.source_lines import Line

CONNTRACK_FULL, NEIGHBOURS_FULL, MARTIAN, CARD_HUNG, LINK_DOWN, BAD_CHECKSUM, WG_SOURCE, WG_PEER, WG_SILENT = EVENTS = (
    "conntrack-full",
    "neighbours-full",
    "martian",
    "card-hung",
    "link-down",
    "bad-checksum",
    "wireguard-source",
    "wireguard-no-peer",
    "wireguard-silent",
)
# net/netfilter/nf_conntrack_core.c; net/core/neighbour.c; net/ipv4/route.c, ip_handle_martian_source; drivers
# (e1000e, igb: Detected Tx Unit Hang), net/sched/sch_generic.c, dev_watchdog; drivers' own words for a lost carrier;
# net/ipv4/udp.c, udp_csum_pull_header and its callers; drivers/net/wireguard: receive.c, wg_packet_consume_data_done;
# device.c, wg_xmit; timers.c, wg_expired_retransmit_handshake. A second try may be of a peer that starts again.
PATTERNS = {
    CONNTRACK_FULL: re.compile(r"nf_conntrack: (?:nf_conntrack: )?table full, dropping packet"),
    NEIGHBOURS_FULL: re.compile(r"neighbou?r table overflow|arp_cache: .*table overflow", re.I),
    MARTIAN: re.compile(r"martian source (?P<dst>\S+) from (?P<src>[^\s,]+), (?:on )?dev (?P<dev>\S+)"),
    CARD_HUNG: re.compile(
        r"(?:(?P<dev>[\w.-]+)(?: \([^)]*\))?: )?(?:Detected (?:Hardware|Tx) Unit Hang"
        r"|NETDEV WATCHDOG: (?:CPU: \d+: )?(?P<watched>\S+?):? .*(?:transmit queue|timed out)|Reset adapter)"
    ),
    LINK_DOWN: re.compile(r"(?P<dev>[\w.-]+)(?: \([^)]*\))?: (?:NIC |carrier )?[Ll]ink (?:is )?[Dd]own\b"),
    BAD_CHECKSUM: re.compile(
        r"UDP: bad checksum\. From (?P<src>[\d.]+):\d+ to (?P<dst>[\d.]+):(?P<port>\d{1,5}) ulen \d+"
    ),
    WG_SOURCE: re.compile(
        r"wireguard: (?P<dev>\S+): Packet has unallowed src IP \(\[?(?P<src>[\da-fA-F.:]+)\]?\) from peer \d+ "
        r"\(\[?(?P<dst>[\da-fA-F.:]+?)\]?:\d+\)"
    ),
    WG_PEER: re.compile(r"wireguard: (?P<dev>\S+): No peer has allowed IPs matching \[?(?P<dst>[\da-fA-F.:]+)\]?"),
    WG_SILENT: re.compile(
        r"wireguard: (?P<dev>\S+): Handshake for peer \d+ \(\[?(?P<dst>[\da-fA-F.:]+?)\]?:(?P<port>\d+)\) did not "
        r"complete after \d+ (?:attempts|seconds, retrying \(try (?:[3-9]|\d\d)\))"
    ),
}
# Every line of an event holds one of its words, in small letters; a search for them is quicker.
WORDS = {
    CONNTRACK_FULL: ("table full",),
    NEIGHBOURS_FULL: ("overflow",),
    MARTIAN: ("martian source",),
    CARD_HUNG: ("unit hang", "netdev watchdog", "reset adapter"),
    LINK_DOWN: ("down",),
    BAD_CHECKSUM: ("bad checksum",),
    WG_SOURCE: ("unallowed src ip",),
    WG_PEER: ("no peer has allowed ips",),
    WG_SILENT: ("did not complete",),
}
PACKET = re.compile(r"\bIN=\S* OUT=\S* ")
SINCE_START = re.compile(r"(?:<\d+>)?(?:\S.*kernel: )?\[\s*(\d{1,10})\.(\d{6})\]")
DATED = re.compile(r"\[(?:\w{3} )?(\w{3}) {1,2}(\d{1,2}) (\d\d:\d\d:\d\d) (\d{4})\]")
ISO = re.compile(r"(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?)\s?(Z|[+-]\d\d:?\d\d)?\b")
BOOTED = re.compile(r"btime (\d{6,11})")
SECOND = 10**9


def event_of(text: str) -> tuple[str, re.Match[str]] | None:
    """The event that a line reports, if any."""
    lowered = text.lower()
    for event, pattern in PATTERNS.items():
        if any(word in lowered for word in WORDS[event]) and (match := pattern.search(text)):
            return event, match
    return None


def read_log(lines: Iterable[Line], into: Host, _: Listing | None = None) -> list[Line]:
    """Read lines of a log, and the start of the kernel (``btime`` of /proc/stat), the zero of its own times.

    Returns the lines in which netfilter logs a packet.
    """
    packets = []
    for line in lines:
        text = line.text.strip()
        if booted := BOOTED.fullmatch(text):
            into.booted = int(booted[1]) * SECOND
        elif found := event_of(text):
            event, match = found
            named = match.groupdict()
            ends = (address(named.get("src")), address(named.get("dst")))
            since = SINCE_START.match(text)
            uptime = int(since[1]) * SECOND + int(since[2]) * 1000 if since else None
            into.log.append(
                LogEntry(
                    event,
                    line,
                    None if since else time_of(text),
                    uptime,
                    named.get("dev") or named.get("watched"),
                    tuple(end for end in ends if end is not None),
                    number(named.get("port")),
                )
            )
        elif PACKET.search(text):
            packets.append(line)
    return packets


def time_of(text: str) -> int | None:
    """When a line was logged, in nanoseconds since the epoch; UTC is assumed if no zone is given."""
    try:
        if match := DATED.match(text):
            logged = datetime.strptime(f"{match[1]} {match[2]} {match[3]} {match[4]}", "%b %d %H:%M:%S %Y")
        elif match := ISO.match(text):
            zone = (match[2] or "").replace("Z", "+00:00")
            logged = datetime.fromisoformat(match[1].replace(",", ".") + zone)
        else:
            return None
        logged = logged if logged.tzinfo else logged.replace(tzinfo=UTC)
        return int(logged.replace(microsecond=0).timestamp()) * SECOND + logged.microsecond * 1000
    except (ValueError, OverflowError):
        return None


LOG_READER = StateReader(
    name="log",
    commands=("dmesg", "journalctl"),
    looks_like=lambda text, _: BOOTED.fullmatch(text) is not None or event_of(text) is not None,
    read_host=read_log,
)
