"""Types of links: which are decoded, and what they are called."""

from __future__ import annotations

from pcapcheck.decode import frame_layout

# LINKTYPE_ numbers (tcpdump.org/linktypes.html) that are decoded; 12 and 14 are RAW as some systems write it.
LINKS = {
    0: frame_layout.LINK_NULL,
    1: frame_layout.LINK_ETHERNET,
    12: frame_layout.LINK_RAW,
    14: frame_layout.LINK_RAW,
    101: frame_layout.LINK_RAW,
    108: frame_layout.LINK_LOOP,
    113: frame_layout.LINK_COOKED,
    228: frame_layout.LINK_RAW,
    229: frame_layout.LINK_RAW,
    276: frame_layout.LINK_COOKED2,
}
LINK_NAMES = {
    0: "NULL",
    1: "Ethernet",
    12: "RAW",
    14: "RAW",
    101: "RAW",
    105: "IEEE 802.11",
    108: "LOOP",
    113: "SLL",
    127: "radiotap",
    192: "PPI",
    228: "IPv4",
    229: "IPv6",
    239: "NFLOG",
    276: "SLL2",
}
COOKED = 113
COOKED2 = 276


def link_name(link_type: int) -> str:
    return LINK_NAMES.get(link_type, f"link type {link_type}")
