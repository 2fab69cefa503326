"""The lab's recordings as tcpdump prints them: the verdicts of the captures, except for what the text does not show."""

from __future__ import annotations

from pathlib import Path

import pytest

from pcapcheck import analyze
from tests.support.lab import EXPECTED, RULES, captures, statuses
from tests.support.transcripts import MISSING, transcript

pytestmark = [pytest.mark.corpus, pytest.mark.skipif(bool(MISSING), reason=MISSING)]

# Where a fault shows only in what a text without -e or -v leaves out, so that the rule passes on what is left.
UNSEEN = {
    # Nor does it show which end of a link the replies came from that are answers to some requests only.
    ("-nn", "ebpf-bypass"): {"echo-answered"},
}
# Problems that a text alone has: tcpdump -v calls spoiled checksums wrong, and no rule looks at fragments.
OWN = {"checksum-wrong": {"bad-checksum"}, "later-fragments-dropped": {"first-fragment-alone"}}
LETTERS = {"pass": "P", "fail": "F", "not-checked": "-"}


@pytest.mark.parametrize("options", ["-nn -e -v", "-nn -e", "-nn -v", "-nn"])
@pytest.mark.parametrize("scenario", sorted(EXPECTED))
def test_printed(scenario: str, options: str, tmp_path: Path) -> None:
    texts = [transcript(path, tmp_path, *options.split()) for path in captures(scenario)]
    analysis = analyze(*(text for text in texts if text))
    found = {problem.kind for capture in analysis.captures for problem in capture.problems}
    assert found <= {kind for part, kinds in OWN.items() if part in scenario for kind in kinds}
    was = dict(zip(RULES, EXPECTED[scenario].replace(" ", ""), strict=True))
    now = {finding.rule.id: LETTERS[finding.status] for finding in analysis.findings}
    if options == "-nn -e -v":
        assert {rule for rule in RULES if now[rule] != was[rule]} == set()
        return
    changed = {rule for rule in RULES if now[rule] not in (was[rule], "-")}
    assert changed == UNSEEN.get((options, scenario), set())


TWO_FILES = [name for name in sorted(EXPECTED) if len(captures(name)) == 2]


@pytest.mark.parametrize("scenario", TWO_FILES)
def test_a_printed_capture_next_to_a_recorded_one(scenario: str, tmp_path: Path) -> None:
    """The text has times of 1970 and no payload; packets are known again all the same."""
    recorded, other = captures(scenario)
    text = transcript(other, tmp_path, "-nn", "-e", "-v")
    analysis = analyze(recorded, *([text] if text else []))
    was = EXPECTED[scenario].replace(" ", "")
    now = statuses(analysis).replace(" ", "")
    changed = {rule for rule, before, after in zip(RULES, was, now, strict=True) if after not in (before, "-")}
    assert changed == set()


def test_a_reply_seen_first_in_print_answers_a_recorded_request(tmp_path: Path) -> None:
    """The payload, by which a reply is known to be of its request, is not printed."""
    recorded, other = captures("healthy")
    text = transcript(other, tmp_path, "-nn", "-e", "-v")
    assert text is not None
    paths = analyze(recorded, text).paths
    assert paths[paths["packet"] == "request"]["answered"].all()
