"""Metrics of a watch for Prometheus, over HTTP (``prometheus_client``).

Labels are bounded: pods beyond the first ``MOST_PODS`` are counted as ``other``, and rules,
kinds and outcomes are few. What is counted never falls: an answer that comes late does not take a loss back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pcapcheck.errors import UsageError
from pcapcheck.watch.display import Scene
from pcapcheck.watch.snapshot import Snapshot
from pcapcheck.watch.watch_event import WatchEvent

if TYPE_CHECKING:
    from prometheus_client.core import Metric

MOST_PODS = 200
OTHER = "other"
LOCAL = "127.0.0.1"
PORT = 9471
SECOND = 10**9
VERDICTS = ("pass", "fail", "not-checked")
OUTCOMES = ("answered", "lost", "unknown")
# Upper bounds of the times until an answer (seconds).
BOUNDS = (5e-5, 1e-4, 2.5e-4, 5e-4, 1e-3, 2.5e-3, 5e-3, 1e-2, 2.5e-2, 5e-2, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """Serves the latest snapshot at ``http://HOST:PORT/metrics``.

    Raises UsageError if ``prometheus_client`` is not installed or the address cannot be used.
    """

    def __init__(self, address: str) -> None:
        try:
            from prometheus_client import CollectorRegistry, start_http_server
        except ImportError:
            raise UsageError("--metrics needs prometheus_client: pip install 'pcapcheck[metrics]'") from None
        host, port = parse_listen_address(address)
        self._scene: Scene | None = None
        self._events: Counter[str] = Counter()
        self._questions: Counter[tuple[str, str, str]] = Counter()
        self._pods: set[str] = set()
        registry = CollectorRegistry()
        registry.register(self)
        try:
            self._server, self._thread = start_http_server(port, host, registry)
        except OSError as error:
            raise UsageError(
                f"--metrics {address}: {error.strerror or error}; name a free address of this machine"
            ) from None
        self.address = f"{host}:{self._server.server_port}"

    def tell(self, event: WatchEvent) -> None:
        """Count an event."""
        self._events[event.event] += event.event != "so-far"

    def show(self, scene: Scene) -> None:
        """Take over the scene."""
        snapshot = scene.snapshot
        if snapshot is not None and (self._scene is None or snapshot is not self._scene.snapshot):
            self._count(snapshot)
        self._scene = scene

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def describe(self) -> list[Any]:
        """Nothing: metrics are known only when they are collected."""
        return []

    def collect(self) -> Iterator[Metric]:
        """All metrics, as of the latest scene; ``prometheus_client`` calls it for each request."""
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

        scene = self._scene
        snapshot = scene.snapshot if scene is not None else None
        yield CounterMetricFamily("pcapcheck_frames", "Frames read.", value=scene.frames if scene is not None else 0)
        events = CounterMetricFamily("pcapcheck_events", "Events by name, as --jsonl has them.", labels=["event"])
        for name, count in sorted(self._events.copy().items()):
            events.add_metric([name], count)
        yield events
        verdicts = GaugeMetricFamily("pcapcheck_verdict", "1 for the verdict so far.", labels=["verdict"])
        for verdict in VERDICTS:
            verdicts.add_metric([verdict], float(snapshot is not None and snapshot.verdict == verdict))
        yield verdicts
        failures = GaugeMetricFamily(
            "pcapcheck_failures", "Links on which a rule is certain to fail.", labels=["rule", "severity"]
        )
        certain = list(scene.certain.values()) if scene is not None else []
        for (rule, severity), count in Counter((each.rule or "question", each.severity) for each in certain).items():
            failures.add_metric([rule, severity], count)
        yield failures
        if snapshot is not None:
            yield from self._of(snapshot)

    def _of(self, snapshot: Snapshot) -> Iterator[Metric]:
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily

        yield CounterMetricFamily("pcapcheck_recorder_drops", "Packets that the recorder lost.", value=snapshot.drops)
        yield GaugeMetricFamily(
            "pcapcheck_questions_open", "Questions whose answer may still come.", value=snapshot.open
        )
        if snapshot.clock is not None:
            yield GaugeMetricFamily(
                "pcapcheck_clock_seconds", "The capture's clock, since 1970.", value=snapshot.clock / SECOND
            )
        questions = CounterMetricFamily(
            "pcapcheck_questions", "Questions of pods by kind and outcome.", labels=["pod", "kind", "outcome"]
        )
        for (pod, kind, outcome), count in sorted(self._questions.copy().items()):
            questions.add_metric([pod, kind, outcome], count)
        yield questions
        times = HistogramMetricFamily("pcapcheck_answer_seconds", "How long answers took.", labels=["kind"])
        for kind, counts in sorted(snapshot.answer_times.items()):
            buckets = [(str(bound), sum(n for time, n in counts.items() if time <= bound * SECOND)) for bound in BOUNDS]
            whole = sum(counts.values())
            total = sum(time * count for time, count in counts.items()) / SECOND
            times.add_metric([kind], [*buckets, ("+Inf", whole)], sum_value=total)
        yield times

    def _count(self, snapshot: Snapshot) -> None:
        """Count questions by pod; a count that was higher stays."""
        now: Counter[tuple[str, str, str]] = Counter()
        for pod in snapshot.pods:
            if len(self._pods) < MOST_PODS:
                self._pods.add(pod.name)
            name = pod.name if pod.name in self._pods else OTHER
            for kind, tally in pod.tallies.items():
                for outcome in OUTCOMES:
                    now[name, kind, outcome] += getattr(tally, outcome)
        # As a whole, since a request may be answered meanwhile.
        self._questions = self._questions | now


def parse_listen_address(text: str) -> tuple[str, int]:
    """Host and port of ``HOST:PORT``, ``:PORT``, ``PORT`` or ``HOST``; what is left out is 127.0.0.1 and 9471.

    Raises UsageError for what is no port.
    """
    host, colon, port = text.rpartition(":")
    if not colon:
        host, port = ("", text) if text.isdecimal() else (text, "")
    elif host.count(":") and not host.startswith("["):
        host, port = text, ""
    if port and not (port.isdecimal() and int(port) < 1 << 16):
        raise UsageError(f"--metrics {text}: {port} is no port; write HOST:PORT, as in {LOCAL}:{PORT}")
    return host.strip("[]") or LOCAL, int(port or PORT)
