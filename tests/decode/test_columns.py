"""The columns of made frames, written down by hand from what the frames were made of."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fixtures.made.containers import Packet, pcap
from fixtures.made.frames import (
    ARP,
    GATEWAY,
    GATEWAY6,
    IPV4,
    IPV6,
    OTHER,
    POD,
    POD6,
    cooked,
    echo6,
    echo_request,
    ethernet,
    icmp_echo,
    icmpv6,
    ipv4,
    ipv6,
)
from fixtures.made.index import CAPTURES
from fixtures.made.protocols import NODE, NODE6, discovery, errors, errors6, extensions, fragments, oddities
from pcapcheck.decode import frame_layout as layout
from pcapcheck.decode.decoder import Decoder
from pcapcheck.decode.frame_layout import (
    ABSENT,
    CAST,
    M_SENDER_LOW,
    M_SENDER_MAC,
    M_TARGET_LOW,
    M_TARGET_MAC,
    TO_MANY,
    TO_ONE,
    TO_OTHER,
)
from pcapcheck.values import MAPPED
from tests.support.lab import CAPTURES as LAB
from tests.support.reading import columns, decode_bytes, open_bytes, read_frame_columns
from tests.support.wire import ask

POD_MAC, PROXY_MAC, ZERO, ALL = "5a:8a:10:57:e2:03", "ee:ee:ee:ee:ee:ee", "00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff"
IDENT = 0x2DF9
TUNNELLED = LAB / "two-nodes-vxlan" / "node-eth0.pcap"


def made(name: str, *names: str) -> list[tuple[object, ...]]:
    return columns(CAPTURES[name].data, *names)


def test_arp() -> None:
    names = ("arp_opcode", "arp_src_hw_mac", "arp_src_proto_ipv4", "arp_dst_hw_mac", "arp_dst_proto_ipv4")
    assert made("arp-oddities.pcap", *names) == [
        (1, POD_MAC, "0.0.0.0", ZERO, POD),
        (1, POD_MAC, POD, ZERO, POD),
        (2, POD_MAC, POD, ALL, POD),
        (2, PROXY_MAC, GATEWAY, POD_MAC, POD),
        (1, POD_MAC, POD, None, None),
        (None, None, None, None, None),
        (1, None, None, None, None),
        (1, None, None, None, None),
        (1, None, POD, None, GATEWAY),
        (8, POD_MAC, POD, ZERO, GATEWAY),
    ]


@settings(max_examples=40)
@given(
    st.lists(st.tuples(st.integers(0, 27), st.sampled_from((0, 1, 2, 4, 6, 8, 255))), max_size=4), st.integers(0, 30)
)
def test_arp_pairing_sees_what_the_frame_shows(changes: list[tuple[int, int]], size: int) -> None:
    """Requests changed at random and cut: a message has the addresses of its frame's row, if that has a sender's."""
    arp = bytearray(ask()[14:])
    for place, value in changes:
        arp[place] = value
    frame = ask()[:14] + arp[:size]
    data = pcap([Packet(frame, length=60)])
    ((_link, _data, shown),) = read_frame_columns(data)
    sender = shown.get("arp_src_proto_ipv4")
    fields = {
        M_SENDER_MAC: "arp_src_hw_mac",
        M_SENDER_LOW: "arp_src_proto_ipv4",
        M_TARGET_MAC: "arp_dst_hw_mac",
        M_TARGET_LOW: "arp_dst_proto_ipv4",
    }
    messages = decode_bytes(data).messages
    assert [[message[field] for field in fields] for message in messages] == (
        [] if sender in (None, MAPPED) else [[shown.get(name, ABSENT) for name in fields.values()]]
    )


def test_ipv6_extension_headers() -> None:
    assert made("ipv6-extension-headers.pcap", "carries", "ip_proto", "icmp_type", "icmp_ident", "icmp_seq") == [
        ("ip-unicast", 58, 128, IDENT, 1),
        ("ip-unicast", 58, 128, IDENT, 1),
        ("ip-unicast", 58, 128, IDENT, 1),
        ("ip-unicast", None, None, None, None),
        ("ip-unicast", 59, None, None, None),
    ]


def test_fragments_after_the_first_have_no_icmp() -> None:
    names = ("ip_version", "ip_proto", "ip_id", "ip_frag_offset", "ip_flags_mf", "ip_flags_df", "icmp_type", "icmp_seq")
    assert made("fragments.pcap", *names) == [
        (4, 1, 0x1234, 0, 1, 0, 8, 1),
        (4, 1, 0x1234, 16, 0, 0, None, None),
        (4, 1, 0x1234, 0, 0, 1, 8, 1),
        (6, 58, 0xCAFE, 0, 1, None, 128, 1),
        (6, 58, 0xCAFE, 16, 0, None, None, None),
    ]


QUOTED = (
    "icmp_type",
    "icmp_code",
    "icmp_mtu",
    "quoted_src",
    "quoted_proto",
    "quoted_ttl",
    "quoted_icmp_type",
    "quoted_icmp_ident",
    "quoted_icmp_seq",
    "quoted_srcport",
    "quoted_dstport",
)


def test_icmp_errors() -> None:
    assert made("icmp-errors.pcap", *QUOTED) == [
        (3, 1, None, POD, 1, 1, 8, IDENT, 1, None, None),
        (3, 4, 1400, POD, 1, 1, 8, IDENT, 1, None, None),
        (11, 0, None, POD, 17, 64, None, None, None, 40000, 53),
        (3, 13, None, POD, 1, 1, 8, IDENT, 1, None, None),
        (5, 1, None, POD, 1, 1, 8, IDENT, 1, None, None),
        (12, 0, None, POD, 1, 1, 8, None, None, None, None),
        (11, 0, None, NODE, 1, 64, 3, None, None, None, None),
        (3, 1, None, None, None, None, None, None, None, None, None),
    ]


def test_icmpv6_errors() -> None:
    assert made("icmpv6-errors.pcap", *QUOTED) == [
        (1, 0, None, POD6, 58, 1, 128, IDENT, 1, None, None),
        (2, 0, 1280, POD6, 6, 64, None, None, None, 40000, 80),
        (3, 0, None, POD6, 58, 1, 128, None, None, None, None),
        (4, 1, None, NODE6, 58, 64, 1, None, None, None, None),
    ]


def test_neighbour_discovery() -> None:
    assert made("neighbour-discovery.pcap", "carries", "icmp_type", "ip_ttl", "nd_target", "nd_mac") == [
        ("nd", 135, 255, GATEWAY6, POD_MAC),
        ("nd", 136, 255, GATEWAY6, PROXY_MAC),
        ("nd", 135, 255, GATEWAY6, POD_MAC),
        ("nd", 136, 255, GATEWAY6, None),
        ("nd", 135, 255, GATEWAY6, None),
        ("nd", 135, 255, None, None),
    ]


def test_lengths_of_datagrams() -> None:
    assert made("ip-lengths.pcap", "ip_version", "ip_len", "icmp_type", "icmp_seq") == [
        (4, 37, 8, 1),
        (4, 0, 8, 1),
        (6, 0, None, None),
        (4, 37, 0, 1),
    ]


def test_padding_is_not_taken_for_the_datagram() -> None:
    """Three bytes of ICMP, then padding that would read as an echo's identifier."""
    frame = ethernet(ipv4(icmp_echo(8)[:3]) + b"\x12\x34\x56\x78\x9a", IPV4)
    frame6 = ethernet(ipv6(icmpv6(128, b"")[:3]) + b"\x12\x34\x56\x78\x9a", IPV6)
    data = pcap([Packet(frame), Packet(frame6)])
    assert columns(data, "icmp_type", "icmp_ident", "icmp_seq") == [(8, None, None), (128, None, None)]


