"""Segments of connections that began before a text, which the other end resets as it does not know them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.pastes import judged

HERE, THERE = "192.0.2.7.40404", "198.51.100.9.30080"
SAID = "a connection it does not know"
ACK = "Flags [.], ack 77001, win 502, length 0"
DATA = "Flags [P.], seq 500:560, ack 77001, win 502, length 60"
RST = "Flags [R], seq 77001, win 0, length 0"


def line(n: int, src: str, dst: str, words: str) -> str:
    return f"21:30:00.0000{n:02} IP {src} > {dst}: {words}\n"


def said(folder: Path, text: str) -> list[str]:
    return [remark.text for remark in judged(folder, text).remarks if SAID in remark.text]


def test_what_the_other_end_does_not_know(tmp_path: Path) -> None:
    text = line(1, HERE, THERE, ACK) + line(2, THERE, HERE, RST)
    (remark,) = said(tmp_path, text)
    assert remark.startswith("198.51.100.9 resets what 192.0.2.7 sends from port 40404 to port 30080, " + SAID)
    assert "(frame 2 of " in remark
    assert SAID in judged(tmp_path, text).headline


def test_data_that_is_reset_is_a_connection_broken_off(tmp_path: Path) -> None:
    analysis = judged(tmp_path, line(1, HERE, THERE, DATA) + line(2, THERE, HERE, RST))
    assert "is broken off" in analysis.headline
    assert not [remark for remark in analysis.remarks if SAID in remark.text]


def test_many_are_said_once(tmp_path: Path) -> None:
    text = "".join(
        line(2 * n, f"192.0.2.7.{40000 + n}", THERE, ACK) + line(2 * n + 1, THERE, f"192.0.2.7.{40000 + n}", RST)
        for n in range(9)
    )
    assert len(said(tmp_path, text)) == 1


@pytest.mark.parametrize(
    "text",
    [
        # It gives up a connection that it has.
        line(1, HERE, THERE, ACK) + line(2, THERE, HERE, "Flags [R.], seq 77001, ack 500, win 0, length 0"),
        # What comes after the end.
        line(1, THERE, HERE, "Flags [F.], seq 77000, ack 500, win 502, length 0")
        + line(2, HERE, THERE, ACK)
        + line(3, THERE, HERE, RST),
        # Nothing was sent there, or by another connection.
        line(1, THERE, HERE, RST),
        line(1, "192.0.2.7.40405", THERE, ACK) + line(2, THERE, HERE, RST),
        # Who asked gives up.
        line(1, HERE, THERE, ACK) + line(2, HERE, THERE, "Flags [R], seq 500, win 0, length 0"),
    ],
)
def test_other_resets(text: str, tmp_path: Path) -> None:
    assert said(tmp_path, text) == []
