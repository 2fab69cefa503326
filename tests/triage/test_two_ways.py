"""Packets that leave by one card and come back by another, and those that only seem to."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.pastes import judged

ANY = "listening on any, link-type LINUX_SLL2 (Linux cooked v2), snapshot length 262144 bytes\n"
OWN, FAR = "192.0.2.30", "198.51.100.40"


def ping(second: int, device: str, direction: str, src: str, dst: str, role: str) -> str:
    words = f"ICMP echo {role}, id 9, seq {second}, length 64"
    return (
        f"10:00:{second:02}.{'1' if role == 'request' else '2'}00000 {device} {direction:3} IP {src} > {dst}: {words}\n"
    )


def ways(folder: Path, *lines: str) -> list[str]:
    remarks = judged(folder, ANY + "".join(lines)).remarks
    return [remark.text for remark in remarks if "what comes back" in remark.text]


def test_the_answer_comes_by_another_card(tmp_path: Path) -> None:
    (text,) = ways(
        tmp_path,
        *(ping(n, "ens5", "Out", OWN, FAR, "request") + ping(n, "ens4", "In", FAR, OWN, "reply") for n in range(1, 4)),
    )
    assert f"what {OWN} sends to {FAR} leaves by ens5, and what comes back comes in by ens4 (frames 1 and 2" in text
    assert "net.ipv4.conf.ens4.rp_filter" in text


def test_the_own_answer_leaves_by_another_card(tmp_path: Path) -> None:
    """As from a second card of a machine in a cloud whose default route leads out of the first."""
    (text,) = ways(
        tmp_path,
        *(ping(n, "eth2", "In", FAR, OWN, "request") + ping(n, "eth0", "Out", OWN, FAR, "reply") for n in range(1, 4)),
    )
    assert f"what {OWN} sends to {FAR} leaves by eth0, and what comes back comes in by eth2" in text


@pytest.mark.parametrize(
    "lines",
    [
        # By one card.
        [ping(1, "eth0", "Out", OWN, FAR, "request"), ping(1, "eth0", "In", FAR, OWN, "reply")],
        # Through a router.
        [
            ping(1, "eth0", "In", OWN, FAR, "request"),
            ping(1, "eth1", "Out", OWN, FAR, "request"),
            ping(1, "eth1", "In", FAR, OWN, "reply"),
            ping(1, "eth0", "Out", FAR, OWN, "reply"),
        ],
        # A bond uses both of its cards.
        [
            ping(1, "bond0", "Out", OWN, FAR, "request"),
            ping(1, "eth0", "Out", OWN, FAR, "request"),
            ping(1, "eth1", "In", FAR, OWN, "reply"),
            ping(1, "bond0", "In", FAR, OWN, "reply"),
        ],
        # Nothing comes back.
        [ping(1, "eth0", "Out", OWN, FAR, "request"), ping(1, "eth1", "In", "198.51.100.41", OWN, "reply")],
    ],
)
def test_one_way_there_and_back(lines: list[str], tmp_path: Path) -> None:
    assert ways(tmp_path, *lines) == []
