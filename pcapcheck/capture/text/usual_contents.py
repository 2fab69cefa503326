"""What follows the addresses of a packet of the usual shape: ICMP, a TCP segment, a UDP datagram or DNS."""

from __future__ import annotations

import re

from pcapcheck import protocols
from pcapcheck.capture.text.dns import dns
from pcapcheck.capture.text.icmp import icmp
from pcapcheck.capture.text.names import PrintedAddresses, port_of
from pcapcheck.capture.text.printed_packet import Datagram, Icmp, Transport
from pcapcheck.capture.text.printed_sums import marked_checksum
from pcapcheck.capture.text.segment import segment_of
from pcapcheck.protocols import UDP

# None of these words could be a time and the beginning of another packet.
_ECHO = {
    4: re.compile(
        r"ICMP echo (?:(request)|reply), id (\d{1,5}), seq (\d{1,5}), length (\d{1,7})"
        r"(?: \(wrong icmp cksum ([\da-f]{1,4}) \(->[\da-f]{1,4}\)!\))?$",
        re.ASCII,
    ),
    6: re.compile(
        r"(?:\[icmp6 sum ok\] )?ICMP6, echo (?:(request)|reply), id (\d{1,5}), seq (\d{1,5})(?:, length (\d{1,7}))?$",
        re.ASCII,
    ),
}
_NEIGHBOUR = re.compile(
    r"(?:\[icmp6 sum ok\] )?ICMP6, neighbor (?:solicitation(?:, length (\d{1,5}))?, who has"
    r"|(advertisement)(?:, length (\d{1,5}))?, tgt is) ([\da-f:]{2,39})(?:, Flags \[[a-z, ]{0,40}\])?"
    r"(?:, length (\d{1,5}))?$",
    re.ASCII,
)
_ERROR = re.compile(
    r"ICMP ((?:(?:net|host) [\w.-]{1,280} unreachable(?: - admin prohibited(?: filter)?)?"
    r"|[\w.-]{1,280} (?:udp|tcp) port [\w-]{1,40} unreachable|time exceeded in-transit), length \d{1,5})$",
    re.ASCII,
)
_SEGMENT = re.compile(
    r"Flags \[([A-Za-z.]{1,9})\](?:, cksum 0x([\da-f]{1,4}) \((?:(correct)|incorrect -> 0x[\da-f]{1,4})\))?"
    r"(?:, seq (\d{1,10})(?::(\d{1,10}))?)?(?:, ack (\d{1,10}))?, win (\d{1,10})"
    r"(?:, options \[([\w ,-]{0,300}(?:sack \d (?:\{\d{1,10}:\d{1,10}\}){1,4})?)\])?, length (\d{1,10})"
    r"(?:: HTTP(?:: (?:[A-Z]{3,10} [!-%'-;=-\[\]-~]{1,1000} )?HTTP/\d\.\d(?: \d{3} [A-Za-z ]{0,40})?)?)?$",
    re.ASCII,
)
_NAME = r"[\w.-]{0,1000}\."
# With -vv the record's name, with -vvv its lifetime.
_RECORD = r"(?:[\w.-]{0,250}\.(?: \[\w{1,20}\])? )?(?!IP)(?:A|[A-Z][A-Z\d]{1,9}) [\w.:-]{1,200}"
_DATAGRAM = re.compile(
    r"(?:\[(?:udp sum ok|no cksum|bad udp cksum 0x[\da-f]{1,4} -> 0x[\da-f]{1,4}!)\] )?"
    r"(?:UDP, length (\d{1,5})"
    rf"|(\d{{1,5}}(?:[+%]{{0,2}}(?: \[\dau\])? [A-Z\d]{{1,10}}(?: \(Q[MU]\))?\? {_NAME}"
    rf"|(?: [A-Z][A-Za-z\d]{{3,9}})?[*|$-]*(?: q: [A-Z\d]{{1,10}}\? {_NAME})? \d{{1,3}}/\d{{1,3}}/\d{{1,3}}"
    rf"(?: {_RECORD}(?:, {_RECORD}){{0,8}})?) \(\d{{1,5}}\)))$",
    re.ASCII,
)


def carry(found: Datagram, src: str, dst: str, line: str, start: int, addresses: PrintedAddresses) -> bool:
    """Fill in both ends and what is carried, whose words begin at ``start``; False if they have another shape."""
    first = line[start : start + 1]
    if first == "[" and found.ttl is None:
        # -vv prints a checksum, and then the header too.
        return False
    upper: Icmp | Transport | None
    if first == "I" or line.startswith("[i", start):
        upper = _echo(found.version, line, start) or _OTHERS[found.version](line, start, addresses)
    else:
        src, _, src_port = src.rpartition(".")
        dst, _, dst_port = dst.rpartition(".")
        if first == "F":
            upper = _segment(line, start, _port(src_port, "tcp"), _port(dst_port, "tcp"))
        elif found.version == 6 or found.protocol in (None, UDP):
            upper = _datagram(line, start, _port(src_port, "udp"), _port(dst_port, "udp"))
        else:
            upper = None
    if upper is None:
        return False
    ends = addresses.of(src, found.version), addresses.of(dst, found.version)
    if ends[0] is None or ends[1] is None:
        return False
    found.src, found.dst = ends
    found.upper = upper
    return True


def _echo(version: int, line: str, start: int) -> Icmp | None:
    match = _ECHO[version].match(line, start)
    if match is None:
        return None
    request, ident, seq, size, *wrong = match.groups()
    types = protocols.ECHO_REQUEST if request else protocols.ECHO_REPLY
    checksum = int(wrong[0], 16) if wrong and wrong[0] else marked_checksum(line, start)
    return Icmp(types[version], ident=int(ident), seq=int(seq), size=int(size) if size else None, checksum=checksum)


def _error(line: str, start: int, addresses: PrintedAddresses) -> Icmp | None:
    match = _ERROR.match(line, start)
    return icmp(match[1], addresses) if match else None


def _neighbour(line: str, start: int, addresses: PrintedAddresses) -> Icmp | None:
    match = _NEIGHBOUR.match(line, start)
    if match is None:
        return None
    size_asked, advertised, size_advertised, target, last_size = match.groups()
    size = size_asked or size_advertised or last_size
    return Icmp(
        protocols.NEIGHBOR_ADVERTISEMENT if advertised else protocols.NEIGHBOR_SOLICITATION,
        target=addresses.of(target, 6),
        size=int(size) if size else None,
        checksum=marked_checksum(line, start),
    )


# What is read of ICMP and of ICMPv6 apart from echoes.
_OTHERS = {4: _error, 6: _neighbour}


def _segment(line: str, start: int, src_port: int | None, dst_port: int | None) -> Transport | None:
    match = _SEGMENT.match(line, start)
    if match is None or src_port is None or dst_port is None:
        return None
    segment = segment_of(*match.groups())
    segment.src_port, segment.dst_port = src_port, dst_port
    return segment


def _datagram(line: str, start: int, src_port: int | None, dst_port: int | None) -> Transport | None:
    match = _DATAGRAM.match(line, start)
    if match is None or src_port is None or dst_port is None:
        return None
    size, message = match.groups()
    checksum = marked_checksum(line, start)
    if message is None:
        return Transport(UDP, src_port, dst_port, size=int(size), checksum=checksum)
    return Transport(UDP, src_port, dst_port, dns=dns(message, src_port, dst_port), checksum=checksum)


def _port(text: str, protocol: str) -> int | None:
    if text.isdigit():
        number = int(text)
        return number if number < 1 << 16 else None
    return port_of(text, protocol) if text else None
