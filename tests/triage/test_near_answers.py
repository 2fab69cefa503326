"""An offload that fails on VXLAN: suspected first only of what goes to another node, by the TTL of its answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from pcapcheck import analyze
from pcapcheck.analysis import Analysis
from tests.support.lab import captures
from tests.support.transcripts import MISSING, transcript
from tests.support.wire import BEGIN, MS, SECOND, Frame, answer, ask, reply, request, tcp, write_pcap

OFFLOAD = "vxlan-checksum-offload"
LINK = "cali14e7d81007d.pcap"


def frames(ttl: int) -> list[Frame]:
    """A ping that is answered, and a SYN that is not, to one host."""
    resolved = [(BEGIN, ask()), (BEGIN + MS, answer())]
    pinged = [(BEGIN + 2 * MS, request(seq=1)), (BEGIN + 3 * MS, reply(seq=1, ttl=ttl))]
    return [*resolved, *pinged, *((BEGIN + n * SECOND, tcp(2, seq=7)) for n in (1, 2, 4)), (BEGIN + 9 * SECOND, ask())]


def suspects(analysis: Analysis) -> list[str]:
    (diagnosis,) = (each for each in analysis.diagnoses if "tcp-answered" in each.case.failed)
    return [suspect.cause.id for suspect in diagnosis.suspects]


@pytest.mark.parametrize(
    ("ttl", "place"),
    [(63, None), (127, None), (64, None), (62, 0), (125, 0)],
    ids=["a pod of the node", "of Windows", "the node", "a pod of another node", "beyond another router"],
)
def test_the_way_of_answers_tells(ttl: int, place: int | None, tmp_path: Path) -> None:
    found = suspects(analyze(write_pcap(tmp_path / LINK, frames(ttl))))
    assert (found.index(OFFLOAD) if OFFLOAD in found else None) == place


@pytest.mark.skipif(bool(MISSING), reason=MISSING)
def test_where_nothing_tells_others_come_first(tmp_path: Path) -> None:
    """tcpdump prints no TTLs without -v."""
    write_pcap(tmp_path / LINK, frames(62))
    text = transcript(tmp_path / LINK, tmp_path, "-e")
    assert text is not None
    found = suspects(analyze(text))
    assert OFFLOAD in found
    assert found[0] != OFFLOAD


def test_recorded() -> None:
    """Both pods are on one node; in the other recording the SYN was seen in the tunnel."""
    assert OFFLOAD not in suspects(analyze(captures("tcp-dropped")[0]))
    assert OFFLOAD in suspects(analyze(captures("vxlan-tcp-lost")[0]))[:2]
