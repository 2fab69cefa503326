"""Every frame of every capture as tshark reads it, but for the differences that are meant."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.support.captures import LAB, MADE, NO_CORPUS, PUBLIC, name_of
from tests.support.differential import Difference, compare, read_frames
from tests.support.tshark import MISSING, dissect

pytestmark = pytest.mark.skipif(bool(MISSING), reason=MISSING)

ADDRESSES = {"arp_src_hw_mac", "arp_src_proto_ipv4", "arp_dst_hw_mac", "arp_dst_proto_ipv4"}
IP = {"ip_src", "ip_dst", "ip_ttl"}
VERSION = "an IP version that contradicts the link type: its own version is what decides how a packet is read"
PSEUDO_HEADER = "tshark does not count the pseudo header of SUNATM, a link type that is not decoded here"
SIGNED = "fractions of a second above 2^31 are unsigned here; tshark shows negative ones"

# Which fields of which capture may differ, and why.
MEANT: dict[str, tuple[set[str], str]] = {
    "damaged-option.pcapng": ({"frames"}, "an option that runs past its block is noted, and the packets are read"),
    "libpcap/tests/pcap-invalid-version-2.pcap": ({"frames"}, "version 2.5 does not exist; libpcap refuses it too"),
    "tcpdump/tests/LINKTYPE_IPV4_invalid.pcap": (IP, VERSION),
    "tcpdump/tests/LINKTYPE_IPV6_invalid.pcap": (IP, VERSION),
    "tcpdump/tests/ipv4_invalid_total_length_2.pcap": (IP, "a total length below 20: the addresses are kept"),
    "tcpdump/tests/icmp-icmp_print-oobr-1.pcap": (
        {"icmp_type", "icmp_code"},
        "an ICMP message of three bytes has a type and a code",
    ),
    "tcpdump/tests/arp-oobr.pcap": (
        ADDRESSES | {"arp_opcode"},
        "ARP whose lengths contradict its types: only its opcode is kept; ATMARP has its own fields in tshark",
    ),
    "tcpdump/tests/atm-heapoverflow.pcap": ({"cap_len", "len"}, PSEUDO_HEADER),
    "tcpdump/tests/atm-oam-heapoverflow.pcap": ({"cap_len", "len"}, PSEUDO_HEADER),
    "tcpdump/tests/atm-oam-loopback-print-overrun.pcap": ({"cap_len", "len", "time"}, f"{PSEUDO_HEADER}; {SIGNED}"),
    "tcpdump/tests/rx_serviceid_oobr.pcap": ({"time"}, SIGNED),
    "tcpdump/tests/timestamp_invalid_micro.pcap": ({"time"}, SIGNED),
    "tcpdump/tests/timestamp_invalid_nano.pcap": ({"time"}, SIGNED),
}


def differences(path: Path) -> list[Difference]:
    """What is read otherwise than by tshark and not meant to be."""
    frames, _interfaces, _refusal = read_frames(path.read_bytes())
    dissection = dissect(path)
    if dissection.exit_code and "network type" in dissection.errors:
        return []
    meant, _why = MEANT.get(name_of(path), (set(), ""))
    return [one for one in compare(frames, dissection) if one.field not in meant]


def disagreeing(paths: list[Path]) -> dict[str, list[str]]:
    with ThreadPoolExecutor(2) as pool:
        found = dict(zip(map(name_of, paths), pool.map(differences, paths), strict=True))
    return {name: [str(one) for one in some[:5]] for name, some in found.items() if some}


def test_made_captures() -> None:
    assert disagreeing(MADE) == {}


def test_lab_captures() -> None:
    assert disagreeing(LAB) == {}


@pytest.mark.skipif(bool(NO_CORPUS), reason=NO_CORPUS)
def test_public_captures() -> None:
    """All pcapng, all that are on the list of what is meant, and every fifth pcap; with PCAPCHECK_WHOLE_CORPUS all."""
    pcapng = [path for path in PUBLIC if path.suffix == ".pcapng" or name_of(path) in MEANT]
    others = [path for path in PUBLIC if path not in pcapng]
    chosen = PUBLIC if os.environ.get("PCAPCHECK_WHOLE_CORPUS") else pcapng + others[::5]
    assert disagreeing(chosen) == {}


@pytest.mark.skipif(bool(NO_CORPUS), reason=NO_CORPUS)
def test_every_meant_difference_is_there() -> None:
    """A difference that no longer shows is struck off the list."""
    stale = []
    for path in [*MADE, *PUBLIC]:
        if name_of(path) in MEANT:
            found = {one.field for one in compare(read_frames(path.read_bytes())[0], dissect(path))}
            if not found:
                stale.append(name_of(path))
    assert stale == []
