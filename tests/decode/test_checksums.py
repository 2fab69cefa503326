"""Checksums of frames: right, wrong, left to a card, and unknown ones. dpkt makes the right ones."""

from __future__ import annotations

import csv
import io
import re
import shutil
import subprocess
from pathlib import Path

import dpkt
import pytest

from fixtures.made.containers import Packet, pcap
from fixtures.made.frames import IPV4, IPV6, ethernet, packed
from pcapcheck import analyze
from pcapcheck.decode.decoder import Decoder
from tests.support.captures import NO_CORPUS, PUBLIC, ROOT
from tests.support.reading import frame_rows, open_bytes

HERE, THERE, HERE6, THERE6 = map(packed, ("10.244.1.10", "10.244.1.11", "fd00::10", "fd00::11"))
TCP, UDP, ICMP, ICMPV6 = dpkt.ip.IP_PROTO_TCP, dpkt.ip.IP_PROTO_UDP, dpkt.ip.IP_PROTO_ICMP, dpkt.ip.IP_PROTO_ICMP6
# Where the checksum stands in each.
FIELD = {TCP: 16, UDP: 6, ICMP: 2, ICMPV6: 2}
# Larger captures hold more of the same.
LARGE = 200_000
COLUMNS = ["ip.checksum", "checksum", "outer.ip.checksum", "outer.checksum"]


def segment(protocol: int, data: bytes = b"odd") -> dpkt.Packet:
    if protocol == TCP:
        return dpkt.tcp.TCP(sport=41000, dport=8080, flags=dpkt.tcp.TH_SYN, data=data)
    if protocol == UDP:
        return dpkt.udp.UDP(sport=41000, dport=8080, ulen=8 + len(data), data=data)
    kind = dpkt.icmp if protocol == ICMP else dpkt.icmp6
    return (kind.ICMP if protocol == ICMP else kind.ICMP6)(type=8, data=data)


def packet(protocol: int, family: int = 4, data: bytes = b"odd") -> bytearray:
    """An IP packet with right checksums."""
    upper = segment(protocol, data)
    if family == 4:
        return bytearray(bytes(dpkt.ip.IP(src=HERE, dst=THERE, p=protocol, ttl=64, data=upper, len=20 + len(upper))))
    return bytearray(bytes(dpkt.ip6.IP6(src=HERE6, dst=THERE6, nxt=protocol, hlim=64, data=upper, plen=len(upper))))


def pseudo_sum(made: bytearray, protocol: int, family: int) -> bytes:
    """What stands in the checksum of a packet whose card is to compute it."""
    addresses = made[12:20] if family == 4 else made[8:40]
    upper = len(made) - (20 if family == 4 else 40)
    words = addresses + upper.to_bytes(4, "big") + protocol.to_bytes(4, "big")
    total = sum(int.from_bytes(words[at : at + 2], "big") for at in range(0, len(words), 2))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total.to_bytes(2, "big")


def sums(tmp_path: Path, *frames: bytes | Packet) -> list[list[object]]:
    path = tmp_path / "frames.pcap"
    path.write_bytes(pcap([frame if isinstance(frame, Packet) else Packet(frame) for frame in frames]))
    table = analyze(path).frames[COLUMNS].astype(object)
    return table.where(table.notna(), None).to_numpy().tolist()


def on_wire(made: bytes | bytearray) -> bytes:
    return ethernet(bytes(made), IPV4 if made[0] >> 4 == 4 else IPV6)


@pytest.mark.parametrize(("protocol", "family"), [(TCP, 4), (UDP, 4), (ICMP, 4), (TCP, 6), (UDP, 6), (ICMPV6, 6)])
def test_right_and_wrong(tmp_path: Path, protocol: int, family: int) -> None:
    right = packet(protocol, family)
    wrong = bytearray(right)
    wrong[-1] ^= 1
    header = "ok" if family == 4 else None
    assert sums(tmp_path, on_wire(right), on_wire(wrong)) == [
        [header, "ok", None, None],
        [header, "wrong", None, None],
    ]


@pytest.mark.parametrize(("protocol", "family"), [(TCP, 4), (UDP, 4), (TCP, 6), (UDP, 6)])
def test_what_is_left_to_the_card_is_no_fault(tmp_path: Path, protocol: int, family: int) -> None:
    made = packet(protocol, family)
    at = (20 if family == 4 else 40) + FIELD[protocol]
    made[at : at + 2] = pseudo_sum(made, protocol, family)
    assert sums(tmp_path, on_wire(made))[0][1] == "not-filled-in"


def test_the_header_of_ipv4(tmp_path: Path) -> None:
    wrong, empty = packet(UDP), packet(UDP)
    wrong[8] -= 1
    empty[10:12] = bytes(2)
    found = sums(tmp_path, on_wire(wrong), on_wire(empty))
    assert [row[:2] for row in found] == [["wrong", "ok"], ["not-filled-in", "ok"]]


