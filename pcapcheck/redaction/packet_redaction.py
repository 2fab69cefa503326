"""Redact IP packets, from the outermost to those in tunnels and in ICMP errors.

Sources: RFC 791, RFC 8200, RFC 9293, RFC 768, RFC 792, RFC 4443, RFC 9260, RFC 7348 (VXLAN), RFC 2784 (GRE).
"""

from __future__ import annotations

from msgspec import Struct

from pcapcheck import protocols
from pcapcheck.redaction.carried_redaction import redact_gre, redact_icmp, redact_sctp, redact_tcp_data, redact_udp_data
from pcapcheck.redaction.filled_sums import fill_header, fill_upper, pseudo_header
from pcapcheck.redaction.frame_draft import FrameDraft
from pcapcheck.redaction.packet_headers import keep_options6, keep_tcp_options, without_options4

# Tunnels in tunnels, and errors about errors.
DEEPEST = 8


class IpPayload(Struct, frozen=True):
    """What an IP packet carries: its protocol, where it stands, and where the packet's header is.

    ``whole``: all of it was captured, and it is no fragment, so that its checksum can be judged.
    """

    version: int
    header: int
    protocol: int
    start: int
    end: int
    whole: bool


def redact_ip(draft: FrameDraft, ethertype: int, at: int, end: int, depth: int = 0) -> None:
    """The packet between two positions; what is no IP of that version, or lies too deep, becomes zeros."""
    version = 4 if ethertype == protocols.ETHERTYPE_IPV4 else 6
    size = 20 if version == 4 else 40
    if at + size > end or draft.old[at] >> 4 != version or depth > DEEPEST:
        draft.wipe(at, end)
    elif version == 4:
        _redact_ipv4(draft, at, end, depth)
    else:
        _redact_ipv6(draft, at, end, depth)


def _redact_ipv4(draft: FrameDraft, at: int, end: int, depth: int) -> None:
    size = (draft.old[at] & 15) * 4
    if size < 20:
        draft.wipe(at, end)
        return
    draft.map_ipv4(at + 12, end)
    draft.map_ipv4(at + 16, end)
    without_options4(draft, at + 20, min(at + size, end))
    total = draft.u16(at + 2)
    # A total length of 0 is a large segment that a card is to cut.
    stop = min(end, at + total) if total >= size else end
    offset = draft.u16(at + 6)
    carried = IpPayload(
        4, at, draft.old[at + 9], at + size, stop, size <= total <= end - at and not offset & 0x3FFF
    )  # fmt: skip
    if offset & 0x1FFF:
        draft.cover(carried.start, stop)
    else:
        _redact_carried(draft, carried, depth)
    draft.wipe(stop, end)
    fill_header(draft, at, size, end)


def _redact_ipv6(draft: FrameDraft, at: int, end: int, depth: int) -> None:
    draft.map_ipv6(at + 8, end)
    draft.map_ipv6(at + 24, end)
    total = 40 + draft.u16(at + 4)
    stop = min(end, at + total) if total > 40 else end
    protocol, start, is_part = draft.old[at + 6], at + 40, False
    while protocol in (
        protocols.HOP_BY_HOP,
        protocols.DESTINATION_OPTIONS,
        protocols.ROUTING_HEADER,
        protocols.FRAGMENT_HEADER,
        protocols.AH,
    ):
        if start + 8 > stop:
            draft.wipe(start, end)
            return
        following, after = draft.old[start], start + 8 * (1 + draft.old[start + 1])
        if protocol == protocols.FRAGMENT_HEADER:
            after, is_part = start + 8, True
            if draft.u16(start + 2) & 0xFFF8:
                draft.cover(after, stop)
                draft.wipe(stop, end)
                return
        elif protocol == protocols.AH:
            after = start + 4 * (2 + draft.old[start + 1])
            draft.wipe(start + 12, min(after, stop))
        elif protocol == protocols.ROUTING_HEADER:
            is_part = True
            for address in range(start + 8, min(after, stop), 16):
                draft.map_ipv6(address, min(after, stop, address + 16))
        else:
            keep_options6(draft, start + 2, min(after, stop))
        protocol, start = following, after
    whole = 40 < total <= end - at and not is_part
    _redact_carried(draft, IpPayload(6, at, protocol, start, stop, whole), depth)
    draft.wipe(stop, end)


def _redact_carried(draft: FrameDraft, carried: IpPayload, depth: int) -> None:
    start, end, protocol = carried.start, carried.end, carried.protocol
    if start >= end:
        return
    if protocol == protocols.TCP:
        _redact_tcp(draft, carried)
    elif protocol == protocols.UDP:
        _redact_udp(draft, carried, depth)
    elif protocol == protocols.ICMP_OF[carried.version]:
        redact_icmp(draft, carried.version, start, end, depth)
        _fill(draft, carried, 2, carried.version == 6)
    elif protocol == protocols.IGMP:
        redact_icmp(draft, 0, start, end, depth)
        _fill(draft, carried, 2, False)
    elif protocol == protocols.IPIP:
        draft.inside(draft, protocols.ETHERTYPE_IPV4, start, end, depth + 1)
    elif protocol == protocols.IPV6:
        draft.inside(draft, protocols.ETHERTYPE_IPV6, start, end, depth + 1)
    elif protocol == protocols.GRE:
        redact_gre(draft, start, end, depth)
    elif protocol == protocols.SCTP:
        redact_sctp(draft, start, end, carried.whole)
    else:
        draft.cover(start, end)


def _redact_tcp(draft: FrameDraft, carried: IpPayload) -> None:
    start, end = carried.start, carried.end
    if start + 20 > end:
        # Of a segment that was cut, as errors quote it, the ports and numbers stay.
        draft.wipe(start + 16, end)
        return
    data = start + max(20, (draft.old[start + 12] >> 4) * 4)
    keep_tcp_options(draft, start + 20, min(data, end))
    redact_tcp_data(draft, start, data, end)
    _fill(draft, carried, 16)


def _redact_udp(draft: FrameDraft, carried: IpPayload, depth: int) -> None:
    start, end = carried.start, carried.end
    if start + 8 > end:
        draft.wipe(start + 6, end)
        return
    redact_udp_data(draft, start, end, depth)
    size = draft.u16(start + 4)
    if draft.u16(start + 6):
        _fill(draft, carried, 6, whole=carried.whole and size == end - start)


def _fill(draft: FrameDraft, carried: IpPayload, field: int, pseudo: bool = True, whole: bool | None = None) -> None:
    """The checksum of what a packet carries, after everything else."""
    start, end, header = carried.start, carried.end, carried.header
    sums = None
    if pseudo:
        rest = carried.version, carried.protocol, end - start
        sums = pseudo_header(draft.old, header, *rest), pseudo_header(draft.new, header, *rest)
    all_there = carried.whole if whole is None else whole
    fill_upper(draft, start, end, field, all_there, sums, may_be_open=field != 2)
