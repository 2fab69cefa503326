"""A pod that sends with an address that is not its own, printed without MACs: it is no pod's address."""

from __future__ import annotations

from pathlib import Path

import pytest

from pcapcheck import analyze
from tests.support.lab import captures
from tests.support.transcripts import MISSING, transcript

pytestmark = pytest.mark.skipif(bool(MISSING), reason=MISSING)


@pytest.mark.parametrize("options", ["-nn", "-nn -v", "-nn -e"])
def test_the_reverse_path_check_is_the_first_suspect(options: str, tmp_path: Path) -> None:
    texts = [transcript(path, tmp_path, *options.split()) for path in captures("pod-foreign-source")]
    analysis = analyze(*(text for text in texts if text))
    assert analysis.verdict == "fail"
    (diagnosis,) = analysis.diagnoses
    assert diagnosis.suspects[0].cause.id == "source-check-on-pod-link"
    assert [sorted(point.pod_ips) for point in analysis.points] == [[0xFFFF0AF4010A], [0xFFFF0AF4010B]]


@pytest.mark.parametrize("options", ["-nn", "-nn -e"])
def test_both_addresses_of_a_dual_stack_pod_are_its_own(options: str, tmp_path: Path) -> None:
    texts = [transcript(path, tmp_path, *options.split()) for path in captures("ipv6-forwarding-off")]
    analysis = analyze(*(text for text in texts if text))
    assert [len(point.pod_ips) for point in analysis.points] == [2, 2]
