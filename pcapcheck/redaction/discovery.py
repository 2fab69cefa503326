"""Who is where: ARP, and the options and targets of neighbour discovery and of multicast listener reports.

Sources: RFC 826 (ARP), RFC 4861 section 4 (ND and its options), RFC 4191 section 2.3, RFC 8106 section 5, RFC 2710 and
RFC 3810 (MLD), RFC 3376 (IGMP).
"""

from __future__ import annotations

from pcapcheck import protocols
from pcapcheck.redaction.frame_draft import FrameDraft

_SOURCE_LINK, _TARGET_LINK, _PREFIX, _REDIRECTED, _MTU, _ROUTE, _RESOLVERS = 1, 2, 3, 4, 5, 24, 25
# Where the options begin in a message of ND, by type; before them stand addresses.
_OPTIONS_AT = {
    protocols.ROUTER_SOLICITATION: 8,
    protocols.ROUTER_ADVERTISEMENT: 16,
    protocols.NEIGHBOR_SOLICITATION: 24,
    protocols.NEIGHBOR_ADVERTISEMENT: 24,
    protocols.ICMPV6_REDIRECT: 40,
}
_ADDRESSES_AT = {
    protocols.NEIGHBOR_SOLICITATION: (8,),
    protocols.NEIGHBOR_ADVERTISEMENT: (8,),
    protocols.ICMPV6_REDIRECT: (8, 24),
    protocols.MLD_QUERY: (8,),
    protocols.MLD_REPORT: (8,),
    protocols.MLD_DONE: (8,),
}
_IGMP_QUERY, _IGMP3_REPORT = 0x11, 0x22


def map_arp(draft: FrameDraft, at: int, end: int) -> None:
    """Map the MACs and addresses of an ARP packet, by the lengths that it declares; others become zeros."""
    if end - at < 8:
        return
    size, width = draft.old[at + 4], draft.old[at + 5]
    # Hardware type 19 (ATM) has a layout of its own (RFC 2225).
    is_ipv4 = width == 4 and draft.u16(at + 2) == protocols.ETHERTYPE_IPV4 and draft.u16(at) != 19
    at += 8
    for _ in range(2):
        for length, image in ((size, draft.map_mac if size == 6 else draft.wipe), (width, draft.map_ipv4)):
            stop = min(end, at + length)
            if at < stop:
                (image if length == size or is_ipv4 else draft.wipe)(at, stop)
            at = max(at, stop)
    draft.wipe(at, end)


def map_discovery(draft: FrameDraft, at: int, end: int) -> int | None:
    """Map a message of neighbour discovery or MLD; returns where the packet that a redirect quotes begins."""
    icmp_type = draft.old[at]
    if icmp_type == protocols.MLD2_REPORT:
        _map_records(draft, at + 8, end, 16)
        return None
    for field in _ADDRESSES_AT.get(icmp_type, ()):
        draft.map_ipv6(at + field, max(at + field, min(end, at + field + 16)))
    if icmp_type in _OPTIONS_AT:
        return _map_options(draft, at + _OPTIONS_AT[icmp_type], end)
    # An MLDv2 query goes on with the sources asked for.
    for source in range(at + 28, end, 16):
        draft.map_ipv6(source, min(end, source + 16))
    return None


def map_igmp(draft: FrameDraft, at: int, end: int) -> None:
    """Map the sources that IGMPv3 names; groups stay."""
    if draft.old[at] == _IGMP3_REPORT:
        _map_records(draft, at + 8, end, 4)
    elif draft.old[at] == _IGMP_QUERY:
        for source in range(at + 12, end, 4):
            draft.map_ipv4(source, min(end, source + 4))
    else:
        draft.wipe(at + 8, end)


def _map_records(draft: FrameDraft, at: int, end: int, width: int) -> None:
    """Group records: type, length of what nobody uses, number of sources, group, sources."""
    map_address = draft.map_ipv4 if width == 4 else draft.map_ipv6
    while at + 4 + width <= end:
        after = at + 4 + width + draft.u16(at + 2) * width
        for address in range(at + 4, min(after, end), width):
            map_address(address, min(end, address + width))
        unused = after + 4 * draft.old[at + 1]
        draft.wipe(after, min(unused, end))
        at = unused
    draft.wipe(at, end)


def _map_options(draft: FrameDraft, at: int, end: int) -> int | None:
    quoted = None
    while at + 2 <= end:
        kind, size = draft.old[at], 8 * draft.old[at + 1]
        after = min(end, at + size)
        if size == 0:
            break
        if kind in (_SOURCE_LINK, _TARGET_LINK):
            draft.map_mac(at + 2, min(after, at + 8))
            draft.wipe(at + 8, after)
        elif kind == _PREFIX and size == 32:
            draft.map_network6(at + 16, after, draft.old[at + 2])
        elif kind == _ROUTE and size == 24:
            draft.map_network6(at + 8, after, draft.old[at + 2])
        elif kind == _RESOLVERS:
            for address in range(at + 8, after, 16):
                draft.map_ipv6(address, min(after, address + 16))
        elif kind == _REDIRECTED:
            quoted = at + 8
        elif kind != _MTU:
            draft.wipe(at + 2, after)
        at += size
    draft.wipe(at, end)
    return quoted