def test_ipv6_without_payload_has_no_neighbour_discovery() -> None:
    """A payload length of 0 and padding behind it that looks like an advertisement."""
    data = pcap([Packet(ethernet(ipv6(b"") + discovery()[1][54:], IPV6))])
    assert columns(data, "carries", "icmp_type", "nd_target") == [("ip-unicast", None, None)]


LINK = ("carries", "direction", "sll_ifindex", "eth_src", "eth_dst", "eth_type", "vlan_id")
NO_LINK = (None, None, None, None)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "link-vlan.pcap",
            [
                ("arp", None, None, POD_MAC, ALL, ARP, 7),
                ("arp", None, None, PROXY_MAC, POD_MAC, ARP, 0),
                ("ip-unicast", None, None, POD_MAC, PROXY_MAC, IPV4, 4095),
            ],
        ),
        (
            "link-qinq.pcap",
            [
                ("arp", None, None, POD_MAC, ALL, ARP, 7),
                ("arp", None, None, PROXY_MAC, POD_MAC, ARP, 7),
                ("ip-unicast", None, None, POD_MAC, PROXY_MAC, IPV4, 3),
            ],
        ),
        (
            "link-snap.pcap",
            [
                ("arp", None, None, POD_MAC, ALL, ARP, None),
                ("arp", None, None, PROXY_MAC, POD_MAC, ARP, 7),
                ("other", None, None, PROXY_MAC, "01:80:c2:00:00:00", None, None),
            ],
        ),
        (
            "link-sll.pcap",
            [
                ("arp", "in", None, POD_MAC, None, ARP, None),
                ("arp", "out", None, PROXY_MAC, None, ARP, None),
                ("ip-unicast", "in", None, POD_MAC, None, IPV4, None),
                ("ip-unicast", "in", None, None, None, IPV4, None),
            ],
        ),
        (
            "link-sll2.pcap",
            [
                ("arp", "in", 5, POD_MAC, None, ARP, None),
                ("arp", "out", 5, PROXY_MAC, None, ARP, None),
                ("ip-unicast", "in", 5, POD_MAC, None, IPV4, None),
                ("ip-unicast", "out", 6, PROXY_MAC, None, IPV4, None),
                ("ip-unicast", "in", 0x80000001, None, None, IPV6, None),
            ],
        ),
        ("link-radiotap.pcap", [("undecoded", None, None, *NO_LINK)]),
    ],
)
def test_link_layers(name: str, expected: list[tuple[object, ...]]) -> None:
    assert made(name, *LINK) == expected


