"""What is watched comes to the verdict of ``analyze`` on the same bytes, however they arrive."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pcapcheck import analyze, intake
from pcapcheck.decode.sightings import Sightings
from pcapcheck.watch import watched_observation
from tests.support.captures import LAB, MADE, name_of
from tests.support.lab import CAPTURES, statuses
from tests.support.watching import Onlooker, cut, watched

SOME = [
    CAPTURES / "walkthrough" / "cali14e7d81007d.pcap",
    CAPTURES / "proxy-arp-off" / "cali14e7d81007d.pcap",
    CAPTURES / "route-lost-midway" / "node.pcapng",
    CAPTURES / "dns-dropped" / "cali14e7d81007d.pcap",
]


def document(analysis: Any) -> str:
    return json.dumps(analysis.to_dict(), default=str, indent=1)


@pytest.mark.parametrize("path", SOME, ids=name_of)
@pytest.mark.parametrize("pieces", [1, 40])
def test_the_whole_document_is_that_of_the_file(path: Path, pieces: int) -> None:
    """Evidence and causes too, for which packets are read again."""
    assert document(watched({path: cut(path.read_bytes(), pieces)})) == document(analyze(path))


@pytest.mark.corpus
@pytest.mark.parametrize("path", [path for path in [*LAB, *MADE] if path.stat().st_size < 1 << 22], ids=name_of)
def test_of_every_capture(path: Path) -> None:
    data = path.read_bytes()
    if data[:4] not in (b"\xd4\xc3\xb2\xa1", b"\xa1\xb2\xc3\xd4", b"\x4d\x3c\xb2\xa1", b"\x0a\x0d\x0d\x0a"):
        pytest.skip("no capture to begin with")
    try:
        expected = document(analyze(path))
    except Exception as error:
        with pytest.raises(type(error)):
            watched({path: cut(data, 7)})
        return
    assert document(watched({path: cut(data, 7)})) == expected


def in_turn(pieces: list[bytes], rank: int) -> Iterator[bytes]:
    """Each piece some time after one of every other stream, so that none is gathered with the next; the last first."""
    time.sleep(0.1 * rank)
    for piece in pieces:
        yield piece
        time.sleep(0.3)


@pytest.mark.parametrize("takes_turns", [False, True])
@pytest.mark.parametrize("scenario", ["healthy", "pod-pings-router", "two-nodes-vxlan", "route-lost-midway"])
def test_of_several_links(scenario: str, takes_turns: bool) -> None:
    """They are read side by side; analyze reads them one by one."""
    paths = sorted((CAPTURES / scenario).glob("*.pcap*"))
    pieces = {path: cut(path.read_bytes(), 5) for path in paths}
    together = watched(
        {
            path: in_turn(some, len(paths) - n) if takes_turns else some
            for n, (path, some) in enumerate(pieces.items(), 1)
        }
    )
    expected = analyze(*paths)
    assert statuses(together) == statuses(expected)
    counts = [(finding.rule.id, finding.checked, finding.failed) for finding in together.findings]
    assert counts == [(finding.rule.id, finding.checked, finding.failed) for finding in expected.findings]
    assert together.headline == expected.headline


def test_of_more_packets_than_are_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same ones are left out on all links, whichever order they came in."""
    paths = sorted((CAPTURES / "pod-pings-router").glob("*.pcap*")) + sorted((CAPTURES / "healthy").glob("*.pcap*"))
    for module in (intake, watched_observation):
        monkeypatch.setattr(module, "Sightings", lambda: Sightings(most=8))
    expected = analyze(*paths)
    together = watched({path: in_turn(cut(path.read_bytes(), 5), len(paths) - n) for n, path in enumerate(paths)})
    assert statuses(together) == statuses(expected)
    followed = expected.to_dict()["summary"]["paths"]
    assert followed["sampled_one_in"] > 1
    assert together.to_dict()["summary"]["paths"] == followed


@pytest.mark.parametrize("path", SOME, ids=name_of)
def test_a_look_in_between_changes_nothing(path: Path) -> None:
    """A snapshot brings a copy of everything to its end, while what it is a copy of reads on."""
    onlooker = Onlooker()
    data = path.read_bytes()
    half = 3 * len(data) // 4

    def in_two() -> Iterator[bytes]:
        yield data[:half]
        assert onlooker.seen.wait(60)
        yield data[half:]

    analysis = watched({path: in_two()}, onlooker)
    so_far = next(event for event in onlooker.events if event.event == "so-far")
    assert 0 < so_far.frames < onlooker.events[-1].frames
    assert document(analysis) == document(analyze(path))