def test_udp_without_a_checksum(tmp_path: Path) -> None:
    """IPv4 allows it (RFC 768), IPv6 does not (RFC 8200, section 8.1)."""
    old, new = packet(UDP), packet(UDP, 6)
    old[26:28] = new[46:48] = bytes(2)
    assert [row[1] for row in sums(tmp_path, on_wire(old), on_wire(new))] == ["ok", "wrong"]


def test_what_was_not_captured_whole_is_unknown(tmp_path: Path) -> None:
    whole, first = on_wire(packet(TCP)), packet(TCP)
    first[6] |= 0x20
    first[10:12] = bytes(2)
    found = sums(tmp_path, Packet(whole[:-1], length=len(whole)), on_wire(first))
    assert [row[1] for row in found] == ["unknown", "unknown"]


def test_other_frames_have_none(tmp_path: Path) -> None:
    arp = dpkt.arp.ARP(spa=HERE, tpa=THERE)
    assert sums(tmp_path, ethernet(bytes(arp), 0x0806)) == [[None] * 4]


@pytest.mark.parametrize("outer", [4, 6])
def test_inside_and_around_a_tunnel(tmp_path: Path, outer: int) -> None:
    inner = packet(TCP)
    inner[-1] ^= 1
    vxlan = bytes([8, 0, 0, 0, 0, 16, 0, 0]) + on_wire(inner)
    around = packet(UDP, outer, vxlan)
    at = 20 if outer == 4 else 40
    around[at + 2 : at + 4] = (4789).to_bytes(2, "big")
    none, wrong = bytearray(around), bytearray(around)
    none[at + 6 : at + 8] = bytes(2)
    wrong[at + 6 : at + 8] = b"\xba\xd0"
    header = "ok" if outer == 4 else None
    assert sums(tmp_path, on_wire(none), on_wire(wrong)) == [
        ["ok", "wrong", header, "ok"],
        ["ok", "wrong", header, "wrong"],
    ]


def test_around_what_is_left_to_the_card() -> None:
    """The kernel makes the outer checksum for the inner one that is to come (local checksum offload)."""
    frames = analyze(ROOT / "fixtures/lab/captures/vxlan-tcp-lost").frames
    carried = frames[(frames["encap"] == "vxlan") & frames["tcp.flags"].notna()]
    assert set(carried["checksum"]) == set(carried["outer.checksum"]) == {"not-filled-in"}


def test_a_rule_may_name_them(tmp_path: Path) -> None:
    wrong = packet(UDP)
    wrong[-1] ^= 1
    path, rule = tmp_path / "frames.pcap", tmp_path / "rule.yml"
    path.write_bytes(pcap([Packet(on_wire(packet(UDP))), Packet(on_wire(wrong))]))
    rule.write_text(
        "id: checksums-right\ntitle: checksums are right\nwhy: receivers drop the others\nseverity: error\n"
        "select: {table: frames, checksum: {exists: true}}\nexpect: {checksum: [ok, not-filled-in, unknown]}\n"
        "expected: a right checksum\nobserved: '{checksum}'\n"
    )
    finding = analyze(path, rules=rule).findings[0]
    assert (finding.status, finding.failed, finding.evidence[0].frames) == ("fail", 1, (2,))


@pytest.mark.corpus
@pytest.mark.skipif(bool(NO_CORPUS) or not shutil.which("tshark"), reason=NO_CORPUS or "tshark is not installed")
def test_like_tshark() -> None:
    """What tshark calls good is right, what it calls bad is wrong or left to a card."""
    known = {"1": {"ok"}, "0": {"wrong", "not-filled-in"}}
    seen = 0
    for path in (path for path in PUBLIC[::4] if path.suffix == ".pcap" and path.stat().st_size < LARGE):
        ours = read_sums(path)
        for number, protocols, *statuses in tshark(path):
            status = statuses[0] or statuses[1]
            mine = ours.get(int(number), "unknown")
            if status in known and mine != "unknown" and re.fullmatch(r"eth:ethertype:ip:(tcp|udp)\b.*", protocols):
                assert mine in known[status], (path, number)
                seen += 1
    assert seen > 100


def read_sums(path: Path) -> dict[int, object]:
    """The checksums of a capture's frames, by their numbers."""
    decoder = Decoder(keep_all=True, with_sums=True)
    return {
        row.frames[0]: row.checksum
        for records in open_bytes(path.read_bytes()).batches()
        for row in frame_rows(decoder.decode(records))
    }


def tshark(path: Path) -> list[list[str]]:
    fields = ["frame.number", "frame.protocols", "tcp.checksum.status", "udp.checksum.status"]
    checks = [word for layer in ("tcp", "udp") for word in ("-o", f"{layer}.check_checksum:TRUE")]
    named = [word for field in fields for word in ("-e", field)]
    command = ["tshark", "-n", "-r", str(path), *checks, "-T", "fields", "-E", "separator=,", *named]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return list(csv.reader(io.StringIO(done.stdout)))