def test_cooked_packet_types_say_to_whom() -> None:
    """To us, broadcast, multicast, to another host; of what the host itself sent it is not known."""
    frames = [Packet(cooked(echo_request(), IPV4, packet_type)) for packet_type in range(5)]
    assert columns(pcap(frames, link=113), "direction") == [("in",)] * 4 + [("out",)]
    reader = open_bytes(pcap(frames, link=113))
    (casts,) = [list(Decoder(True).decode(records).field(CAST)) for records in reader.batches()]
    assert casts == [TO_ONE, TO_MANY, TO_MANY, TO_OTHER, ABSENT]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("link-raw.pcap", [(4, POD, 8), (6, POD6, 128), (4, OTHER, 0)]),
        ("link-ipv4.pcap", [(4, POD, 8), (4, OTHER, 0)]),
        ("link-ipv6.pcap", [(6, POD6, 128)]),
        ("link-null-little.pcap", [(4, POD, 8), (6, POD6, 128), (6, POD6, 128), (6, POD6, 128)]),
        ("link-null-big.pcap", [(4, POD, 8), (6, POD6, 128)]),
        ("link-loop.pcap", [(4, POD, 8), (6, POD6, 128)]),
        ("link-radiotap.pcap", [(None, None, None)]),
    ],
)
def test_links_without_macs(name: str, expected: list[tuple[object, ...]]) -> None:
    assert made(name, "eth_src", "ip_version", "ip_src", "icmp_type") == [(None, *values) for values in expected]


