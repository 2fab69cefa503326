"""Hosts' names belong to the observation that shows them: analyses in one process neither share nor keep them."""

from __future__ import annotations

import gc
import pickle
import weakref
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pcapcheck import analyze
from pcapcheck.analysis import Analysis
from pcapcheck.capture.host_names import HostNames
from pcapcheck.capture.source import Source
from pcapcheck.values import NamedAddress

LOST = """\
16:22:59.584235 IP {0}-client.example > {0}-server.example: ICMP echo request, id 7, seq 1, length 64
16:23:00.584235 ARP, Request who-has {0}-server.example tell {0}-client.example, length 28
16:23:01.584235 ARP, Request who-has {0}-server.example tell {0}-client.example, length 28
16:23:02.584235 ARP, Request who-has {0}-server.example tell {0}-client.example, length 28
16:23:09.584235 IP {0}-client.example > {0}-other.example: ICMP echo request, id 8, seq 1, length 64
16:23:09.584435 IP {0}-other.example > {0}-client.example: ICMP echo reply, id 8, seq 1, length 64
"""


@pytest.fixture
def texts(tmp_path: Path) -> list[Path]:
    """Two texts that differ in the names of their hosts."""
    for who in ("red", "blue"):
        (tmp_path / f"{who}.txt").write_text(LOST.format(who))
    return [tmp_path / "red.txt", tmp_path / "blue.txt"]


def names_of(analysis: Analysis) -> HostNames:
    (capture,) = analysis.captures
    assert isinstance(capture.source, Source)
    return capture.source.names


def check(analyses: Sequence[Analysis], order: Sequence[Path]) -> None:
    for path, analysis in zip(order, analyses, strict=True):
        other = {"red": "blue", "blue": "red"}[path.stem]
        shown = f"{analysis.summary()}{analysis.to_dict()}{analysis.frames.to_csv()}{analysis.arp.to_csv()}"
        assert f"{path.stem}-server.example" in shown
        assert f"{other}-" not in shown
        assert len(names_of(analysis)) == 3


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("workers", [0, 2])
def test_each_analysis_has_its_own_names(texts: list[Path], workers: int, backwards: bool) -> None:
    order = texts[::-1] if backwards else texts
    if workers:
        with ThreadPoolExecutor(workers) as pool:
            analyses = list(pool.map(analyze, order))
    else:
        analyses = [analyze(path) for path in order]
    check(analyses, order)


def test_texts_of_one_observation_share_names(texts: list[Path]) -> None:
    first, second = analyze(*texts).captures
    assert isinstance(first.source, Source)
    assert isinstance(second.source, Source)
    assert first.source.names is second.source.names


def test_nothing_is_kept_of_an_analysis(texts: list[Path]) -> None:
    analysis = analyze(texts[0])
    analysis.to_dict()
    kept = weakref.ref(names_of(analysis))
    del analysis
    analyze(texts[1]).to_dict()
    gc.collect()
    assert kept() is None
    held = [each for each in gc.get_objects() if isinstance(each, NamedAddress)]
    assert not [each.name for each in held if each.name.startswith("red-")]


def test_names_survive_a_pickle(texts: list[Path]) -> None:
    analysis = analyze(texts[0])
    again = pickle.loads(pickle.dumps(analysis))
    assert again.summary() == analysis.summary()
    assert "red-server.example" in str(again.to_dict())
