"""ICMP errors for packets that are too big: again and again to one who goes on sending, and those that are heeded."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.pastes import judged

LISTENING = "listening on {}, link-type EN10MB (Ethernet), capture size 262144 bytes\n"
ROUTER, SENDER, FAR = "192.0.2.1", "192.0.2.20", "198.51.100.7"
GOES_ON = "192.0.2.20 goes on sending larger packets"


def error(second: float, asked: str = FAR, mtu: int = 1420) -> str:
    stamp = f"08:{int(second) // 60:02}:{second % 60:09.6f}"
    return f"{stamp} IP {ROUTER} > {SENDER}: ICMP {asked} unreachable - need to frag (mtu {mtu}), length 556\n"


def quoting(second: float, port: int = 41000) -> str:
    """As -v prints it."""
    return (
        f"08:00:{second:09.6f} IP (tos 0xc0, ttl 64, id 7, offset 0, flags [none], proto ICMP (1), length 576)\n"
        f"    {ROUTER} > {SENDER}: ICMP {FAR} unreachable - need to frag (mtu 1420), length 556\n"
        "\tIP (tos 0x0, ttl 63, id 8, offset 0, flags [DF], proto TCP (6), length 1500)\n"
        f"    {SENDER}.{port} > {FAR}.443: Flags [.], seq 1:1449, ack 1, win 502, length 1448\n"
    )


@pytest.mark.parametrize("interface", ["eth0", "cni0", ""])
@pytest.mark.parametrize("make", [error, quoting])
def test_the_same_error_for_seconds_is_not_heeded(make: object, interface: str, tmp_path: Path) -> None:
    lines = "".join(make(second) for second in (1.5, 1.9, 2.6, 4.1))  # type: ignore[operator]
    analysis = judged(tmp_path, (LISTENING.format(interface) if interface else "") + lines)
    assert GOES_ON in analysis.headline
    (remark,) = [remark.text for remark in analysis.remarks if "MTU 1420" in remark.text]
    assert "4x over 2.6 s" in remark
    assert "Lower the MTU there to 1420" in remark
    assert "no fault" not in remark


@pytest.mark.parametrize(
    "lines",
    [
        # Once, and heeded.
        error(1.5),
        # What was on its way already.
        error(1.50) + error(1.52) + error(1.53),
        # About packets to others: the sender learns it of each.
        error(1.5) + error(2.9, "198.51.100.8") + error(4.1, "198.51.100.9"),
        # The path changed.
        error(1.5) + error(2.9, mtu=1400) + error(4.1, mtu=1380),
        # The kernel forgets what it learned.
        error(1.5) + error(700) + error(1400),
    ],
)
def test_what_may_be_heeded_is_no_fault(lines: str, tmp_path: Path) -> None:
    analysis = judged(tmp_path, LISTENING.format("eth0") + lines)
    assert "goes on sending" not in analysis.headline
    assert not any("goes on sending" in remark.text for remark in analysis.remarks)
    assert any("no fault if 192.0.2.20 sends smaller packets" in remark.text for remark in analysis.remarks)
