"""Echoes as users see them: the table ``echo``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from pcapcheck import analyze
from tests.support.wire import BEGIN, MS, NODE, NODE_IP, POD, SECOND, error, reply, request, write_pcap


def table(tmp_path: Path, frames: list[tuple[int, bytes]], later: int | None = 60 * SECOND) -> list[dict[Any, Any]]:
    sent = [(BEGIN + time, frame) for time, frame in frames]
    if later is not None:
        sent.append((BEGIN + later, reply(7, ident=999)))
    rows: list[dict[Any, Any]] = analyze(
        write_pcap(tmp_path / "cali14e7d81007d.pcap", sent, nanoseconds=True)
    ).echo.to_dict("records")
    return rows


def test_replied(tmp_path: Path) -> None:
    (row,) = table(tmp_path, [(0, request()), (70_000, reply())])
    assert (row["outcome"], row["ident"], row["seq"]) == ("replied", 15, 1)
    assert (row["ttl"], row["reply_ttl"]) == (64, 63)
    assert (row["eth_src"], row["eth_dst"]) == (POD, NODE)
    assert (row["reply_eth_src"], row["reply_eth_dst"]) == (NODE, POD)
    assert row["rtt"] == pd.Timedelta(70, "us")


def test_late_reply_is_a_reply(tmp_path: Path) -> None:
    (row,) = table(tmp_path, [(0, request()), (20 * SECOND, reply())])
    assert row["outcome"] == "replied"


def test_duplicate_replies(tmp_path: Path) -> None:
    (row,) = table(tmp_path, [(0, request()), (5, reply()), (9, reply())])
    assert row["replies"] == 2


def test_same_packet_seen_twice(tmp_path: Path) -> None:
    """Both ends of a link in one recording: one request, recorded twice."""
    (row,) = table(tmp_path, [(0, request()), (3, request()), (5, reply()), (9, reply())])
    assert (row["requests"], row["replies"]) == (2, 2)


def test_sequence_wraps(tmp_path: Path) -> None:
    first, second = table(
        tmp_path, [(0, request(ip_id=1)), (5, reply()), (SECOND, request(ip_id=2)), (SECOND + 5, reply())]
    )
    assert first["outcome"] == second["outcome"] == "replied"


def test_identifier_used_again_without_reply(tmp_path: Path) -> None:
    first, second = table(tmp_path, [(0, request(ip_id=1)), (SECOND, request(ip_id=2)), (SECOND + 5, reply())])
    assert (first["outcome"], second["outcome"]) == ("unanswered", "replied")


def test_in_flight_is_not_lost(tmp_path: Path) -> None:
    (row,) = table(tmp_path, [(0, request())], later=499 * MS)
    assert row["outcome"] == "in-flight"
    assert pd.isna(row["replied"])
    (row,) = table(tmp_path, [(0, request())], later=500 * MS)
    assert row["outcome"] == "unanswered"


def test_error_ends_it(tmp_path: Path) -> None:
    sent = request()
    (row,) = table(tmp_path, [(0, sent), (5, error(3, 1, sent))])
    assert (row["outcome"], row["error"], row["error_type"], row["error_code"]) == ("error", "unreachable", 3, 1)
    assert row["error_from"] == NODE_IP


def test_fragmentation_needed_is_too_big(tmp_path: Path) -> None:
    sent = request()
    (row,) = table(tmp_path, [(0, sent), (5, error(3, 4, sent))])
    assert row["error"] == "too-big"


def test_time_exceeded(tmp_path: Path) -> None:
    sent = request(ttl=1)
    (row,) = table(tmp_path, [(0, sent), (5, error(11, 0, sent))])
    assert row["error"] == "time-exceeded"


def test_reply_after_an_error_counts(tmp_path: Path) -> None:
    sent = request()
    (row,) = table(tmp_path, [(0, sent), (5, error(3, 1, sent)), (9, reply())])
    assert row["outcome"] == "replied"


def test_error_about_something_else(tmp_path: Path) -> None:
    (row,) = table(tmp_path, [(0, request(1)), (5, error(3, 1, request(2)))])
    assert row["outcome"] == "unanswered"


def test_reply_recorded_before_its_request(tmp_path: Path) -> None:
    (row,) = table(tmp_path, [(4_000, reply()), (0, request())])
    assert row["outcome"] == "replied"
    assert row["rtt"] == pd.Timedelta(4, "us")


def test_group_is_not_one_host(tmp_path: Path) -> None:
    (row,) = table(tmp_path, [(0, request(dst="224.0.0.1"))])
    assert not row["unicast"]


def test_error_recorded_before_its_request(tmp_path: Path) -> None:
    sent = request(ttl=1)
    (row,) = table(tmp_path, [(4_000, error(11, 0, sent)), (0, sent)])
    assert row["error"] == "time-exceeded"
