"""Evidence of rules about single rows: a target or a time does not hide behind the rows that failed first."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from pcapcheck import analyze
from pcapcheck.ruleset.finding import Evidence, fair
from pcapcheck.ruleset.row_bins import SAMPLES_OVER_TIME, Bin, BinSample
from tests.support.wire import BEGIN, MS, NODE, NODE_IP, SECOND, Frame, answer, ask, reply, request, write_pcap

SAYS = "title: As it should be\nwhy: because\nseverity: error\nexpected: {expected}\nobserved: '{{{column}}}'\n"
RULES = {
    "frames": ("select: {table: frames}\nexpect: {frame.len: {ge: 1000}}\n", "frame.len"),
    "echo": ("select: {table: echo}\nexpect: {rtt: {lt: 1us}}\n", "rtt"),
    "arp": ("select: {table: arp, target: {exists: true}}\nexpect: {latency_first: {lt: 1us}}\n", "latency_first"),
}
COUNT = 400


def evidence(folder: Path, table: str, frames: list[Frame]) -> list[Evidence]:
    """The five failing rows that a report shows."""
    says, column = RULES[table]
    texts = SAYS.format(expected="more", column=column)
    (folder / "x.yml").write_text(f"id: some-rule\n{says}{texts}headline: not so\n")
    capture = write_pcap(folder / "cali14e7d81007d.pcap", frames, nanoseconds=True)
    (finding,) = analyze(capture, rules=folder / "x.yml").findings
    assert finding.failed
    return fair(finding.evidence, 5)


def pings() -> list[Frame]:
    frames: list[Frame] = []
    for seq in range(COUNT):
        frames += [(BEGIN + seq * SECOND, request(seq)), (BEGIN + seq * SECOND + MS, reply(seq))]
    return frames


def resolutions(targets: int) -> list[Frame]:
    """The node asks for pods, one a minute, and each answers."""
    frames: list[Frame] = []
    for number in range(COUNT):
        pod, at = f"10.244.1.{1 + number * targets // COUNT}", BEGIN + 60 * number * SECOND
        asked = ask(pod, src=NODE, ip=NODE_IP)
        frames += [(at, asked), (at + MS, answer(pod, by="5a:8a:00:00:00:01", to=NODE, to_ip=NODE_IP))]
    return frames


@pytest.mark.parametrize(("table", "frames"), [("frames", pings()), ("echo", pings()), ("arp", resolutions(1))])
def test_rows_of_all_of_the_time_are_shown(table: str, frames: list[Frame], tmp_path: Path) -> None:
    """Of four minutes or hours that all failed, the first row, one of the last quarter and some between."""
    times = [(row.time or 0) - BEGIN for row in evidence(tmp_path, table, frames)]
    whole = frames[-1][0] - BEGIN
    assert times[0] < SECOND
    assert max(times) > 0.75 * whole
    assert any(0.2 * whole < time < 0.75 * whole for time in times)


def test_many_targets_of_one_asker_are_shown(tmp_path: Path) -> None:
    shown = evidence(tmp_path, "arp", resolutions(8))
    assert len({row.row["target"] for row in shown}) == 5


def test_few_rows_are_kept_however_many_fail() -> None:
    held, sample = Bin(), BinSample((), None, {})
    held.keep((), 0, sample)
    for number in range(1, 1_000_000):
        if held.takes_turn(number):
            held.keep_over_time(number, sample)
    numbers = [number for number, _ in held.over_time]
    assert len(numbers) == SAMPLES_OVER_TIME
    assert numbers[-1] > 750_000
    assert max(later - earlier for earlier, later in pairwise([0, *numbers])) < 400_000