def test_undecoded_frames_are_counted() -> None:
    decoding = decode_bytes(CAPTURES["link-radiotap.pcap"].data, keep_all=False)
    assert (decoding.rows, decoding.undecoded) == ([], 1)


def test_bytes_cut_by_the_snapshot_length_are_absent() -> None:
    names = ("frame_cap_len", "frame_len", "arp_src_proto_ipv4", "arp_dst_proto_ipv4", "ip_ttl", "ip_dst", "icmp_type")
    assert made("pcap-snaplen-32.pcap", *names) == [
        (32, 42, POD, None, None, None, None),
        (32, 42, GATEWAY, None, None, None, None),
        (32, 51, None, None, 64, None, None),
        (32, 51, None, None, 63, None, None),
    ]


@pytest.mark.parametrize("name", ["pcap-fcs.pcap", "pcapng-fcs.pcapng"])
def test_a_check_sequence_is_no_payload(name: str) -> None:
    """With it cut off the frames decode as those without one, and an ARP request cut by four bytes stays cut."""
    fields = ("arp_dst_proto_ipv4", "ip_src", "icmp_type", "icmp_seq")
    assert made(name, *fields) == made("pcap-little-microseconds.pcap", *fields)
    short = pcap([Packet(CAPTURES["pcap-little-microseconds.pcap"].data[40:82])], link=0x24000001)
    assert columns(short, *fields)[0] == (None, None, None, None)


CUT = {
    "arp": oddities,
    "extensions": extensions,
    "fragments": fragments,
    "errors": errors,
    "errors6": errors6,
    "discovery": discovery,
}


@pytest.mark.parametrize("kind", CUT)
def test_a_cut_frame_shows_less_but_nothing_else(kind: str) -> None:
    """Every frame cut at every byte: each column is absent or what the whole frame has."""
    for frame in CUT[kind]():
        sizes = range(len(frame), -1, -1)
        data = pcap([Packet(frame[:size], length=len(frame)) for size in sizes])
        cuts = [found for _link, _data, found in read_frame_columns(data)]
        whole = cuts[0]
        for size, cut in zip(sizes, cuts, strict=True):
            assert cut["frame_cap_len"] == size
            for name, value in cut.items():
                if name not in ("frame_number", "frame_cap_len", "carries"):
                    assert value == whole[name], f"{name} of {size} bytes"


