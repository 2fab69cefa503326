"""Facts: what only whole captures show about their points, and the late columns of rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cached_property

from pcapcheck.calico import is_calico_tunnel
from pcapcheck.decode.frame_group import FrameGroup
from pcapcheck.links.capture_points import PointKey
from pcapcheck.links.observations import Observation, apart
from pcapcheck.links.point_columns import LATE_COLUMNS, RowPlace
from pcapcheck.links.point_facts import PointFacts
from pcapcheck.networks import EVIDENCE, NAME, NOTHING_KNOWN, STATE, KnownNetwork
from pcapcheck.values import Value

# Questions to a port that the asker's own link shows too: by capture, frame group and table, and by outcome.
Repeats = Mapping[tuple[int, int, str], Counter[str]]


class Facts:
    """All capture points, described, and the late columns of every row of an exchange or frame table.

    ``assume`` picks the alternative that stands for a link whose ends are unknown. ``observations`` groups the points
    that were recorded at one time. ``twice`` are points that show only what another point shows, each with that point.
    ``followed``: some packet was seen at two points. ``not_calico`` says what a node's state shows instead of Calico.
    ``repeats`` are the questions to a port that the asker's own link shows too.
    """

    def __init__(
        self,
        points: dict[PointKey, PointFacts],
        assume: int | None = None,
        known: KnownNetwork = NOTHING_KNOWN,
        twice: Sequence[tuple[PointFacts, PointFacts]] = (),
    ) -> None:
        self.points = points
        self.observations: dict[PointKey, Observation] = {}
        self.twice = twice
        self.followed = False
        self.not_calico = known.not_calico
        self.known = known
        self.repeats: Repeats = {}
        self._assumed: dict[int, Facts] = {}
        self._by_group: dict[tuple[int, int], tuple[PointFacts, FrameGroup]] = {}
        for point in points.values():
            described = point if assume is None or not point.alternatives else point.alternatives[assume]
            for number, group in point.groups.items():
                self._by_group[point.key[0], number] = (described, group)

    def are_apart(self, here: PointKey, other: PointKey) -> bool:
        """Whether two capture points were recorded at different times."""
        return apart(self.observations.get(here), self.observations.get(other))

    def within(self, keys: set[PointKey]) -> Facts:
        """The same about these capture points alone."""
        facts = Facts({key: point for key, point in self.points.items() if key in keys})
        facts.observations = self.observations
        return facts

    def assuming(self, assumption: int) -> Facts:
        """The same with an assumption about each link whose ends are unknown."""
        if assumption not in self._assumed:
            self._assumed[assumption] = Facts(self.points, assumption, self.known)
            self._assumed[assumption].repeats = self.repeats
        return self._assumed[assumption]

    @cached_property
    def calico(self) -> str | None:
        """By what Calico is shown to be anywhere in the observation: the strongest that there is."""
        shown = {point.capture_point.calico for point in self.points.values()}
        if any(point.capture_point.named_by and is_calico_tunnel(point.name) for point in self.points.values()):
            shown.add(NAME)
        if self.known.calico:
            shown.add(STATE)
        return next((evidence for evidence in EVIDENCE if evidence in shown), None)

    @cached_property
    def pod_ips(self) -> frozenset[int]:
        """The addresses of all pods whose own links were recorded; asked for when all links are described."""
        return frozenset(ip for point in self.points.values() if point.kind == "pod-link" for ip in point.pod_ips)

    def point(self, capture: int, group: int) -> PointFacts | None:
        found = self._by_group.get((capture, group))
        return found[0] if found else None

    def value(self, name: str, capture: int, number: int, table: str, outcome: str) -> Value | None:
        """The value of a late column (or of a column that all frames of a group share), or None."""
        place = self._place(capture, number, table, outcome)
        return None if place is None else LATE_COLUMNS[name].value(place)

    def reason(self, name: str, capture: int, number: int, table: str, outcome: str) -> str:
        """Why a column is absent, in words that say what to do about it."""
        place = self._place(capture, number, table, outcome)
        if place is None:
            return "too many different frames to tell apart"
        column = LATE_COLUMNS.get(name)
        return (column and column.why_absent(place)) or f"{name.replace('_', '.', 1)} was not captured"

    def _place(self, capture: int, number: int, table: str, outcome: str) -> RowPlace | None:
        found = self._by_group.get((capture, number))
        return None if found is None else RowPlace(*found, number, table, outcome)
