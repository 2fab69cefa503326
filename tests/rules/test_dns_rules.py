"""DNS answers that help nobody are warned of: the server fails or refuses, or answers when nobody waits any more."""

from __future__ import annotations

from pathlib import Path

import pytest

from pcapcheck import analyze
from pcapcheck.analysis import Analysis
from pcapcheck.report.headline import heading, headline
from pcapcheck.ruleset.finding import Finding
from tests.support.lab import CAPTURES
from tests.support.transcripts import MISSING, transcript
from tests.support.wire import (
    BEGIN,
    MS,
    NODE,
    SECOND,
    Frame,
    answer,
    ask,
    error,
    query,
    request,
    response,
    write_pcap,
)

ASKS = "10.244.1.10's DNS queries to 10.96.0.10"
PROMPT, NOT_REFUSED = "dns-prompt", "dns-not-refused"


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


def finding(analysis: Analysis, rule: str) -> Finding:
    (found,) = [finding for finding in analysis.findings if finding.rule.id == rule]
    return found


def judged(analysis: Analysis, rule: str) -> tuple[str, int, int]:
    found = finding(analysis, rule)
    return found.status, found.checked, found.failed


@pytest.mark.parametrize(
    ("codes", "said"), [((2,), "SERVFAIL"), ((5, 5), "REFUSED (2 of 2)"), ((0, 2, 2), "SERVFAIL (2 of 3)")]
)
def test_a_server_that_fails_is_warned_of(codes: tuple[int, ...], said: str, tmp_path: Path) -> None:
    analysis = recorded(tmp_path, *answers(*codes))
    assert (heading(analysis), analysis.verdict) == ("warn", "pass")
    assert headline(analysis).startswith(f"{ASKS} are answered {said}; ")
    assert judged(analysis, NOT_REFUSED)[0] == "fail"
    assert judged(analysis, PROMPT) == ("pass", len(codes), 0)


@pytest.mark.parametrize("codes", [(3, 3, 3, 3, 0), (3,), (1, 0)], ids=["search list", "no such name", "EDNS"])
def test_names_that_do_not_exist_are_answered_well(codes: tuple[int, ...], tmp_path: Path) -> None:
    analysis = recorded(tmp_path, *answers(*codes))
    assert heading(analysis) == "pass"
    assert judged(analysis, NOT_REFUSED) == ("pass", len(codes), 0)


def test_a_query_that_nobody_answers_is_not_called_late(tmp_path: Path) -> None:
    analysis = recorded(tmp_path, (BEGIN + 2 * SECOND, query()))
    assert [finding(analysis, rule).status for rule in (PROMPT, NOT_REFUSED)] == ["not-checked"] * 2
    assert finding(analysis, PROMPT).reason == "nothing to check, since dns-answered failed"


def test_a_server_that_answers_late_is_warned_of(tmp_path: Path) -> None:
    analysis = recorded(tmp_path, *answers(0, 0, after=1900 * MS))
    assert (heading(analysis), analysis.verdict) == ("warn", "pass")
    assert headline(analysis).startswith(f"{ASKS} are answered late, after 1.9 s (2 of 2); ")


def test_an_answer_within_a_second_is_prompt(tmp_path: Path) -> None:
    assert judged(recorded(tmp_path, *answers(0, after=SECOND)), PROMPT) == ("pass", 1, 0)


def test_one_late_answer_of_many_is_nothing(tmp_path: Path) -> None:
    slow = (BEGIN + 50 * SECOND, query(99, 41000)), (BEGIN + 52 * SECOND, response(99, 41000))
    assert judged(recorded(tmp_path, *answers(*[0] * 22), *slow), PROMPT) == ("pass", 23, 0)


def test_one_answer_of_many_that_came_to_a_repeat_is_warned_of(tmp_path: Path) -> None:
    at = BEGIN + 50 * SECOND
    again = (at, query(99, 41000)), (at + 5 * SECOND, query(99, 41000)), (at + 5 * SECOND + MS, response(99, 41000))
    analysis = recorded(tmp_path, *answers(*[0] * 22), *again)
    assert judged(analysis, PROMPT) == ("fail", 23, 1)
    assert finding(analysis, PROMPT).evidence[0].observed.startswith("asked 2x, answered 5 s after the first query")


def test_the_table_says_how_promptly_a_query_was_answered(tmp_path: Path) -> None:
    at = BEGIN + 20 * SECOND
    again = (at, query(99, 41000)), (at + 5 * SECOND, query(99, 41000)), (at + 5 * SECOND + MS, response(99, 41000))
    silent = (BEGIN + 40 * SECOND, query(7, 42000, name="silent.example.org"))
    table = recorded(tmp_path, *answers(0), *answers(0, after=1500 * MS)[:2], *again, silent).dns
    assert sorted(table["promptness"].dropna()) == ["at-once", "to-a-repeat"]
    assert table.loc[table["outcome"] == "unanswered", "promptness"].isna().all()


