"""DNS answers that help nobody head a report WARN: the server fails, or answers when nobody waits any more."""

from __future__ import annotations

from pathlib import Path

import pytest

from pcapcheck import analyze
from pcapcheck.analysis import Analysis
from pcapcheck.report.counts import totals
from pcapcheck.report.headline import heading, headline
from tests.support.wire import BEGIN, MS, SECOND, Frame, answer, ask, query, request, response, write_pcap

ASKS = "10.244.1.10's DNS queries to 10.96.0.10"


def recorded(folder: Path, *frames: Frame) -> Analysis:
    """The frames behind a resolution of the gateway, and something later."""
    later = (BEGIN + 60 * SECOND, request())
    return analyze(
        write_pcap(folder / "cali14e7d81007d.pcap", [(BEGIN, ask()), (BEGIN + MS, answer()), *frames, later])
    )


def answers(*codes: int, after: int = MS) -> list[Frame]:
    """A query every two seconds for a name of its own, answered with these codes."""
    found: list[Frame] = []
    for number, code in enumerate(codes):
        at, name = BEGIN + (2 + 2 * number) * SECOND, f"host{number}.example.org"
        found += [(at, query(number, 40000 + number, name=name))]
        found += [(at + after, response(number, 40000 + number, code=code, name=name))]
    return sorted(found)


@pytest.mark.parametrize(
    ("codes", "fate"), [((2,), "SERVFAIL"), ((2, 5), "REFUSED and SERVFAIL"), ((0, 2, 2), "SERVFAIL")]
)
def test_a_server_that_fails_most_queries_is_told(codes: tuple[int, ...], fate: str, tmp_path: Path) -> None:
    analysis = recorded(tmp_path, *answers(*codes))
    assert heading(analysis) == "warn"
    assert headline(analysis).startswith(f"{ASKS} are answered {fate} (asked ")
    assert totals(analysis).words.endswith(f", 1 question answered {fate}")


@pytest.mark.parametrize("codes", [(3, 3, 3, 3, 0), (0, 0, 0, 2), (3,)])
def test_names_that_do_not_exist_and_a_rare_failure_are_nothing(codes: tuple[int, ...], tmp_path: Path) -> None:
    assert heading(recorded(tmp_path, *answers(*codes))) == "pass"


def test_a_server_that_answers_late_is_told(tmp_path: Path) -> None:
    analysis = recorded(tmp_path, *answers(0, 0, after=1900 * MS))
    assert heading(analysis) == "warn"
    assert headline(analysis).startswith(f"{ASKS} are answered late, after up to 1.9 s (asked 2 times)")
    assert totals(analysis).words.endswith(", 1 question answered late")
    assert (totals(analysis).unanswered, totals(analysis).otherwise) == (0, {"question answered late": 1})


def test_one_late_answer_of_many_is_nothing(tmp_path: Path) -> None:
    slow = (BEGIN + 50 * SECOND, query(99, 41000)), (BEGIN + 52 * SECOND, response(99, 41000))
    assert heading(recorded(tmp_path, *answers(*[0] * 22), *slow)) == "pass"
