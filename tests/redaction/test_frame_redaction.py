"""Frames: addresses and names inside them, checksums that are as right as before, and no payload."""

from __future__ import annotations

import random
import shutil
import struct
import subprocess
from pathlib import Path

import pytest

from pcapcheck.redaction.filled_sums import crc32c, folded
from pcapcheck.redaction.frame_redaction import redact_frame
from pcapcheck.redaction.mapping import Mapping
from tests.support import wire
from tests.support.lab import CAPTURES, FIXTURES
from tests.support.redacted import KEY, frames, redacted

SECRET = b"GET /secret HTTP/1.1\r\nHost: initech\r\n"


def mapping() -> Mapping:
    return Mapping(KEY)


def redact(frame: bytes, link_type: int = 1) -> bytes:
    new = redact_frame(frame, link_type, len(frame), 0, mapping())
    assert len(new) == len(frame)
    return new


def ip_sum(frame: bytes, at: int = 14) -> int:
    return folded(frame[at : at + 20])


def upper_sum(frame: bytes) -> int:
    size = len(frame) - 34
    return folded(frame[34:], folded(frame[26:34], frame[23] + size))


def with_sum(frame: bytes, at: int, value: int) -> bytes:
    return frame[:at] + struct.pack(">H", value) + frame[at + 2 :]


def right(frame: bytes, at: int) -> bytes:
    """A frame of TCP or UDP with its checksum filled in."""
    bare = with_sum(frame, at, 0)
    return with_sum(bare, at, 0xFFFF - upper_sum(bare))


def datagram(data: bytes, port: int = 9999) -> bytes:
    return right(wire.udp((40000, port), data, dst="10.0.0.9"), 40)


def test_checksums_that_were_right_are_right() -> None:
    new = redact(datagram(SECRET))
    assert ip_sum(new) == 0xFFFF
    assert upper_sum(new) == 0xFFFF


def test_checksums_that_were_wrong_are_wrong() -> None:
    frame = datagram(SECRET)
    wrong = redact(with_sum(frame, 40, struct.unpack(">H", frame[40:42])[0] ^ 0x1111))
    assert upper_sum(wrong) != 0xFFFF
    header = redact(with_sum(frame, 24, 0x1234))
    assert ip_sum(header) != 0xFFFF


def test_checksums_left_to_the_card_are_left_to_it() -> None:
    frame = datagram(SECRET)
    pseudo = folded(frame[26:34], 17 + len(frame) - 34)
    new = redact(with_sum(frame, 40, pseudo))
    assert struct.unpack(">H", new[40:42])[0] == folded(new[26:34], 17 + len(frame) - 34)
    assert redact(with_sum(frame, 40, 0))[40:42] == b"\0\0"


def test_payload_is_gone_and_alike_ones_stay_alike() -> None:
    one, same, other = (redact(datagram(data)) for data in (SECRET, SECRET, SECRET[::-1]))
    assert one == same
    assert one[42:] != other[42:]
    assert one[42 + 16 :] == bytes(len(SECRET) - 16)
    assert not any(SECRET[at : at + 3] in one for at in range(len(SECRET) - 3))


def test_names_in_dns_keep_their_lengths() -> None:
    query = redact(wire.query(name="db.payments.initech.com"))
    names = mapping()
    wanted = b"".join(
        bytes([len(label)]) + names.name(label).encode() for label in ("db", "payments", "initech", "com")
    )
    assert wanted in query
    for word in (b"payments", b"initech"):
        assert word not in query


def test_addresses_in_dns_answers_are_mapped() -> None:
    name = b"\2db\7initech\3com\0"
    address = bytes([10, 0, 0, 77])
    answer = struct.pack(">HHIH", 1, 1, 60, 4)
    message = struct.pack(">6H", 7, 0x8180, 1, 2, 0, 0) + name + struct.pack(">2H", 1, 1)
    message += b"\xc0\x0c" + answer + address + b"\xc0\x0c" + struct.pack(">HHIH", 16, 1, 60, 7) + b"\6secret"
    new = redact(wire.udp((53, 40000), message, src="10.0.0.9", dst=wire.POD_IP))
    assert address not in new
    assert mapping().ipv4(0x0A00004D).to_bytes(4, "big") in new
    assert b"secret" not in new