@pytest.mark.skipif(bool(MISSING), reason=MISSING)
@pytest.mark.parametrize(
    ("scenario", "rule"), [("dns-first-lost", PROMPT), ("dns-server-slow", PROMPT), ("dns-server-refuses", NOT_REFUSED)]
)
def test_the_same_is_read_in_print(scenario: str, rule: str, tmp_path: Path) -> None:
    path = CAPTURES / scenario / "cali14e7d81007d.pcap"
    text = transcript(path, tmp_path, "-e")
    assert text is not None
    assert judged(analyze(text), rule) == judged(analyze(path), rule)
    assert judged(analyze(text), rule)[0] == "fail"


@pytest.mark.skipif(bool(MISSING), reason=MISSING)
def test_a_text_without_times_says_nothing_of_lateness(tmp_path: Path) -> None:
    text = transcript(CAPTURES / "dns-first-lost" / "cali14e7d81007d.pcap", tmp_path, "-e", "-t")
    assert text is not None
    assert finding(analyze(text), PROMPT).status == "not-checked"
    assert "shows no times" in finding(analyze(text), PROMPT).reason


def at_the_server(folder: Path, *frames: Frame) -> Path:
    """The link of the pod that answers; what is given is as the asker's link shows it."""
    resolved = [(BEGIN, ask(ip=SERVER, src=SERVER_MAC)), (BEGIN + MS, answer(to=SERVER_MAC, to_ip=SERVER))]
    return write_pcap(folder / "calieabe7761b00.pcap", [*resolved, *frames])


SERVER, SERVER_MAC = "10.244.1.11", "3a:91:7f:0c:d4:58"


@pytest.mark.parametrize("slow", [True, False])
def test_the_server_s_own_link_tells_whether_it_is_slow(slow: bool, tmp_path: Path) -> None:
    asked, answered = 2 * SECOND, 1900 * MS
    seen = [(BEGIN + asked, query(dst=SERVER)), (BEGIN + asked + answered, response(src=SERVER))]
    at = BEGIN + asked + (0 if slow else answered - MS)
    there = [
        (at + 9000, query(dst=SERVER, eth=(NODE, SERVER_MAC), ttl=63)),
        (BEGIN + asked + answered - 9000, response(src=SERVER, eth=(SERVER_MAC, NODE), ttl=64)),
    ]
    mine = write_pcap(tmp_path / "cali14e7d81007d.pcap", [(BEGIN, ask()), (BEGIN + MS, answer()), *seen])
    analysis = analyze(mine, at_the_server(tmp_path, *there))
    assert heading(analysis) == "warn"
    found = {one.cause.id: one for diagnosis in analysis.diagnoses for one in diagnosis.suspects}
    assert ("dns-server-slow" in found) == slow
    if slow:
        assert found["dns-server-slow"].status == "confirmed"
        assert "on calieabe7761b00, its own link, it answers after up to 1.9 s" in found["dns-server-slow"].because[0]


@pytest.mark.parametrize(
    ("both", "named"), [(True, ["dns-server-slow"]), (False, ["dns-query-lost", "dns-server-slow"])]
)
def test_a_query_is_lost_only_where_an_answer_is_missing(both: bool, named: list[str], tmp_path: Path) -> None:
    """The asker repeats its query after two seconds: both are answered late, or one of them at once."""
    at = BEGIN + 2 * SECOND
    frames = [(at, query()), (at + 2 * SECOND, query())]
    frames += [(at + 3 * SECOND, response())] + ([(at + 5 * SECOND, response())] if both else [])
    (diagnosis,) = recorded(tmp_path, *frames).diagnoses
    assert [one.cause.id for one in diagnosis.possible] == named


def test_a_server_that_fails_has_a_reason_of_its_own(tmp_path: Path) -> None:
    (diagnosis,) = recorded(tmp_path, *answers(2, 2)).diagnoses
    assert [(one.cause.id, one.status) for one in diagnosis.suspects] == [("dns-server-fails", "possible")]


def test_who_gave_up_waiting_asks_about_nothing_else(tmp_path: Path) -> None:
    """The port is closed by the time that the answer comes: a late answer explains that."""
    at = BEGIN + 2 * SECOND
    late = response()
    refusal = error(3, 3, late, source="10.244.1.10")
    frames = [(at, query()), (at + 3 * SECOND, late), (at + 3 * SECOND + MS, refusal)]
    analysis = recorded(tmp_path, *frames)
    assert [remark.text for remark in analysis.remarks if "port unreachable" in remark.text] == []


def test_the_lab_confirms_the_slow_server_and_the_lost_query() -> None:
    """The server's own link decides: it shows the query late, or not at all."""
    slow, lost = (analyze(CAPTURES / name).diagnoses[0] for name in ("dns-server-slow", "dns-first-lost"))
    assert [(one.cause.id, one.status) for one in slow.suspects][:1] == [("dns-server-slow", "confirmed")]
    assert [(one.cause.id, one.status) for one in lost.suspects][:1] == [("dns-query-lost", "possible")]
