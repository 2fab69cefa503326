"""Count the packets of paths for all rules about their table, which are asked once about paths that look alike."""

from __future__ import annotations

from operator import attrgetter

from pcapcheck.paths.path_tables import FollowedPackets
from pcapcheck.ruleset.evaluate import Evaluation

# An evaluation, what its early conditions say of packets, and whether its rule surely holds for them.
Said = tuple[Evaluation, tuple[int, ...], bool]
# Packets that differ in what the rules look at, whose results are kept.
MOST_KNOWN = 1 << 12


class FollowedCounting:
    """Counts packets for the rules of one table, path by path or hop by hop."""

    def __init__(self, evaluations: list[Evaluation]) -> None:
        judging = [evaluation for evaluation in evaluations if not evaluation.rule.off]
        self._apart = [evaluation for evaluation in judging if not evaluation.shares_rows]
        self._alike = [evaluation for evaluation in judging if evaluation.shares_rows]
        named = {attribute for evaluation in self._alike for attribute in evaluation.early_attributes}
        self._values = attrgetter("outcome", *sorted(named))
        self._known: dict[object, list[Said]] = {}

    def feed(self, packets: FollowedPackets) -> None:
        """Count the packets of one path, which share what rules look at unless they name what differs."""
        for evaluation in self._apart:
            for row, weight in packets.rows():
                evaluation.feed(packets.capture, [row], weight)
        if not self._alike:
            return
        values = self._values(packets)
        known = self._known.get(values)
        if known is None:
            known = [said for evaluation in self._alike if (said := _said(evaluation, packets)) is not None]
            if len(self._known) < MOST_KNOWN:
                self._known[values] = known
        for evaluation in self._alike:
            evaluation.seen += packets.count
        for evaluation, results, holds in known:
            evaluation.count_alike(packets, results, holds)


def _said(evaluation: Evaluation, packets: FollowedPackets) -> Said | None:
    """What a rule says of packets; None if it cannot be about them."""
    results, holds = evaluation.said_of(packets)
    return None if evaluation.cannot_be_about(results) else (evaluation, results, holds)
