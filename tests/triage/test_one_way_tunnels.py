"""Tunnels whose packets go one way only, where a text does not show what is inside."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.pastes import judged

LISTENING = "listening on eth0, link-type EN10MB (Ethernet), capture size 262144 bytes\n"
HERE, THERE = "192.0.2.2", "198.51.100.1"
KINDS = [
    ("{src}.41000 > {dst}.4789: [|VXLAN]", "VXLAN", "UDP port 4789"),
    ("{src}.41000 > {dst}.8472: [|OTV]", "VXLAN", "UDP port 8472"),
    ("{src}.8285 > {dst}.8285: UDP, length 84", "flannel", "UDP port 8285"),
    ("{src}.51820 > {dst}.51820: UDP, length 148", "WireGuard", "UDP port 51820"),
    ("{src} > {dst}: ESP(spi=0x0a0b0c0d,seq=0x{n}), length 136", "IPsec", "IP protocol 50"),
]


def line(words: str, n: int, src: str = HERE, dst: str = THERE, seconds: float = 1.0) -> str:
    return f"07:00:{n * seconds:09.6f} IP {words.format(src=src, dst=dst, n=n)}\n"


def one_way(folder: Path, text: str) -> list[str]:
    return [remark.text for remark in judged(folder, LISTENING + text).remarks if "none comes back" in remark.text]


@pytest.mark.parametrize(("words", "tunnel", "port"), KINDS)
def test_nothing_comes_back(words: str, tunnel: str, port: str, tmp_path: Path) -> None:
    text = "".join(line(words, n) for n in range(1, 6))
    (remark,) = one_way(tmp_path, text)
    assert f"5 {tunnel} packets go from {HERE} to {THERE}, and none comes back in 4 s" in remark
    assert port in remark
    assert "a healthy network would look the same" in remark
    assert "none comes back" in judged(tmp_path, LISTENING + text).headline


def test_that_the_other_host_is_heard_leaves_no_such_doubt(tmp_path: Path) -> None:
    text = "".join(line(KINDS[0][0], n) for n in range(1, 6))
    text += f"07:00:09.000000 IP {THERE}.22 > {HERE}.50022: Flags [.], ack 1, win 501, length 0\n"
    (remark,) = one_way(tmp_path, text)
    assert "would look the same" not in remark


@pytest.mark.parametrize(("words", "tunnel", "port"), KINDS)
def test_something_comes_back(words: str, tunnel: str, port: str, tmp_path: Path) -> None:
    both = [line(words, n) + line(words, n, THERE, HERE) for n in range(1, 6)]
    assert one_way(tmp_path, "".join(both)) == []


def test_a_burst_waits_for_nothing(tmp_path: Path) -> None:
    assert one_way(tmp_path, "".join(line(KINDS[0][0], n, seconds=0.01) for n in range(1, 6))) == []
