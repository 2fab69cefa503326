"""Every frame of every capture as tshark reads it, but for the differences that are meant."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest

from pcapcheck.decode.decoded_links import LINKS
from tests.support.captures import MADE, NO_CORPUS, by_name, some_of_all
from tests.support.differential import PROTOCOL_COLUMNS, Against, compare, read_frames
from tests.support.meant import Allowed, Rule
from tests.support.tshark import MISSING, dissect

# One group, since all of them need what was read once.
pytestmark = [
    pytest.mark.corpus,
    pytest.mark.xdist_group("against tshark"),
    pytest.mark.skipif(bool(MISSING), reason=MISSING),
]

REVERSE_ARP = 0x8035
SUNATM = 123
ARP_SENDER = ("arp_src_hw_mac", "arp_src_proto_ipv4")
ARP = ("arp_opcode", *ARP_SENDER, "arp_dst_hw_mac", "arp_dst_proto_ipv4")


def unsupported(difference: Against) -> bool:
    """Whether tshark reads nothing of a link type that is not decoded here either."""
    return difference.theirs == 0 and "unknown or unsupported" in difference.errors and _link(difference) not in LINKS


def read_past_damage(difference: Against) -> bool:
    return difference.more > 0 and "damaged or corrupt" in difference.errors


def cut_in_addresses(difference: Against, last: str) -> bool:
    """Whether a header is cut inside its addresses, so that nobody has the last of them."""
    return (
        difference.our is not None
        and last not in difference.our.columns
        and not {"arp.dst.hw_mac", "ip.dst"} & difference.their.keys()
    )


def _link(difference: Against) -> int | None:
    return difference.our.interface.link_type if difference.our else None


def _raised(difference: Against) -> bool:
    return difference.more > 0 and difference.our is not None and difference.ours == difference.our.captured


def _reverse_arp(difference: Against) -> bool:
    return difference.our is not None and difference.our.eth_type == REVERSE_ARP


RULES = [
    Rule("tshark counts custom and journal blocks as frames; they hold no packet", "packet", lambda difference: True),
    Rule("tshark refuses to read the link type", "frames", unsupported),
    Rule("damage is noted and reading goes on; tshark stops there", "frames", read_past_damage),
    Rule("a wire length below the captured length is raised to it", "len", _raised),
    Rule(
        "tshark does not count SUNATM's pseudo header as captured",
        "cap_len",
        lambda difference: _link(difference) == SUNATM and difference.more == 4,
    ),
    Rule(
        "tshark does not count SUNATM's pseudo header as sent",
        "len",
        lambda difference: _link(difference) == SUNATM and difference.more == 4,
    ),
    Rule(
        "tshark calls an interface without a name unknown",
        "interface_name",
        lambda difference: difference.ours is None and difference.theirs == "unknown",
    ),
    Rule(
        "tshark escapes control characters where it prints a name",
        "interface_name",
        lambda difference: (
            str(difference.ours).encode("unicode_escape").decode() == difference.theirs != difference.ours
        ),
    ),
    Rule(
        "tshark looks the interface of a later section up in the first",
        "interface_name",
        lambda difference: difference.their["frame.section_number"] != "1",
    ),
    *(Rule(f"RARP, which has the layout of ARP, is not decoded: {name}", name, _reverse_arp) for name in ARP),
    *(
        Rule(
            f"of ARP cut inside its addresses what is there is kept: {name}",
            name,
            lambda difference: cut_in_addresses(difference, "arp_dst_proto_ipv4") and difference.theirs is None,
        )
        for name in ARP_SENDER
    ),
    Rule(
        "of addresses of IP the first is not kept where the second is cut off",
        "ip_src",
        lambda difference: cut_in_addresses(difference, "ip_dst") and difference.ours is None,
    ),
]

VERSION = "an IP version that contradicts the link type: its own version is what decides how a packet is read"
SIGNED = "fractions of a second above 2^31 are unsigned here; tshark shows negative ones"
CONTRADICTION = "ARP whose lengths contradict its types: only its opcode is kept"
TOTAL = "a total length below 20: the addresses are kept"
SHORT = "an ICMP message of three bytes has a type and a code"

# Capture -> field -> why it differs.
CAPTURES: Mapping[str, Mapping[str, str]] = {
    "libpcap/tests/pcap-invalid-version-2.pcap": {"frames": "version 2.5 does not exist; libpcap refuses it too"},
    "tcpdump/tests/LINKTYPE_IPV4_invalid.pcap": {"ip_src": VERSION, "ip_dst": VERSION, "ip_ttl": VERSION},
    "tcpdump/tests/LINKTYPE_IPV6_invalid.pcap": {"ip_src": VERSION, "ip_dst": VERSION, "ip_ttl": VERSION},
    "tcpdump/tests/ipv4_invalid_total_length_2.pcap": {"ip_src": TOTAL, "ip_dst": TOTAL, "ip_ttl": TOTAL},
    "tcpdump/tests/icmp-icmp_print-oobr-1.pcap": {"icmp_type": SHORT, "icmp_code": SHORT},
    "tcpdump/tests/arp-oobr.pcap": {
        **dict.fromkeys(ARP, CONTRADICTION),
        "arp_opcode": "tshark shows the opcode of ATMARP under a name of its own",
    },
    "tcpdump/tests/atm-oam-loopback-print-overrun.pcap": {"time": SIGNED},
    "tcpdump/tests/rx_serviceid_oobr.pcap": {"time": SIGNED},
    "tcpdump/tests/timestamp_invalid_micro.pcap": {"time": SIGNED},
    "tcpdump/tests/timestamp_invalid_nano.pcap": {"time": SIGNED},
}
ALLOWED: Allowed[Against] = Allowed(RULES, CAPTURES)


@cache
def found(path: Path) -> tuple[Against, ...]:
    return tuple(compare(read_frames(path.read_bytes()), dissect(path)))


def test_frames_are_those_that_tshark_reads() -> None:
    disagreements, _used = ALLOWED.sort(by_name(some_of_all(CAPTURES), found))
    assert disagreements == {}


def test_something_is_compared() -> None:
    """Every kind of value of every layer was there to be held against tshark's."""
    columns = {name for path in MADE for frame in read_frames(path.read_bytes()).frames for name in frame.columns}
    assert columns == set(PROTOCOL_COLUMNS)


@pytest.mark.skipif(bool(NO_CORPUS), reason=NO_CORPUS)
def test_every_meant_difference_is_there() -> None:
    """What no longer differs is struck off the list."""
    _disagreements, used = ALLOWED.sort(by_name(some_of_all(CAPTURES), found))
    assert ALLOWED.entries() - used == set()
