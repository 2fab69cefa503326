"""Rows of a packet list, as tshark prints them and Wireshark exports them: one line per packet, in columns.

    1 0.000000000 52:54:00:aa:00:05 → Broadcast    ARP 42 Who has 169.254.1.1? Tell 10.0.0.5

Number, time, source, destination, protocol, length and what the dissector says; people leave number, time and length
out. Source and destination are MACs where there is no IP, else addresses of the innermost datagram; either may be
resolved to a name, and of a cooked capture there is no destination MAC.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

from msgspec import Struct

from pcapcheck.capture.record import Text
from pcapcheck.capture.text.info import arp, carried
from pcapcheck.capture.text.link_types import COOKED
from pcapcheck.capture.text.names import MAC, PrintedAddresses, mac_of
from pcapcheck.capture.text.printed_packet import Arp, Datagram, PrintedPacket
from pcapcheck.capture.text.stamps import SECOND, Stamp, parse_stamp
from pcapcheck.protocols import ETHERTYPE_ARP, ETHERTYPE_OF, ETHERTYPE_REVERSE_ARP

# More of a line is not looked at.
MOST_CHARACTERS = 2000
ARROW = "(?:→|->)"
_TIME = r"(?:(?:\d{4}-\d\d-\d\d|\d{4}/\d{3})[ T])?\d\d:\d\d:\d\d(?:\.\d{1,9})?|-?\d{1,10}\.\d{1,9}"
_ONLY_TIME = re.compile(rf"{_TIME}|\d{{1,10}}")
_ADDRESS = r"\d{1,3}(?:\.\d{1,3}){3}|[0-9a-f]{0,4}(?:::?[0-9a-f]{1,4}){1,7}(?:::)?"
_PROTOCOL = r"Inverse ARP|[A-Za-z][\w./+-]{0,30}"
_ROW = re.compile(
    # Behind a number the time may be in whole seconds.
    rf"[\s>|*#]*(?:(?P<number>\d{{1,9}})[ \t]+)?(?:(?P<time>{_TIME}|(?(number)\d{{1,10}}|(?!)))[ \t]+)?"
    rf"(?P<src>\S{{1,280}})?[ \t]+"
    rf"(?:{ARROW}[ \t]+)(?:(?P<dst>\S{{1,280}})[ \t]+)?(?P<protocol>{_PROTOCOL})[ \t]+"
    # People add the columns of ports.
    rf"(?:(?P<sport>\d{{1,5}})[ \t]+(?P<dport>\d{{1,5}})[ \t]+(?=(?:\d{{1,9}}[ \t]+)?(?:\[[^\]]*\] ?)*"
    rf"(?P=sport) {ARROW} (?P=dport)))?"
    rf"(?:(?P<length>\d{{1,9}})[ \t]+(?!{ARROW}))?(?P<info>\S.*)"
)
# Wireshark's export has no arrow but a line of headings; then no column is left out.
_EXPORTED = re.compile(
    rf"\s*(?P<number>\d{{1,9}}) +(?P<time>{_TIME}) +(?P<src>\S{{1,280}}) {{2,}}(?P<dst>\S{{1,280}}) {{2,}}"
    rf"(?P<protocol>{_PROTOCOL}) +(?P<length>\d{{1,9}}) +(?P<info>\S.*)"
)
# Copied out of Wireshark, cells have tabs between them; people add the columns of ports and of the TTL.
_COPIED = re.compile(
    rf"\s*(?P<number>\d{{1,9}})\t(?P<time>{_TIME})\t(?P<src>[^\t]{{1,280}})\t(?:\d{{1,5}}\t)?(?P<dst>[^\t]{{1,280}})\t"
    rf"(?:\d{{1,5}}\t)?(?P<protocol>{_PROTOCOL})\t(?P<length>\d{{1,9}})\t(?:(?P<ttl>\d{{1,3}})\t)?(?P<info>\S.*)"
)
# Where a page made one blank of several; without them only addresses tell the columns apart.
_COLLAPSED = re.compile(
    rf"\s*(?P<number>\d{{1,9}}) (?P<time>{_TIME}) (?P<src>{_ADDRESS}) (?P<dst>{_ADDRESS}) "
    rf"(?P<protocol>{_PROTOCOL}) (?P<length>\d{{1,9}}) (?P<info>\S.*)"
)
# The makers of cards resolved: RealtekU_aa:00:05, IPv4mcast_fb, LLDP_Multicast.
_RESOLVED = re.compile(r"Broadcast|\S+_(?:[0-9a-f]{2}(?::[0-9a-f]{2}){0,2}|Multicast)")


class ListedPacket(Struct, frozen=True):
    """A packet, with its number and its time if the row has them; ``text`` where it is more than one line."""

    packet: PrintedPacket
    number: int | None
    stamp: Stamp | None
    text: Text | None = None


def row_of(line: str, addresses: PrintedAddresses) -> ListedPacket | None:
    """The packet that a row is about; None where the line is no row."""
    text = line[:MOST_CHARACTERS]
    match = _ROW.match(text) if "→" in text or "->" in text else _EXPORTED.match(text)
    if match is None and "\t" in text:
        match = _COPIED.match(text)
    if match is None and " " in text:
        match = _COLLAPSED.match(text)
    if match is None:
        return None
    packet = packet_in(match["src"] or "", match["dst"] or "", match["protocol"], match["info"], addresses)
    # Prose may have an arrow too.
    in_columns = match["length"] and (match["number"] or match["time"])
    if not in_columns and not (packet.body is not None and packet.understood and _has_ends(packet)):
        return None
    packet.length = int(match["length"]) if match["length"] else None
    return ListedPacket(packet, int(match["number"]) if match["number"] else None, stamp_of(match["time"]))


def _has_ends(packet: PrintedPacket) -> bool:
    """Whether both ends of a row are certain."""
    if isinstance(packet.body, Datagram):
        return packet.body.upper is not None and None not in (packet.body.src, packet.body.dst)
    return packet.eth_src is not None


def packet_in(src: str, dst: str, protocol: str, info: str, addresses: PrintedAddresses) -> PrintedPacket:
    """The packet that the columns of a row are about."""
    packet = PrintedPacket()
    if protocol in ("ARP", "Inverse ARP", "RARP"):
        packet.ethertype = ETHERTYPE_REVERSE_ARP if protocol == "RARP" else ETHERTYPE_ARP
        packet.body = arp(info, addresses) if protocol != "RARP" else None
        packet.understood = packet.body is not None or protocol == "RARP"
    elif not any(_is_link_address(end) for end in (src, dst)):
        version = 6 if protocol == "ICMPv6" or ":" in src + dst else 4
        ends = addresses.of(src, version), addresses.of(dst, version)
        if None not in ends:
            packet.ethertype = ETHERTYPE_OF[version]
            packet.body = Datagram(version, *ends)
            packet.understood = carried(packet.body, protocol, info, addresses)
            return packet
    if not dst:
        packet.link_type = COOKED
    packet.eth_src, packet.eth_dst = mac_of(src), mac_of(dst)
    if isinstance(packet.body, Arp) and packet.body.sender_ip == packet.body.target_ip:
        # An announcement has no MAC but that of its sender.
        packet.body.sender_mac = packet.eth_src
    return packet


def _is_link_address(text: str) -> bool:
    return not text or bool(re.fullmatch(MAC, text) or _RESOLVED.fullmatch(text))


def stamp_in(text: str) -> Stamp | None:
    """The time that a column holds, perhaps in whole seconds; None where it holds no time."""
    text = text.strip()
    return stamp_of(text if ":" in text or "." in text else f"{text}.0") if _ONLY_TIME.fullmatch(text) else None


def stamp_of(text: str | None) -> Stamp | None:
    """A time in whichever of tshark's formats (-t); of seconds since some packet as if that was at midnight."""
    if text is None:
        return None
    if text[4:5] == "/":
        day, _, clock = text.partition(text[8])
        try:
            text = f"{datetime.strptime(day, '%Y/%j').replace(tzinfo=UTC):%Y-%m-%d} {clock}"
        except ValueError:
            return None
    seconds, _, fraction = text.partition(".")
    if ":" in text or len(seconds) > 8:
        return parse_stamp(text)
    return Stamp(int(seconds) * SECOND + int(fraction.ljust(9, "0")), True) if seconds[0] != "-" else None
