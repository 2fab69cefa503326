"""A snapshot length takes bytes, never adds any: what is left may only say less than the whole recording did."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from pcapcheck import analyze
from pcapcheck.analysis import Analysis
from pcapcheck.ruleset.finding import Finding
from tests.support.lab import EXPECTED, captures, statuses
from tests.support.snaplen import cut
from tests.support.wire import (
    BEGIN,
    MS,
    NODE,
    POD,
    SECOND,
    Frame,
    answer,
    ask,
    ethernet,
    reply,
    request,
    with_vlan,
    write_pcap,
)

NAME = "cali5b1e77a0c3d"
# Bytes: nothing at all, all of every header; where the one ends and the next begins.
MOST = 151
SOME = (34, 41, 42, 55, 61, 62, 63, 64, 66, 68, 69, 94, 110)
# How many lengths of every scenario, others for each.
EACH = 5
# What is known of a cause when the frames that tell which one it is have lost their ends.
WIDER = {"vxlan-checksum-offload": "checksum-wrong"}


def _confirmed(analysis: Analysis) -> set[str]:
    return {cause.cause.id for diagnosis in analysis.diagnoses for cause in diagnosis.confirmed}


def _says_less(before: Finding, after: Finding, apart: Finding | None) -> bool:
    """Whether a verdict is the same, or more careful: what failed may be unknown next to rows that pass, or unseen.

    ``apart`` is what the files that were not cut say by themselves: no more is wanted of what is left of another.
    """
    if after.status in ("not-checked", before.status):
        return True
    if apart is not None and after.status in ("pass", apart.status):
        return True
    return after.status == "pass" and (after.unknown > before.unknown or after.checked < before.checked)


def _check(scenario: str, lengths: Iterable[int], folder: Path, only: int | None = None) -> None:
    """``only`` one of the files is cut, by its number; else all are."""
    files = captures(scenario)
    whole = analyze(*files)
    before = {finding.rule.id: finding for finding in whole.findings}
    others = [one for number, one in enumerate(files) if number != only]
    apart = {finding.rule.id: finding for finding in analyze(*others).findings} if only is not None else {}
    for length in lengths:
        cuts = [
            cut(one, folder / one.name, length) if only in (None, number) else one for number, one in enumerate(files)
        ]
        analysis = analyze(*cuts)
        said = {
            finding.rule.id: (before[finding.rule.id].status, finding.status)
            for finding in analysis.findings
            if not _says_less(before[finding.rule.id], finding, apart.get(finding.rule.id))
        }
        assert said == {}, f"{length} bytes"
        confirmed = _confirmed(whole)
        assert _confirmed(analysis) <= confirmed | {WIDER.get(cause, cause) for cause in confirmed}, f"{length} bytes"


@pytest.mark.parametrize("scenario", ["traceroute", "healthy", "two-nodes-vxlan", "two-nodes-ipip"])
def test_snapshot_length_is_only_more_careful(scenario: str, tmp_path: Path) -> None:
    _check(scenario, SOME, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize(("number", "scenario"), list(enumerate(sorted(EXPECTED))))
def test_every_scenario_is_only_more_careful(number: int, scenario: str, tmp_path: Path) -> None:
    _check(scenario, [(number * 7 + n * MOST // EACH) % MOST for n in range(EACH)], tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "scenario"), list(enumerate(name for name in sorted(EXPECTED) if len(captures(name)) > 1))
)
def test_one_file_of_several(number: int, scenario: str, tmp_path: Path) -> None:
    _check(scenario, ((number * 11) % 60, 40), tmp_path, only=number % len(captures(scenario)))


def test_no_loss_is_reported_on_a_link_that_was_cut(tmp_path: Path) -> None:
    """Of a tunnel's device, whose frames have no Ethernet header, the same length leaves more."""
    analysis = analyze(*(cut(one, tmp_path / one.name, 36) for one in captures("two-nodes-ipip")))
    assert "F" not in statuses(analysis)


@pytest.mark.parametrize(("length", "verdict"), [(200, "pass"), (40, "not-checked"), (44, "not-checked")])
def test_a_reply_cut_behind_its_tag_is_no_missing_reply(length: int, verdict: str, tmp_path: Path) -> None:
    """Requests without a VLAN tag, replies with one: the same length leaves less of these."""
    frames: list[Frame] = [(BEGIN, ask()), (BEGIN + MS, answer())]
    for n in range(1, 4):
        frames += [(BEGIN + n * 10 * MS, request(n)), (BEGIN + n * 10 * MS + MS, with_vlan(reply(n)))]
    frames.append((BEGIN + 5 * SECOND, ethernet(NODE, POD, 0x88CC, bytes(40))))
    analysis = analyze(cut(write_pcap(tmp_path / "whole.pcap", frames), tmp_path / f"{NAME}.pcap", length))
    answered = next(finding for finding in analysis.findings if finding.rule.id == "echo-answered")
    assert answered.status == verdict
    if length == 44:
        assert "record whole packets" in answered.reason
