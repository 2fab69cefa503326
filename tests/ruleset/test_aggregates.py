"""Aggregates: loss and latency of all rows together, as a CI job asserts on them."""

from __future__ import annotations

from pathlib import Path

import pytest

from pcapcheck import RuleError, analyze
from pcapcheck.ruleset.finding import Finding
from tests.support.wire import BEGIN, MS, SECOND, Frame, reply, request, write_pcap

HEAD = "id: some-rule\ntitle: Echoes are fine\nwhy: because\nseverity: error\nselect: {table: echo, unicast: true}\n"
REPLIED = "expect: {replied: true}\n"


def recording(folder: Path, rtts: list[int | None], later: int = 10 * SECOND) -> Path:
    """One ping a second with these round-trip times in ms (None: no reply); it goes on for ``later`` after the last."""
    frames: list[Frame] = []
    for seq, rtt in enumerate(rtts, 1):
        at = BEGIN + seq * SECOND
        frames.append((at, request(seq)))
        if rtt is not None:
            frames.append((at + rtt * MS, reply(seq)))
    frames.append((BEGIN + len(rtts) * SECOND + later, reply(7, ident=999)))
    return write_pcap(folder / "cali14e7d81007d.pcap", frames, nanoseconds=True)


def judge(folder: Path, says: str, rtts: list[int | None], later: int = 10 * SECOND) -> Finding:
    (folder / "x.yml").write_text(HEAD + says)
    (finding,) = analyze(recording(folder, rtts, later), rules=folder / "x.yml").findings
    return finding


HUNDRED: list[int | None] = list(range(1, 101))


@pytest.mark.parametrize(
    ("says", "status"),
    [
        ("max: {rtt: {le: 100ms}}", "pass"),
        ("max: {rtt: {lt: 100ms}}", "fail"),
        ("min: {rtt: {ge: 1ms}}", "pass"),
        ("min: {rtt: {gt: 1ms}}", "fail"),
        ("mean: {rtt: {le: 50500us}}", "pass"),
        ("mean: {rtt: {lt: 50500us}}", "fail"),
        ("p50: {rtt: {gt: 49ms, lt: 51ms}}", "pass"),
        ("p90: {rtt: {gt: 91ms}}", "fail"),
        ("p95: {rtt: {lt: 94ms}}", "fail"),
        ("p99: {rtt: {gt: 98ms, lt: 100ms}}", "pass"),
        ("p99: {rtt: {lt: 98ms}}", "fail"),
        ("max: {ttl: {le: 64}}", "pass"),
        ("max: {ttl: {lt: 64}}", "fail"),
        ("max: {rtt: {le: 100ms}, ttl: {lt: 64}}", "fail"),
        ("max: {rtt: {le: 100ms}}\ncount: {min: 101}", "fail"),
        ("max: {rtt: {le: 100ms}}\nexpect: {ttl: 63}", "fail"),
        ("max: {rtt: {le: $echo_wait}}", "pass"),
    ],
)
def test_a_column_of_all_rows(says: str, status: str, tmp_path: Path) -> None:
    assert judge(tmp_path, says, HUNDRED).status == status


@pytest.mark.parametrize(
    ("bound", "status"), [("ge: 99%", "pass"), ("ge: 0.99", "pass"), ("gt: 99 %", "fail"), ("lt: 0.5", "fail")]
)
def test_share_of_rows_that_hold(bound: str, status: str, tmp_path: Path) -> None:
    finding = judge(tmp_path, f"{REPLIED}ratio: {{{bound}}}", [*HUNDRED[:99], None])
    assert finding.status == status
    assert (finding.checked, finding.failed) == (100, 1)
    # Who breaks the bound is the row that failed.
    assert finding.evidence[0].frames == (199,)


def test_of_equal_rows_the_earliest_stand_first(tmp_path: Path) -> None:
    """However many rows were looked at, and in what order they were kept."""
    finding = judge(tmp_path, "mean: {rtt: {lt: 1ms}}", [2, 5, 9, 1, 9, 2, 9, 5, 9, 2])
    assert [evidence.frames for evidence in finding.evidence] == [(5, 6), (9, 10), (13, 14), (17, 18), (3, 4)]


def test_unknown_rows_may_count_either_way(tmp_path: Path) -> None:
    """The last request was under way when the recording ended."""
    says = REPLIED + "ratio: {ge: 100%}"
    open_ = judge(tmp_path, says, [1, 2, None], later=10 * MS)
    assert (open_.status, open_.unknown) == ("not-checked", 1)
    assert open_.reason.startswith("the recording ended before a reply was due; ")
    assert judge(tmp_path, REPLIED + "ratio: {ge: 60%}", [1, 2, None], later=10 * MS).status == "pass"
    assert judge(tmp_path, REPLIED + "ratio: {lt: 60%}", [1, 2, None], later=10 * MS).status == "fail"


