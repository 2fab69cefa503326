"""Resolutions as users see them: the table ``arp``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from pcapcheck import analyze
from tests.support.wire import (
    BEGIN,
    BROADCAST,
    GATEWAY,
    MS,
    NODE,
    OTHER,
    POD,
    POD_IP,
    SECOND,
    Frame,
    answer,
    arp,
    ask,
    request,
    write_pcap,
)

LATER = (BEGIN + 60 * SECOND, request(99))


def table(tmp_path: Path, frames: list[tuple[int, bytes]], and_later: bool = True) -> list[dict[Any, Any]]:
    """The rows; times count from BEGIN. A frame a minute later makes sure that nothing is in flight."""
    absolute: list[Frame] = [(BEGIN + time, frame) for time, frame in frames]
    path = write_pcap(tmp_path / "cali14e7d81007d.pcap", absolute + ([LATER] if and_later else []), nanoseconds=True)
    rows: list[dict[Any, Any]] = analyze(path).arp.to_dict("records")
    return rows


def ns(value: Any) -> int | None:
    return None if pd.isna(value) else int(value.value)


def test_answered_at_once(tmp_path: Path) -> None:
    (row,) = table(tmp_path, [(0, ask()), (50_000, answer())])
    assert row["outcome"] == "answered"
    assert row["asker_ip"] == POD_IP
    assert row["target"] == GATEWAY
    assert (row["attempts"], row["cast"], row["answers"]) == (1, "broadcast", 1)
    assert (row["reply_mac"], row["reply_eth_src"]) == (NODE, NODE)
    assert ns(row["latency"]) == ns(row["latency_first"]) == 50_000


def test_repeats_are_one_resolution(tmp_path: Path) -> None:
    (row,) = table(tmp_path, [(0, ask()), (SECOND, ask()), (2 * SECOND, ask()), (2 * SECOND + 7, answer())])
    assert row["attempts"] == 3
    assert ns(row["latency_first"]) == 2 * SECOND + 7
    assert ns(row["latency"]) == 7


def test_two_requests_under_way_leave_the_latency_open(tmp_path: Path) -> None:
    """proxy_delay may have held back the answer to the first."""
    (row,) = table(tmp_path, [(0, ask()), (500 * MS, ask()), (600 * MS, answer())])
    assert ns(row["latency_first"]) == 600 * MS
    assert ns(row["latency"]) is None


def test_a_long_pause_begins_another_resolution(tmp_path: Path) -> None:
    first, second = table(tmp_path, [(0, ask()), (3 * SECOND + 1, ask())])
    assert (first["outcome"], second["outcome"]) == ("unanswered", "unanswered")


def test_a_request_after_an_answer_begins_another_resolution(tmp_path: Path) -> None:
    rows = table(tmp_path, [(0, ask()), (5, answer()), (10 * SECOND, ask(dst=NODE)), (10 * SECOND + 5, answer())])
    assert [(row["cast"], row["outcome"]) for row in rows] == [("broadcast", "answered"), ("unicast", "answered")]


def test_two_answers(tmp_path: Path) -> None:
    (row,) = table(tmp_path, [(0, ask()), (5, answer()), (9, answer(by=OTHER))])
    assert row["answers"] == 2
    assert row["answering_macs"] == 2
    assert set(row["reply_mac"].split(", ")) == {NODE, OTHER}


def test_answer_from_another_frame_source(tmp_path: Path) -> None:
    forged = arp(2, (NODE, GATEWAY), (POD, POD_IP), POD, eth_src=OTHER)
    (row,) = table(tmp_path, [(0, ask()), (5, forged)])
    assert (row["reply_mac"], row["reply_eth_src"]) == (NODE, OTHER)


def test_in_flight(tmp_path: Path) -> None:
    (row,) = table(tmp_path, [(0, ask()), (999 * MS, request())], and_later=False)
    assert row["outcome"] == "in-flight"
    assert pd.isna(row["answered"])


def test_no_longer_in_flight(tmp_path: Path) -> None:
    (row,) = table(tmp_path, [(0, ask()), (SECOND, request())], and_later=False)
    assert row["outcome"] == "unanswered"


@pytest.mark.parametrize(
    "frame",
    [
        ask(ip="0.0.0.0", target=POD_IP),
        ask(ip=POD_IP, target=POD_IP),
        arp(2, (POD, POD_IP), (BROADCAST, POD_IP), BROADCAST),
        answer(),
    ],
    ids=["probe", "announcement", "announcing reply", "answer without request"],
)
def test_no_resolution(frame: bytes, tmp_path: Path) -> None:
    assert table(tmp_path, [(0, frame)]) == []


def test_answer_recorded_before_its_request(tmp_path: Path) -> None:
    """Recorders with several queues swap packets; the times tell."""
    (row,) = table(tmp_path, [(5_000, answer()), (0, ask())])
    assert row["outcome"] == "answered"
    assert ns(row["latency"]) == 5_000


def test_older_answer_is_none(tmp_path: Path) -> None:
    """An answer to a request from before the capture does not answer a later one."""
    (row,) = table(tmp_path, [(0, answer()), (100 * MS, ask())])
    assert row["outcome"] == "unanswered"


def test_askers_are_kept_apart(tmp_path: Path) -> None:
    rows = table(tmp_path, [(0, ask()), (1, ask(src=OTHER)), (2, answer(to=OTHER))])
    assert {row["asker_mac"]: row["outcome"] for row in rows} == {POD: "unanswered", OTHER: "answered"}


def test_request_recorded_behind_its_answer_after_an_earlier_one(tmp_path: Path) -> None:
    """The earlier resolution must not keep an answer that its times give to the later request."""
    rows = table(tmp_path, [(0, ask()), (5, answer()), (20 * SECOND + 30, answer()), (20 * SECOND, ask())])
    assert [(row["outcome"], row["answers"], ns(row["latency"])) for row in rows] == [
        ("answered", 1, 5),
        ("answered", 1, 30),
    ]


def test_repeat_recorded_behind_the_answer(tmp_path: Path) -> None:
    (row,) = table(tmp_path, [(0, ask()), (SECOND + 30, answer()), (SECOND, ask())])
    assert (row["outcome"], row["attempts"], ns(row["latency"])) == ("answered", 2, 30)
