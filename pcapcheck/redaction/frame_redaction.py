"""Redact a frame: its link header, and what it carries (IEEE 802.3, 802.1Q; tcpdump.org's LINKTYPE_ pages)."""

from __future__ import annotations

import zlib

from pcapcheck import protocols
from pcapcheck.decode import frame_layout
from pcapcheck.decode.decoded_links import LINKS
from pcapcheck.redaction.carried_redaction import BRIDGED
from pcapcheck.redaction.discovery import map_arp
from pcapcheck.redaction.frame_draft import FrameDraft
from pcapcheck.redaction.mapping import Mapping
from pcapcheck.redaction.packet_redaction import DEEPEST, redact_ip

_TAGS = (*protocols.VLAN_TAGS, *protocols.OLD_VLAN_TAGS)
_LARGEST_LENGTH = 1500
_SNAP = b"\xaa\xaa\x03\0\0\0"
# Address families of IPv6, by system (tcpdump.org, LINKTYPE_NULL).
_FAMILIES = {2: protocols.ETHERTYPE_IPV4, **dict.fromkeys((10, 24, 28, 30), protocols.ETHERTYPE_IPV6)}


def redact_frame(data: bytes, link_type: int, length: int, fcs_bytes: int, mapping: Mapping) -> bytes:
    """The frame with mapped addresses and without payload; ``length`` is what it had on the wire.

    Of a link type that is not decoded nothing stays but the size.
    """
    draft = FrameDraft(data, mapping, _redact_carried)
    check = fcs_bytes if fcs_bytes == 4 and len(data) == length and len(data) > 18 else 0
    end = len(data) - check
    link = LINKS.get(link_type, frame_layout.LINK_UNKNOWN)
    if link == frame_layout.LINK_ETHERNET:
        _redact_ethernet(draft, 0, end, 0)
    elif link == frame_layout.LINK_COOKED:
        _redact_cooked(draft, end)
    elif link == frame_layout.LINK_COOKED2:
        _redact_cooked2(draft, end)
    elif link == frame_layout.LINK_RAW:
        _redact_raw(draft, end)
    elif link in (frame_layout.LINK_NULL, frame_layout.LINK_LOOP):
        _redact_loopback(draft, end)
    else:
        draft.wipe(0, end)
    if check:
        draft.new[end:] = zlib.crc32(draft.new[:end]).to_bytes(4, "little")
    return bytes(draft.new)


def _redact_ethernet(draft: FrameDraft, at: int, end: int, depth: int) -> None:
    """A frame of Ethernet, on the wire or inside a tunnel."""
    draft.map_mac(at, min(end, at + 6))
    draft.map_mac(at + 6, max(at + 6, min(end, at + 12)))
    if at + 14 > end:
        draft.wipe(at + 12, end)
        return
    ethertype, at = _behind_tags(draft, draft.u16(at + 12), at + 14, end)
    if ethertype <= _LARGEST_LENGTH and draft.old[at : at + 6] == _SNAP and at + 8 <= end:
        ethertype, at = draft.u16(at + 6), at + 8
    _redact_carried(draft, ethertype, at, end, depth)


def _behind_tags(draft: FrameDraft, ethertype: int, at: int, end: int) -> tuple[int, int]:
    while ethertype in _TAGS and at + 4 <= end:
        ethertype, at = draft.u16(at + 2), at + 4
    return ethertype, at


def _redact_carried(draft: FrameDraft, ethertype: int, at: int, end: int, depth: int = 0) -> None:
    if ethertype == protocols.ETHERTYPE_ARP:
        map_arp(draft, at, end)
    elif ethertype in (protocols.ETHERTYPE_IPV4, protocols.ETHERTYPE_IPV6):
        redact_ip(draft, ethertype, at, end, depth)
    elif ethertype == BRIDGED and depth <= DEEPEST:
        _redact_ethernet(draft, at, end, depth)
    else:
        # LLDP and CDP name machines, spanning tree has MACs.
        draft.wipe(at, end)


def _redact_cooked(draft: FrameDraft, end: int) -> None:
    if end < 16:
        draft.wipe(0, end)
        return
    _redact_link_address(draft, draft.u16(4), 6)
    ethertype, at = _behind_tags(draft, draft.u16(14), 16, end)
    _redact_carried(draft, ethertype, at, end)


def _redact_cooked2(draft: FrameDraft, end: int) -> None:
    if end < 20:
        draft.wipe(0, end)
        return
    _redact_link_address(draft, draft.old[11], 12)
    ethertype, at = _behind_tags(draft, draft.u16(0), 20, end)
    _redact_carried(draft, ethertype, at, end)


def _redact_link_address(draft: FrameDraft, size: int, at: int) -> None:
    """The address in 8 bytes: a MAC, else whatever the interface has (of IPIP an IPv4 address)."""
    if size == 6:
        draft.map_mac(at, at + 6)
        draft.wipe(at + 6, at + 8)
    elif size == 4:
        draft.map_ipv4(at, at + 4)
        draft.wipe(at + 4, at + 8)
    else:
        draft.wipe(at, at + 8)


def _redact_raw(draft: FrameDraft, end: int) -> None:
    if end:
        is_ipv6 = draft.old[0] >> 4 == 6
        _redact_carried(draft, protocols.ETHERTYPE_IPV6 if is_ipv6 else protocols.ETHERTYPE_IPV4, 0, end)


def _redact_loopback(draft: FrameDraft, end: int) -> None:
    if end < 4:
        return
    _redact_carried(draft, _FAMILIES.get(draft.old[0] | draft.old[3], 0), 4, end)