def test_a_row_keeps_nothing_of_the_frame_before() -> None:
    """Frames of all protocols in any order, whole and cut, decoded one by one into one row, or each into its own."""
    frames = [ethernet(ipv4(bytes(40), 6), IPV4), ethernet(ipv4(bytes(20), 17), IPV4)]
    frames += [frame for make in CUT.values() for frame in make()]
    frames += [frame for _link, frame, _found in read_frame_columns(TUNNELLED.read_bytes())]
    cut = [frame[: len(frame) * 2 // 3] for frame in frames]
    several = Random(1).sample([*frames, *cut] * 3, 3 * (len(frames) + len(cut)))
    data = pcap([Packet(frame, length=1500) for frame in several])
    assert decode_bytes(data, batch_frames=1).rows == decode_bytes(data).rows


def test_only_what_is_read_is_kept_unless_all_is_asked_for() -> None:
    """Echoes as events, ARP as messages, ICMP errors as both events and errors; every frame is counted."""
    frames = [
        ethernet(echo_request(), IPV4),
        ethernet(ipv4(bytes(20), 6), IPV4),
        ethernet(ipv6(echo6()), IPV6),
        ethernet(ipv6(bytes(8), 17), IPV6),
        ethernet(b"\x02", 0x88CC),
        ask(),
        *fragments()[1:2],
        *errors()[:1],
    ]
    data = pcap([Packet(frame) for frame in frames])
    few, every = decode_bytes(data, keep_all=False), decode_bytes(data)
    assert few.rows == []
    assert [row[0] for row in every.rows] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert [message[0] for message in few.messages] == [message[0] for message in every.messages] == [6]
    assert [event[0] for event in few.events] == [event[0] for event in every.events] == [1, 3, 8]
    assert [error[0] for error in few.errors] == [error[0] for error in every.errors] == [8]
    assert sum(group.count for group in few.groups) == 8


def test_an_error_says_what_its_frame_says() -> None:
    """Whether it is written down as an error or as a frame; messages that end no exchange are no errors."""
    frames = [*errors(), *errors6(), ethernet(echo_request(), IPV4), ethernet(ipv6(echo6()), IPV6)]
    found = decode_bytes(pcap([Packet(frame[:size]) for frame in frames for size in range(34, len(frame), 3)]))
    same = {
        layout.ERR_GROUP: layout.GROUP,
        layout.ERR_VERSION: layout.IP_VERSION,
        layout.ERR_TYPE: layout.ICMP_TYPE,
        layout.ERR_CODE: layout.ICMP_CODE,
        layout.ERR_FROM_LOW: layout.IP_SRC_LOW,
        layout.ERR_MTU: layout.ICMP_MTU,
        layout.ERR_TTL: layout.IP_TTL,
        layout.ERR_PROTO: layout.QUOTED_PROTO,
        layout.ERR_ASKS: layout.QUOTED_TYPE,
        layout.ERR_IDENT: layout.QUOTED_IDENT,
        layout.ERR_SEQ: layout.QUOTED_SEQ,
    }
    rows = {row[layout.NUMBER]: row for row in found.rows}
    for error in found.errors:
        row = rows[error[layout.ERR_NUMBER]]
        assert {field: error[field] for field in same} == {field: row[column] for field, column in same.items()}
        if row[layout.HAS] & layout.HAS_QUOTED:
            assert error[layout.ERR_DST_LOW] == row[layout.QUOTED_DST_LOW]
    ending = {(4, 3), (4, 11), (4, 12), (6, 1), (6, 2), (6, 3), (6, 4)}
    wanted = [number for number, row in rows.items() if (row[layout.IP_VERSION], row[layout.ICMP_TYPE]) in ending]
    assert [error[layout.ERR_NUMBER] for error in found.errors] == wanted
    assert len(wanted) < len([row for row in found.rows if row[layout.ICMP_TYPE] >= 0])


def test_groups_know_their_first_frames_and_times() -> None:
    frames = [Packet(ethernet(echo_request(), IPV4), seconds=second) for second in (20, 10, 30)]
    (_overflow, group) = decode_bytes(pcap(frames), keep_all=False).groups
    assert (group.count, group.frames, group.first, group.last) == (3, [1, 2, 3], 10 * 10**9, 30 * 10**9)
    assert (group.carries, group.src, group.dst) == ("ip-unicast", 0x5A8A1057E203, 0xEEEEEEEEEEEE)


@pytest.mark.parametrize(
    ("since", "until", "numbers"), [(None, None, [1, 2, 3]), (20, None, [2, 3]), (None, 30, [1, 2])]
)
def test_times_bound_what_is_decoded(since: int | None, until: int | None, numbers: list[int]) -> None:
    """From ``since`` on, up to but not including ``until``."""
    data = pcap([Packet(ethernet(echo_request(), IPV4), seconds=second) for second in (10, 20, 30)])
    bounds = [None if bound is None else bound * 10**9 for bound in (since, until)]
    decoder = Decoder(True, *bounds)
    reader = open_bytes(data)
    found = [list(decoder.decode(records).field(0)) for records in reader.batches()]
    assert found == [numbers]
