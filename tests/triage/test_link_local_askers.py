"""Who asks in vain beyond its link with an address of one link only."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.pastes import judged

LISTENING = "listening on eth0, link-type EN10MB (Ethernet), snapshot length 262144 bytes\n"
SAID = "is an address of one link only"


def syns(src: str, dst: str) -> str:
    version = "IP6" if ":" in src else "IP"
    words = "Flags [S], seq 81, win 64800, options [mss 1440,nop,wscale 8,nop,nop,sackOK], length 0"
    return LISTENING + "".join(f"06:40:0{n}.5 {version} {src}.50505 > {dst}.31234: {words}\n" for n in (1, 2, 4))


@pytest.mark.parametrize(
    ("src", "dst", "fate"),
    [
        ("fe80::a:b:c:d", "fd00:44::7", "the node drops it"),
        ("fe80::a:b:c:d", "2001:db8::7", "the node drops it"),
        ("169.254.7.127", "10.66.3.9", "its answer has no way back"),
    ],
)
def test_beyond_its_link(src: str, dst: str, fate: str, tmp_path: Path) -> None:
    (remark,) = (remark.text for remark in judged(tmp_path, syns(src, dst)).remarks if SAID in remark.text)
    assert remark.startswith(f"{src}, who asks {dst}, {SAID}")
    assert fate in remark


@pytest.mark.parametrize(
    ("src", "dst"), [("fe80::a", "fe80::b"), ("169.254.1.9", "169.254.1.7"), ("fd00:44::9", "fd00:44::7")]
)
def test_on_its_link_or_with_another(src: str, dst: str, tmp_path: Path) -> None:
    analysis = judged(tmp_path, syns(src, dst))
    assert not [remark for remark in analysis.remarks if SAID in remark.text]
