"""Recordings together: of the same interface, of another time, by a clock that is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from pcapcheck import Analysis, analyze
from pcapcheck.triage.diagnosis import Diagnosis
from tests.support.lab import CAPTURES, captures, statuses
from tests.support.wire import (
    BEGIN,
    MS,
    NODE,
    OTHER,
    POD,
    SECOND,
    answer,
    ask,
    mac,
    read_frames,
    reply,
    request,
    write_pcap,
    write_pcapng,
)

A, B = "cali14e7d81007d", "calieabe7761b00"
HOUR = 3600 * SECOND
DAY = 24 * HOUR


def remarks(analysis: Analysis) -> str:
    return "\n".join(remark.text for remark in analysis.remarks)


def named(diagnosis: Diagnosis) -> list[str]:
    """Titles of causes, but for those about sizes, which are known only of packets that are followed."""
    return [one.title for one in diagnosis.suspects if "MTU" not in one.title]


def counts(analysis: Analysis) -> list[tuple[str, int]]:
    return [(finding.rule.id, finding.checked) for finding in analysis.findings]


def shifted(scenario: str, name: str, by: int, folder: Path) -> Path:
    """A recorded capture as a clock wrote it that was that many nanoseconds ahead."""
    frames = [(time + by, frame) for time, frame in read_frames(CAPTURES / scenario / f"{name}.pcap")]
    return write_pcap(folder / f"{name}.pcap", frames)


@pytest.mark.parametrize("scenario", ["healthy", "healthy-dual-stack", "random-cali-mac", "loss", "traceroute"])
def test_a_copy_counts_once(scenario: str, tmp_path: Path) -> None:
    """Under another name, in another container, or named twice in one call."""
    first, second = captures(scenario)
    whole = analyze(first, second)
    copy = tmp_path / "copy of it.pcap"
    copy.write_bytes(first.read_bytes())
    other = write_pcapng(tmp_path / "converted.pcapng", read_frames(second))
    for more in ([copy], [other], [copy, other], [first]):
        twice = analyze(first, second, *more)
        assert counts(twice) == counts(whole)
        assert statuses(twice) == statuses(whole)
        assert "counted once" in remarks(twice)


def test_a_shorter_recording_of_the_same_interface_counts_once(tmp_path: Path) -> None:
    first, second = captures("healthy")
    part = write_pcap(tmp_path / f"{A}.pcap", read_frames(first)[2:6])
    assert counts(analyze(first, second, part)) == counts(analyze(first, second))


def test_two_filters_on_one_interface_are_two_recordings(tmp_path: Path) -> None:
    """At the same time, of the same machines: what one shows is not in the other."""
    many = [(BEGIN + n * 100 * MS, request(n)) for n in range(100)]
    many += [(time + MS, reply(n)) for n, (time, _) in enumerate(many)]
    whole = write_pcap(tmp_path / f"{A}.pcap", [(BEGIN, ask()), (BEGIN + MS, answer()), *sorted(many)])
    lost = [(BEGIN + SECOND, request(1, ident=99)), (BEGIN + 2 * SECOND, request(2, ident=99))]
    lost += [(BEGIN + 8 * SECOND, request(3, ident=99)), (BEGIN + 8 * SECOND + MS, reply(3, ident=99))]
    other = write_pcap(tmp_path / f"x-{A}.pcap", lost)
    assert next(finding for finding in analyze(whole, other).findings if finding.rule.id == "echo-answered").failed == 2


PASTE = f"""listening on {A}, link-type EN10MB (Ethernet), snapshot length 262144 bytes
09:41:02.310000 ARP, Request who-has 169.254.1.1 tell 10.66.4.9, length 28
09:41:02.310040 ARP, Reply 169.254.1.1 is-at ee:ee:ee:ee:ee:ee, length 28
"""


def test_an_interface_recorded_twice_in_one_paste(tmp_path: Path) -> None:
    """The later recording pasted first: nobody took an address over."""
    path = tmp_path / "paste.txt"
    path.write_text(PASTE + PASTE.replace("09:41", "08:07"))
    analysis = analyze(path)
    assert dict(counts(analysis))["gateway-arp-answered"] == 2
    assert "went from" not in remarks(analysis)
    assert f"separate observations: {A} in paste.txt (from 08:07:02)" in remarks(analysis)


def test_the_same_lines_pasted_twice_count_once(tmp_path: Path) -> None:
    path = tmp_path / "paste.txt"
    path.write_text(PASTE + PASTE)
    assert dict(counts(analyze(path)))["gateway-arp-answered"] == 1


def test_gateway_that_another_machine_takes_over_is_not_a_recreated_pod(tmp_path: Path) -> None:
    """Not of the proxy MAC, which is every node's; of a pod's address it is said."""
    frames = [(BEGIN, ask()), (BEGIN + MS, answer())]
    late = BEGIN + 60 * SECOND
    frames += [(late, ask(src=OTHER)), (late + MS, answer(by="ee:ee:ee:00:00:07", to=OTHER))]
    told = remarks(analyze(write_pcap(tmp_path / f"{A}.pcap", frames)))
    assert f"10.244.1.10 on {A} went from {POD}" in told
    assert NODE not in told


def test_captures_of_different_days_explain_nothing_of_each_other(tmp_path: Path) -> None:
    """One pod's link on one day, another's on a later one: each verdict is as alone, and so is each cause."""
    first = CAPTURES / "missing-host-route" / f"{A}.pcap"
    second = shifted("pod-drops-icmp", B, 2 * DAY, tmp_path)
    both, alone, later = analyze(first, second), analyze(first), analyze(second)
    assert "recorded at different times, so judged as separate observations" in remarks(both)
    assert [named(diagnosis) for diagnosis in both.diagnoses] == [
        named(diagnosis) for diagnosis in (*alone.diagnoses, *later.diagnoses)
    ]
    assert both.paths.empty or set(both.paths["missing"].dropna()) == set()


def test_other_pod_with_the_same_address_on_another_day(tmp_path: Path) -> None:
    first, _ = captures("healthy")
    later = [(time + 3 * DAY, frame.replace(mac(POD), mac(OTHER))) for time, frame in read_frames(first)]
    both = analyze(first, write_pcap(tmp_path / f"{A}.pcap", later))
    assert both.verdict == "pass"
    assert "went from" not in remarks(both)
    assert "separate observations" in remarks(both)


@pytest.mark.parametrize("gap", [1, 5])
def test_recorded_right_after_each_other_is_one_observation(gap: int, tmp_path: Path) -> None:
    first = CAPTURES / "healthy" / f"{A}.pcap"
    end = read_frames(first)[-1][0] - read_frames(first)[0][0]
    second = shifted("missing-host-route", B, 0, tmp_path)
    frames = read_frames(second)
    begin = read_frames(first)[0][0]
    moved = [(begin + end + gap * SECOND + time - frames[0][0], frame) for time, frame in frames]
    assert "separate" not in remarks(analyze(first, write_pcap(second, moved)))


@pytest.mark.parametrize("by", [2 * HOUR, -30 * HOUR, 90 * SECOND])
@pytest.mark.parametrize("scenario", ["healthy", "healthy-dual-stack", "loss", "random-cali-mac"])
def test_a_clock_that_is_wrong_makes_no_second_node(scenario: str, by: int, tmp_path: Path) -> None:
    """Both saw the same packets, so they are one observation; only which TTL is right is then not known."""
    before = statuses(analyze(*captures(scenario)))
    for name, other in ((A, B), (B, A)):
        analysis = analyze(shifted(scenario, name, by, tmp_path), CAPTURES / scenario / f"{other}.pcap")
        changed = [(was, now) for was, now in zip(before, statuses(analysis), strict=True) if was != now]
        assert all(now == "-" for _, now in changed), f"{before} became {statuses(analysis)}"
        assert "separate" not in remarks(analysis)


def test_a_text_without_dates_is_not_called_separate(tmp_path: Path) -> None:
    """On which day it was recorded nobody knows: perhaps with the other."""
    path = tmp_path / f"{A}.txt"
    path.write_text(PASTE)
    assert "separate" not in remarks(analyze(path, CAPTURES / "healthy" / f"{B}.pcap"))