def test_what_an_error_quotes_is_redacted_like_the_packet_itself() -> None:
    asked = datagram(SECRET)
    new = redact(wire.error(3, 3, asked))
    assert redact(asked)[14 + 12 : 14 + 20] == new[42 + 12 : 42 + 20]
    assert ip_sum(new, 42) == 0xFFFF
    assert SECRET[:8] not in new


def test_what_a_tunnel_wraps_is_redacted_like_the_packet_itself() -> None:
    inner = datagram(SECRET)
    outer = wire.udp((50000, 4789), b"\x08\0\0\0\0\0\x10\0" + inner)
    assert redact(outer)[50:] == redact(inner)


@pytest.mark.parametrize("wrap", [lambda frame: wire.with_vlan(frame)], ids=["vlan"])
def test_tags_are_passed(wrap) -> None:  # type: ignore[no-untyped-def]
    assert redact(wrap(datagram(SECRET)))[18:] == redact(datagram(SECRET))[14:]


def test_cooked_frames_are_read() -> None:
    frame = datagram(SECRET)
    assert redact(wire.cooked(frame, outgoing=True), 113)[16:] == redact(frame)[14:]
    assert redact(wire.cooked2(frame, outgoing=True), 276)[20:] == redact(frame)[14:]
    assert redact(frame[14:], 101) == redact(frame)[14:]


def test_of_what_is_not_decoded_nothing_is_left() -> None:
    assert redact(SECRET, 147) == bytes(len(SECRET))
    lldp = wire.ethernet(wire.POD, wire.NODE, 0x88CC, SECRET)
    assert redact(lldp)[14:] == bytes(len(SECRET))


def test_a_frame_check_sequence_is_made_again() -> None:
    import zlib

    frame = datagram(SECRET)
    whole = frame + zlib.crc32(frame).to_bytes(4, "little")
    new = redact_frame(whole, 1, len(whole), 4, mapping())
    assert new[:-4] == redact(frame)
    assert new[-4:] == zlib.crc32(new[:-4]).to_bytes(4, "little")


def test_crc32c() -> None:
    """RFC 3720, appendix B.4."""
    assert crc32c(bytes(32)) == 0x8A9136AA
    assert crc32c(bytes(range(32))) == 0x46DD794E


def test_no_frame_breaks_it() -> None:
    """Frames cut and damaged anywhere keep their size, and those of the lab do so with any link type."""
    numbers = random.Random(7)
    samples = [
        data for path in sorted((FIXTURES / "made" / "captures").iterdir())[::4] for _, data, _ in frames(path)[:6]
    ]
    assert len(samples) > 50
    for data in samples:
        for link_type in (0, 1, 101, 108, 113, 276):
            damaged = bytearray(data[: numbers.randrange(len(data) + 1)])
            for _ in range(min(3, len(damaged))):
                damaged[numbers.randrange(len(damaged))] = numbers.randrange(256)
            assert len(redact_frame(bytes(damaged), link_type, len(data), 0, mapping())) == len(damaged)


FIELDS = (
    "ip.checksum.status",
    "tcp.checksum.status",
    "udp.checksum.status",
    "icmp.checksum.status",
    "icmpv6.checksum.status",
)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")
@pytest.mark.parametrize(
    "scenario", ["frag-needed", "ipv6", "two-nodes-vxlan", "two-nodes-ipip", "checksum-wrong", "dns-over-tcp"]
)
def test_tshark_judges_the_checksums_as_before(scenario: str, tmp_path: Path) -> None:
    """Whole packets only: of what an error quotes the end is missing."""
    judge = [
        part
        for name in ("ip.check_checksum", "tcp.check_checksum", "udp.check_checksum")
        for part in ("-o", f"{name}:TRUE")
    ]
    fields = [part for field in FIELDS for part in ("-e", field)]
    files = [path for path in sorted((CAPTURES / scenario).iterdir()) if path.suffix != ".txt"]
    for path, new in zip(files, redacted(files), strict=True):
        copy = tmp_path / path.name
        assert new.content is not None
        copy.write_bytes(new.content.open().read())
        said = [
            subprocess.run(
                ["tshark", "-n", *judge, "-E", "occurrence=f", "-T", "fields", *fields, "-r", str(file)],
                capture_output=True,
                text=True,
                check=True,
            ).stdout
            for file in (path, copy)
        ]
        assert said[0] == said[1]
