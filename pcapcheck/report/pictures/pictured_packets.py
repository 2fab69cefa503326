"""The packets of an exchange, each with all its sightings."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from pcapcheck.analysis import Analysis
from pcapcheck.paths.path import Path
from pcapcheck.report.pictures.frame_sightings import Place, Sighting, sightings
from pcapcheck.report.pictures.packet_words import ON_LINK


class PicturedPacket(Struct, frozen=True):
    """A packet's sightings in the order of its path; ``path`` is None where it was seen once or not followed."""

    sightings: tuple[Sighting, ...]
    path: Path | None

    @property
    def first(self) -> Sighting:
        return self.sightings[0]

    @property
    def last(self) -> Sighting:
        return self.sightings[-1]

    @property
    def kind(self) -> str:
        return self.first.kind

    @property
    def is_on_link(self) -> bool:
        """Whether no router forwards it."""
        return self.kind == ON_LINK

    @property
    def places(self) -> set[Place]:
        return {sighting.place for sighting in self.sightings}


def packets_of(analysis: Analysis, exchanges: Sequence[Sequence[Place]]) -> list[list[PicturedPacket]]:
    """The packets of each of some exchanges, given their frames, in the order of time. Captures are read twice."""
    own = sightings(analysis, (place for places in exchanges for place in places))
    joined: dict[Place, tuple[Path, tuple[Place, ...]]] = {}
    for sighting in own.values():
        for path in analysis.followed.of_two(sighting.src, sighting.dst):
            for sample in path.samples:
                some = tuple((step.spot.capture, frame) for step, frame in zip(path.steps, sample.frames, strict=True))
                if sighting.place in some:
                    joined.update(dict.fromkeys(some, (path, some)))
    every = own | sightings(analysis, joined.keys() - own.keys())
    return [_packets(places, joined, every) for places in exchanges]


def _packets(
    places: Sequence[Place], joined: dict[Place, tuple[Path, tuple[Place, ...]]], every: dict[Place, Sighting]
) -> list[PicturedPacket]:
    found: dict[tuple[Place, ...], PicturedPacket] = {}
    for place in places:
        path, chain = joined.get(place, (None, (place,)))
        known = tuple(every[place] for place in chain if place in every)
        if known:
            found[chain] = PicturedPacket(known, path)
    return sorted(found.values(), key=lambda packet: (packet.first.time or 0, packet.first.place))
