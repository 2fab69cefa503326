"""The metrics of a watch, as Prometheus scrapes them."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from pcapcheck.errors import UsageError
from pcapcheck.watch.display import Scene
from pcapcheck.watch.metrics import LOCAL, MOST_PODS, PORT, Metrics, parse_listen_address
from pcapcheck.watch.snapshot import Snapshot, Tally, WatchedPod
from tests.support.lab import CAPTURES

parser = pytest.importorskip("prometheus_client.parser", reason="prometheus_client is not installed")
BROKEN = CAPTURES / "proxy-arp-off" / "cali14e7d81007d.pcap"
HEALTHY = CAPTURES / "healthy" / "cali14e7d81007d.pcap"


def scraped(address: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """All samples by name and labels."""
    with urllib.request.urlopen(f"http://{address}/metrics", timeout=30) as answer:
        text = answer.read().decode()
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in parser.text_string_to_metric_families(text)
        for sample in family.samples
    }


@contextmanager
def serving() -> Iterator[Metrics]:
    metrics = Metrics(f"{LOCAL}:0")
    try:
        yield metrics
    finally:
        metrics.close()


def snapshot(pods: int, lost: int = 0) -> Snapshot:
    tally = Tally(asked=10, answered=10 - lost, lost=lost)
    some = tuple(WatchedPod(f"10.0.{number >> 8}.{number & 255}", "cali0", {"echo": tally}) for number in range(pods))
    return Snapshot(10**18, 100, 3, "pass", "pass", "all is well", 0, "", 1, some, 0, (), (), {"echo": {60_000: 7}})


def scene(of: Snapshot) -> Scene:
    return Scene(100, 1.0, of, {}, ())


def test_what_a_run_serves() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "pcapcheck", "watch", "-", "--metrics", f"{LOCAL}:0", "--jsonl"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=False,
    ) as run:
        assert run.stdin is not None
        assert run.stdout is not None
        assert run.stderr is not None
        address = run.stderr.readline().decode().split("http://")[1].split("/")[0]
        run.stdin.write(BROKEN.read_bytes())
        run.stdin.flush()
        while json.loads(run.stdout.readline())["event"] != "failure":
            pass
        # The scene follows the event within a moment.
        key = ("pcapcheck_failures", (("rule", "gateway-arp-answered"), ("severity", "error")))
        samples = next(each for _ in range(200) if key in (each := scraped(address)))
        run.stdin.close()
        run.stdout.read()
    assert samples["pcapcheck_frames_total", ()] == 3
    assert samples["pcapcheck_verdict", (("verdict", "fail"),)] == 1
    assert samples["pcapcheck_verdict", (("verdict", "pass"),)] == 0
    labels = (("kind", "arp"), ("outcome", "lost"), ("pod", "10.244.1.10"))
    assert samples["pcapcheck_questions_total", labels] == 1
    assert samples["pcapcheck_events_total", (("event", "failure"),)] == 1


def test_labels_are_bounded_and_nothing_is_lost() -> None:
    with serving() as metrics:
        metrics.show(scene(snapshot(MOST_PODS + 50)))
        samples = scraped(metrics.address)
    answered = {
        dict(labels)["pod"]: value
        for (name, labels), value in samples.items()
        if name == "pcapcheck_questions_total" and dict(labels)["outcome"] == "answered"
    }
    assert len(answered) == MOST_PODS + 1
    assert answered["other"] == 500
    assert sum(answered.values()) == 10 * (MOST_PODS + 50)


def test_what_is_counted_never_falls() -> None:
    """An answer that comes late takes a loss back in the report, but not here."""
    with serving() as metrics:
        metrics.show(scene(snapshot(1, lost=2)))
        metrics.show(scene(snapshot(1, lost=0)))
        samples = scraped(metrics.address)
    key = (("kind", "echo"), ("outcome", "lost"), ("pod", "10.0.0.0"))
    assert samples["pcapcheck_questions_total", key] == 2


def test_how_long_answers_took() -> None:
    with serving() as metrics:
        metrics.show(scene(snapshot(1)))
        samples = scraped(metrics.address)
    assert samples["pcapcheck_answer_seconds_bucket", (("kind", "echo"), ("le", "5e-05"))] == 0
    assert samples["pcapcheck_answer_seconds_bucket", (("kind", "echo"), ("le", "0.0001"))] == 7
    assert samples["pcapcheck_answer_seconds_count", (("kind", "echo"),)] == 7
    assert samples["pcapcheck_answer_seconds_sum", (("kind", "echo"),)] == pytest.approx(7 * 60e-6)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("9000", (LOCAL, 9000)),
        (":9000", (LOCAL, 9000)),
        ("0.0.0.0:9000", ("0.0.0.0", 9000)),
        ("[::1]:9000", ("::1", 9000)),
        ("::1", ("::1", PORT)),
        ("localhost", ("localhost", PORT)),
    ],
)
def test_addresses(text: str, address: tuple[str, int]) -> None:
    """Nobody but this machine is served unless that is asked for."""
    assert parse_listen_address(text) == address


def test_an_address_that_is_taken() -> None:
    with serving() as metrics, pytest.raises(UsageError, match="name a free address"):
        Metrics(metrics.address)
