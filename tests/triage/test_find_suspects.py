"""Causes are judged once for all cases that look alike, and come out as if each was judged by itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from pcapcheck import analyze
from pcapcheck.triage import find_suspects
from pcapcheck.triage.cause import Cause
from pcapcheck.triage.diagnosis import Diagnosis
from pcapcheck.triage.find_suspects import Suspects
from pcapcheck.triage.judge_cause import ColumnLookup, JudgedCause, judge_cause
from tests.support.wire import NODE_IP, answer, ask, error, reply, request, write_pcap

BEGIN, SECOND = 1_700_000_000_000_000_000, 1_000_000_000


def incident(folder: Path) -> Path:
    """A pod pings twelve hosts: a third are silent, a third are gone, as the node says, the others answer a part."""
    frames = [(BEGIN - 2000, ask()), (BEGIN - 1000, answer())]
    for number in range(36):
        host = f"100.79.126.{100 + number % 12}"
        asked = request(number, dst=host)
        when = BEGIN + number * SECOND
        frames.append((when, asked))
        if number % 3 == 1:
            frames.append((when + 1000, error(3, 1, asked, NODE_IP)))
        elif number % 3 == 2 and number < 24:
            frames.append((when + 1000, reply(number, src=host)))
    return write_pcap(folder / "cali14e7d81007d.pcap", frames)


def said(diagnoses: list[Diagnosis]) -> list[object]:
    return [
        (
            diagnosis.case.lead.dst,
            [case.lead.dst for case in diagnosis.others],
            [(each.cause.id, each.status, each.fits, each.because, each.title) for each in diagnosis.suspects],
        )
        for diagnosis in diagnoses
    ]


def test_cases_that_look_alike_are_judged_as_each_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = incident(tmp_path)
    together = analyze(path).diagnoses
    monkeypatch.setattr(Suspects, "_look", lambda *_: object())
    assert said(together) == said(analyze(path).diagnoses)
    assert len(together) > 1


def test_a_cause_is_judged_once_per_look(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    judged: list[str] = []

    def counted(cause: Cause, lookup: ColumnLookup) -> JudgedCause | None:
        judged.append(cause.id)
        return judge_cause(cause, lookup)

    monkeypatch.setattr(find_suspects, "judge_cause", counted)
    diagnoses = analyze(incident(tmp_path)).diagnoses
    cases = sum(1 + len(diagnosis.others) for diagnosis in diagnoses)
    looks = judged.count(diagnoses[0].suspects[0].cause.id)
    assert looks < cases / 2
