"""Several faults of one asker: a figure is of whom the sentence names, and nobody hides behind who failed first."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

from pcapcheck import Analysis, analyze
from pcapcheck.report.formats.text import write_text
from pcapcheck.report.headline import headline
from tests.support.wire import (
    BEGIN,
    MS,
    NODE_IP,
    POD_IP,
    SECOND,
    Frame,
    answer,
    ask,
    error,
    reply,
    request,
    tcp,
    write_pcap,
)

FIRST, SECOND_TARGET, THIRD = "10.244.1.11", "203.0.113.80", "203.0.113.81"


def asked(tmp_path: Path, *plan: tuple[str, int, int]) -> Analysis:
    """The pod pings each target ``count`` times; the last ``answered`` pings of each get a reply."""

    def frames() -> Iterator[Frame]:
        yield BEGIN, ask()
        yield BEGIN + MS, answer()
        number = 0
        for target, count, answered in plan:
            for left in range(count, 0, -1):
                number += 1
                time = BEGIN + number * 100 * MS
                yield time, request(number, dst=target)
                if left <= answered:
                    yield time + MS, reply(number, src=target)
        yield BEGIN + number * 100 * MS + 3 * SECOND, ask()
        yield BEGIN + number * 100 * MS + 3 * SECOND + MS, answer()

    return analyze(write_pcap(tmp_path / "cali14e7d81007d.pcap", frames()))


def text(analysis: Analysis) -> str:
    stream = io.StringIO()
    write_text(analysis, stream)
    return stream.getvalue()


def test_the_figure_is_of_whom_the_headline_names(tmp_path: Path) -> None:
    said = headline(asked(tmp_path, (FIRST, 6, 0), (SECOND_TARGET, 4, 0)))
    assert said == f"{POD_IP}'s echo requests to {FIRST} get no reply (6 of 6); 4 of 4 to {SECOND_TARGET} fail too"


def test_those_that_are_answered_are_not_in_the_figure(tmp_path: Path) -> None:
    said = headline(asked(tmp_path, (FIRST, 4, 0), (SECOND_TARGET, 4, 4)))
    assert said == f"{POD_IP}'s echo requests to {FIRST} get no reply (4 of 4)"


def test_more_targets_are_counted(tmp_path: Path) -> None:
    said = headline(asked(tmp_path, (FIRST, 6, 0), (SECOND_TARGET, 4, 0), (THIRD, 3, 0)))
    assert said.endswith("(6 of 6); 7 of 7 to 2 other targets fail too")


def test_a_second_target_is_shown_and_diagnosed(tmp_path: Path) -> None:
    """Ten failed before it, more than a bin keeps."""
    analysis = asked(tmp_path, (FIRST, 10, 0), (SECOND_TARGET, 4, 0))
    (rule,) = [entry for entry in analysis.to_dict()["rules"] if entry["id"] == "echo-answered"]
    assert {row["expected"] for row in rule["evidence"]} == {
        f"a reply from {FIRST}",
        f"a reply from {SECOND_TARGET}",
    }
    assert f"expected a reply from {SECOND_TARGET}" in text(analysis)
    pairs = {(diagnosis.packet_evidence["pod"], diagnosis.packet_evidence["dst"]) for diagnosis in analysis.diagnoses}
    assert len(pairs) == 2 or sum(len(diagnosis.others) for diagnosis in analysis.diagnoses) == 1


def test_a_second_port_is_another_target(tmp_path: Path) -> None:
    frames = [(BEGIN, ask()), (BEGIN + MS, answer())]
    for number in range(8):
        port = 80 if number < 6 else 443
        frames += [(BEGIN + (number + 1) * 100 * MS, tcp(0x02, ports=(40000 + number, port)))]
    frames += [(BEGIN + 5 * SECOND, ask()), (BEGIN + 5 * SECOND + MS, answer())]
    said = headline(analyze(write_pcap(tmp_path / "cali14e7d81007d.pcap", frames)))
    assert "port 80 gets no answer (6 of 6)" in said


def test_a_refusal_of_a_second_target_is_shown(tmp_path: Path) -> None:
    frames = [(BEGIN, ask()), (BEGIN + MS, answer())]
    for number in range(1, 12):
        time, target = BEGIN + number * 100 * MS, FIRST if number < 8 else THIRD
        sent = request(number, dst=target)
        frames += [(time, sent), (time + MS, error(3, 13 if number < 8 else 10, sent, NODE_IP))]
    frames += [(BEGIN + 5 * SECOND, ask()), (BEGIN + 5 * SECOND + MS, answer())]
    analysis = analyze(write_pcap(tmp_path / "cali14e7d81007d.pcap", frames))
    (rule,) = [entry for entry in analysis.to_dict()["rules"] if entry["id"] == "echo-answered"]
    assert any(THIRD in row["expected"] for row in rule["evidence"])


def test_of_many_targets_few_are_kept(tmp_path: Path) -> None:
    analysis = asked(tmp_path, *((f"10.9.{number // 200}.{number % 200 + 1}", 2, 0) for number in range(300)))
    (rule,) = [entry for entry in analysis.to_dict()["rules"] if entry["id"] == "echo-answered"]
    assert (rule["failed"], len(rule["evidence"])) == (600, 20)
    assert "(2 of 2); 598 of 598 to 299 other targets fail too" in headline(analysis)
