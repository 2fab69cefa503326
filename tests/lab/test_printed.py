"""The lab's recordings as tcpdump prints them: the verdicts of the captures, but for what the text does not tell."""

from __future__ import annotations

from pathlib import Path

import pytest

from pcapcheck import analyze
from tests.support.lab import EXPECTED, RULES, captures, statuses
from tests.support.transcripts import MISSING, transcript

pytestmark = pytest.mark.skipif(bool(MISSING), reason=MISSING)

# Where a fault shows only in what a text without -e or -v leaves out, so that the rule passes on what is left.
UNSEEN = {
    # The two machines show by the MACs of those who ask.
    ("-nn", "duplicate-ip-one-link"): {"address-has-one-mac"},
    ("-nn -v", "duplicate-ip-one-link"): {"address-has-one-mac"},
    # Which request the only error is about; it comes in the recording's last moment.
    ("-nn", "tunnel-mtu"): {"echo-answered"},
    ("-nn -e", "tunnel-mtu"): {"echo-answered"},
}
LETTERS = {"pass": "P", "fail": "F", "not-checked": "-"}


@pytest.mark.parametrize("options", ["-nn -e -v", "-nn -e", "-nn -v", "-nn"])
@pytest.mark.parametrize("scenario", sorted(EXPECTED))
def test_printed(scenario: str, options: str, tmp_path: Path) -> None:
    texts = [transcript(path, tmp_path, *options.split()) for path in captures(scenario)]
    result = analyze(*(text for text in texts if text))
    assert [problem for capture in result.captures for problem in capture.problems] == []
    if options == "-nn -e -v":
        assert statuses(result) == EXPECTED[scenario]
        return
    was = dict(zip(RULES, EXPECTED[scenario].replace(" ", ""), strict=True))
    now = {finding.rule.id: LETTERS[finding.status] for finding in result.findings}
    changed = {rule for rule in RULES if now[rule] not in (was[rule], "-")}
    assert changed == UNSEEN.get((options, scenario), set())
