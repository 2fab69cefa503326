"""Later fragments that get lost while the first ones arrive: what counts as answered by those is not."""

from __future__ import annotations

import pytest

from pcapcheck import analyze
from tests.support.lab import captures


def said(scenario: str, *parts: str) -> list[str]:
    files = [path for path in captures(scenario) if not parts or any(part in path.name for part in parts)]
    found = analyze(*files).to_dict()["unanswered"]
    return [each["question"] for each in found if each["protocol"] == "IP"]


def test_the_rest_of_replies_is_lost() -> None:
    analysis = analyze(*captures("later-fragments-dropped"))
    assert said("later-fragments-dropped") == [
        "later fragments of 10.244.1.11's packets to 10.244.1.10 enter the node on calieabe7761b00 and are seen "
        "nowhere after"
    ]
    # A rule has no say in it.
    assert analysis.verdict == "pass"
    assert analysis.to_dict()["verdict_label"] == "WARN"
    (question,) = analysis.to_dict()["unanswered"]
    assert (question["attempts"], question["frames"]) == (8, sorted(question["frames"]))


@pytest.mark.parametrize("parts", [("cali14e7d81007d",), ("calieabe7761b00",)])
def test_one_link_alone_shows_nothing_of_it(parts: tuple[str, ...]) -> None:
    assert said("later-fragments-dropped", *parts) == []


# All fragments arrive; none arrives, nor the first ones.
@pytest.mark.parametrize("scenario", ["fragments", "mtu-mismatch"])
def test_elsewhere_nothing_is_said(scenario: str) -> None:
    assert said(scenario) == []
