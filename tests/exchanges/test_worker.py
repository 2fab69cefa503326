"""The second thread: in order, nothing lost, failures raised, and the same results as without it."""

from __future__ import annotations

from pathlib import Path
from unittest.mock import patch

import pytest

from pcapcheck import analyze
from pcapcheck.exchanges.worker import Worker
from tests.benchmarks.captures import traffic
from tests.benchmarks.rounds import write_capture
from tests.support.kernels import NOT_COMPILED


def test_in_order() -> None:
    seen: list[int] = []
    ahead = Worker(seen.append, 2)
    for number in range(1000):
        ahead.give(number)
    ahead.join()
    assert seen == list(range(1000))


def test_a_failure_is_raised() -> None:
    def work(number: int) -> None:
        if number == 3:
            raise ValueError("three")

    def give_and_join() -> None:
        ahead = Worker(work, 2)
        for number in range(1000):
            ahead.give(number)
        ahead.join()

    with pytest.raises(ValueError, match="three"):
        give_and_join()


@pytest.mark.skipif(bool(NOT_COMPILED), reason=NOT_COMPILED)
@pytest.mark.parametrize("kind", ["pings", *(pytest.param(name, marks=pytest.mark.slow) for name in ("pods", "flows"))])
def test_threads_do_not_change_the_result(kind: str, tmp_path: Path) -> None:
    """More than one window and many batches."""
    path = write_capture(tmp_path / "cali14e7d81007d.pcap", 30_000, traffic(kind))
    with_threads = analyze(path).to_dict()
    with (
        patch("pcapcheck.exchanges.paired_exchanges.is_compiled", return_value=False),
        patch("pcapcheck.capture.source.is_compiled", return_value=False),
    ):
        assert analyze(path).to_dict() == with_threads
    for size in (7, 1000):
        assert analyze(path, batch_frames=size).to_dict() == with_threads
