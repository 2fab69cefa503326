"""Checksums that tcpdump calls incorrect: not filled in yet, or wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.pastes import judged

SAID = "incorrect, and it is only not filled in yet"


def segment(second: int, src: str, dst: str, checksum: str, words: str = "seq 1:21, ack 1", size: int = 20) -> str:
    flags = "[P.]" if size else "[S]"
    header = f"(tos 0x0, ttl 64, id {second}, offset 0, flags [DF], proto TCP (6), length {40 + size})"
    told = f"Flags {flags}, cksum {checksum}, {words}, win 502, length {size}"
    return f"09:00:{second:02}.000000 IP {header}\n    {src} > {dst}: {told}\n"


def pseudo(src: str, dst: str, size: int) -> str:
    """The sum of a pseudo header, by RFC 1071."""
    words = [int(part) << 8 * (1 - place % 2) for end in (src, dst) for place, part in enumerate(end.split("."))]
    total = sum(words) + 6 + 20 + size
    return f"0x{(total & 0xFFFF) + (total >> 16):04x}"


def said(folder: Path, text: str) -> list[str]:
    return [remark.text for remark in judged(folder, text).remarks if SAID in remark.text]


@pytest.mark.parametrize(("src", "dst"), [("127.0.0.1", "127.0.0.1"), ("192.0.2.7", "198.51.100.9")])
def test_what_a_card_fills_in_is_no_fault(src: str, dst: str, tmp_path: Path) -> None:
    sums = pseudo(src, dst, 20)
    text = "".join(segment(n, f"{src}.50000", f"{dst}.6443", f"{sums} (incorrect -> 0x{n:04x})") for n in range(3))
    (remark,) = said(tmp_path, text)
    assert "the checksum of 3 packets" in remark
    assert "no fault where they were sent" in remark
    assert SAID in judged(tmp_path, text).headline


@pytest.mark.parametrize("checksum", ["0x1234 (incorrect -> 0x4321)", "0x1234 (correct)"])
def test_what_is_wrong_or_right_is_not_called_so(checksum: str, tmp_path: Path) -> None:
    assert said(tmp_path, segment(1, "192.0.2.7.50000", "198.51.100.9.6443", checksum)) == []


def test_what_gets_no_answer_says_more(tmp_path: Path) -> None:
    sums = pseudo("192.0.2.7", "198.51.100.9", 0)
    syn = [
        segment(n, "192.0.2.7.50000", "198.51.100.9.80", f"{sums} (incorrect -> 0x0001)", "seq 9", 0)
        for n in (1, 2, 4, 8)
    ]
    assert said(tmp_path, "".join(syn)) == []


ETH0 = "listening on eth0, link-type EN10MB (Ethernet), capture size 65535 bytes\n"
ELSEWHERE = "has a checksum that is not filled in, neither where it was recorded first nor on the next"


def recorded_twice(second_name: str = "eth0", second_sum: str | None = None, answered: bool = False) -> str:
    """SYNs where they were sent and where they came to."""
    src, dst = "172.19.3.4", "172.19.8.9"
    sums = pseudo(src, dst, 0)
    text = ""
    for name, checksum in (("eth0", sums), (second_name, second_sum or sums)):
        text += f"[root@here ~]# tcpdump -i {name} -nn -vv\n" + ETH0.replace("eth0", name)
        for n in (1, 2, 4):
            text += segment(n, f"{src}.50000", f"{dst}.80", f"{checksum} (incorrect -> 0x000{n})", "seq 9", 0)
            if answered:
                text += f"09:00:0{n}.000100 IP {dst}.80 > {src}.50000: Flags [S.], seq 5, ack 10, win 502, length 0\n"
    return text


def test_a_sum_that_nobody_filled_in_on_the_way(tmp_path: Path) -> None:
    analysis = judged(tmp_path, recorded_twice())
    (remark,) = (remark.text for remark in analysis.remarks if ELSEWHERE in remark.text)
    assert remark.startswith("172.19.3.4's connection to 172.19.8.9 port 80 has a checksum")
    assert "(frames 1 and 4 of " in remark
    assert "ethtool -K eth0 tx off" in remark


@pytest.mark.parametrize(
    "text",
    [
        # Interfaces of one machine; a card filled it in; it is answered.
        recorded_twice(second_name="veth01234567"),
        recorded_twice(second_sum="0x1111"),
        recorded_twice(answered=True),
    ],
)
def test_a_sum_that_is_no_fault(text: str, tmp_path: Path) -> None:
    assert not [remark for remark in judged(tmp_path, text).remarks if ELSEWHERE in remark.text]