def test_rows_that_may_not_be_meant_leave_an_aggregate_open(tmp_path: Path) -> None:
    """Whether the request under way is ever ``replied`` to, and so selected, nobody knows; its TTL is 128."""
    (tmp_path / "x.yml").write_text(HEAD.replace("unicast: true", "replied: true") + "max: {ttl: {le: 64}}")
    replied = [(BEGIN, request(1)), (BEGIN + MS, reply(1))]
    for more, status in [((), "pass"), (((BEGIN + 2 * MS, request(2, ttl=128)),), "not-checked")]:
        capture = write_pcap(tmp_path / "cali14e7d81007d.pcap", [*replied, *more])
        (finding,) = analyze(capture, rules=tmp_path / "x.yml").findings
        assert finding.status == status


def test_nothing_measured_is_not_a_pass(tmp_path: Path) -> None:
    finding = judge(tmp_path, "max: {rtt: {lt: 5ms}}", [None, None])
    assert (finding.status, finding.reason) == ("not-checked", "no row has a value of rtt: no reply came")


def test_the_worst_rows_are_the_evidence(tmp_path: Path) -> None:
    rtts: list[int | None] = [1] * 30
    rtts[19] = 400
    rtts[24] = 300
    finding = judge(tmp_path, "p99: {rtt: {lt: 5ms}}", rtts)
    assert [row.frames for row in finding.evidence[:2]] == [(39, 40), (49, 50)]
    assert finding.evidence[0].expected == "p99 of rtt < 5 ms"
    assert finding.evidence[0].observed == "p99 of rtt is 400 ms; here 400 ms"


def test_the_least_rows_are_the_evidence_of_a_lower_bound(tmp_path: Path) -> None:
    finding = judge(tmp_path, "min: {rtt: {ge: 50ms}}", HUNDRED)
    assert [row.frames for row in finding.evidence[:2]] == [(1, 2), (3, 4)]


def test_report_tells_what_was_measured(tmp_path: Path) -> None:
    (tmp_path / "x.yml").write_text(HEAD + REPLIED + "ratio: {ge: 99.9%}\nmean: {rtt: {lt: 10ms}}")
    analysis = analyze(recording(tmp_path, [2, 2, 2, None]), rules=tmp_path / "x.yml")
    told = analysis.to_dict()
    assert "ratio is 75 %, expected at least 99.9 %, mean of rtt is 2 ms" in told["headline"]
    ratio, mean = told["rules"][0]["measures"]
    assert ratio == {
        "aggregate": "ratio", "column": None, "value": 0.75, "operator": "ge", "bound": 0.999, "holds": False
    }  # fmt: skip
    assert mean == {
        "aggregate": "mean", "column": "rtt", "value": 0.002, "operator": "lt", "bound": 0.01, "holds": True
    }  # fmt: skip


WRONG = [
    ("p99: {rtt: 5ms}", "6:12", "an aggregate needs a bound"),
    ("p99: {rtt: {eq: 5ms}}", "6:13", "'eq' compares no aggregate; use one of: lt, le, gt, ge"),
    ("p99: {rtt: {lte: 5ms}}", "6:13", "no operator 'lte'; did you mean 'lt'?"),
    ("p99: {rtd: {lt: 5ms}}", "6:7", "no column 'rtd'; did you mean 'rtt'?"),
    ("p99: {dst: {lt: 5}}", "6:7", "'p99' needs a number or a duration (dst: address)"),
    ("p99: {}", "6:6", "'p99' needs a column"),
    ("max: {rtt: {lt: 5}}", "6:17", "'5' is not a duration"),
    ("ratio: {ge: 99%}", "6:8", "'ratio' needs 'expect'"),
    (REPLIED + "ratio: {ge: 101%}", "7:13", "'101%' is not a share"),
    (REPLIED + "ratio: 99%", "7:8", "an aggregate needs a bound"),
    ("p98: {rtt: {lt: 5ms}}", "6:1", "no key 'p98'; did you mean 'p99'?"),
    ("", "1:1", "or an aggregate"),
]


@pytest.mark.parametrize(("says", "where", "message"), WRONG)
def test_wrong(says: str, where: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(RuleError) as caught:
        judge(tmp_path, says, [1])
    assert f"x.yml:{where}: " in str(caught.value)
    assert message in str(caught.value)


def test_only_rows_that_break_the_bound_are_its_evidence(tmp_path: Path) -> None:
    finding = judge(tmp_path, "max: {rtt: {lt: 99ms}}", HUNDRED)
    assert [row.frames for row in finding.evidence] == [(199, 200), (197, 198)]


def test_why_a_rule_of_ones_own_failed_is_not_guessed_at(tmp_path: Path) -> None:
    (tmp_path / "x.yml").write_text(HEAD + "max: {rtt: {lt: 1ms}}")
    assert analyze(recording(tmp_path, [2]), rules=tmp_path / "x.yml").to_dict()["diagnoses"] == []
