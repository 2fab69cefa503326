"""What packets of ICMP, TCP, UDP, SCTP and GRE carry: names and addresses are mapped, the rest is cut."""

from __future__ import annotations

from pcapcheck import protocols
from pcapcheck.redaction.discovery import map_discovery, map_igmp
from pcapcheck.redaction.dns_message import HEADER, map_message
from pcapcheck.redaction.filled_sums import fill_sctp
from pcapcheck.redaction.frame_draft import FrameDraft

_DNS_PORTS = {protocols.DNS_PORT, protocols.MDNS_PORT, protocols.LLMNR_PORT}
_VXLAN_PORTS = (protocols.VXLAN_PORT, protocols.KERNEL_VXLAN_PORT)
_VXLAN_HEADER = 8
# Types of ICMP that quote a packet, those whose next words hold no address, and the router that a redirect names.
_QUOTING4 = (
    protocols.ICMP_UNREACHABLE,
    protocols.ICMP_SOURCE_QUENCH,
    protocols.ICMP_REDIRECT,
    protocols.ICMP_TIME_EXCEEDED,
    protocols.ICMP_PARAMETER_PROBLEM,
)
_TIMES = (protocols.ICMP_TIMESTAMP_REQUEST, protocols.ICMP_TIMESTAMP_REPLY)
_ECHOES = (protocols.ICMPV6_ECHO_REQUEST, protocols.ICMPV6_ECHO_REPLY)
_LAST_DISCOVERY = protocols.ICMPV6_REDIRECT
# GRE: flags that say that a checksum, a key or a number stands behind the header; Ethernet in it, as in VXLAN.
_GRE_CHECKSUM, _GRE_KEY, _GRE_NUMBER = 0x8000, 0x2000, 0x1000
BRIDGED = 0x6558
_CHUNK_HEADER, _SCTP_HEADER, _INIT_FIELDS = 4, 12, 16


def redact_icmp(draft: FrameDraft, version: int, start: int, end: int, depth: int) -> None:
    """A message of ICMP, of ICMPv6, or (version 0) of IGMP."""
    quoted = None
    if version == 0:
        map_igmp(draft, start, end)
    elif version == 4:
        icmp_type = draft.old[start]
        if icmp_type in _QUOTING4:
            quoted = start + 8
        elif icmp_type not in _TIMES:
            draft.cover(start + 8, end)
        if icmp_type == protocols.ICMP_REDIRECT:
            draft.map_ipv4(start + 4, min(end, start + 8))
    else:
        icmp_type = draft.old[start]
        if icmp_type < protocols.ICMPV6_ECHO_REQUEST:
            quoted = start + 8
        elif protocols.MLD_QUERY <= icmp_type <= _LAST_DISCOVERY or icmp_type == protocols.MLD2_REPORT:
            quoted = map_discovery(draft, start, end)
        else:
            draft.cover(start + 8, end)
    if quoted is not None and quoted < end:
        ethertype = protocols.ETHERTYPE_IPV6 if version == 6 else protocols.ETHERTYPE_IPV4
        draft.inside(draft, ethertype, quoted, end, depth + 1)


def redact_tcp_data(draft: FrameDraft, start: int, data: int, end: int) -> None:
    """What a segment carries, whose header begins at ``start``: of DNS over TCP the names are mapped."""
    if data >= end:
        return
    if not _DNS_PORTS & {draft.u16(start), draft.u16(start + 2)}:
        draft.cover(data, end)
    elif end - data > 2:
        # RFC 7766, section 8: two bytes of length, which may have come in a segment of their own.
        for message in (data + 2, data):
            if message + HEADER + 5 <= end and draft.u16(message + 4) == 1 and not draft.u16(message + 2) & 0x7840:
                map_message(draft, message, end)
                return
        draft.cover(data, end)


def redact_udp_data(draft: FrameDraft, start: int, end: int, depth: int) -> None:
    """What a datagram carries, whose header begins at ``start``."""
    data = start + 8
    if _DNS_PORTS & {draft.u16(start), draft.u16(start + 2)}:
        map_message(draft, data, end)
        if end - data < HEADER:
            draft.wipe(data + 4, end)
    elif draft.u16(start + 2) in _VXLAN_PORTS and data + _VXLAN_HEADER < end and draft.old[data] & 8:
        draft.inside(draft, BRIDGED, data + _VXLAN_HEADER, end, depth + 1)
    else:
        draft.cover(data, end)


def redact_gre(draft: FrameDraft, start: int, end: int, depth: int) -> None:
    """A packet of GRE: what it wraps is redacted if it is IP or Ethernet."""
    if start + 4 > end:
        return
    flags, carried = draft.u16(start), draft.u16(start + 2)
    inside = start + 4 + 4 * bool(flags & _GRE_KEY) + 4 * bool(flags & _GRE_NUMBER)
    if flags & _GRE_CHECKSUM or inside >= end:
        draft.cover(start + 4, end)
    elif carried in (protocols.ETHERTYPE_IPV4, protocols.ETHERTYPE_IPV6, BRIDGED):
        draft.inside(draft, carried, inside, end, depth + 1)
    else:
        draft.cover(inside, end)


def redact_sctp(draft: FrameDraft, start: int, end: int, whole: bool) -> None:
    """A packet of SCTP: of its chunks the headers stay, and the numbers of those that open an association."""
    at = start + _SCTP_HEADER
    while at + _CHUNK_HEADER <= end:
        size = draft.u16(at + 2)
        after = at + size + -size % 4
        opens = draft.old[at] in (protocols.SCTP_INIT, protocols.SCTP_INIT_ACK)
        kept = _CHUNK_HEADER + (_INIT_FIELDS if opens else 0)
        # Its parameters list addresses: they become one that everybody skips (RFC 9260, section 3.2.1: type 0xC000).
        draft.wipe(min(end, at + kept), min(end, max(after, at + kept)))
        rest = min(after, end) - at - kept
        if opens and rest >= _CHUNK_HEADER:
            draft.new[at + kept : at + kept + 4] = b"\xc0\0" + min(rest, size - kept).to_bytes(2, "big")
        if size < _CHUNK_HEADER:
            draft.wipe(at + _CHUNK_HEADER, end)
            break
        at = after
    else:
        draft.wipe(at, end)
    fill_sctp(draft, start, end, whole)
