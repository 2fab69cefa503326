"""Lost fragments: the rest of packets whose first fragment arrived, which is then worth nothing.

A fragment after the first holds no ports (RFC 791, section 3.2; RFC 8200, section 4.5): what drops by ports, or
translates, and does not put packets together first, drops it. Whoever gets the first alone waits for the rest, and
gives up (RFC 1122, section 3.3.2): an answer in it was none. Several capture points show that.
"""

from __future__ import annotations

from collections.abc import Iterator

from pcapcheck.paths.fates import fate
from pcapcheck.paths.path import Path, Spot
from pcapcheck.paths.paths import Paths
from pcapcheck.questions.unanswered import Unanswered
from pcapcheck.values import format_address

FRAGMENT = "fragment"
MEANING = (
    "whoever gets their first fragments alone drops these too; what drops the others is a firewall, a policy or a "
    "translation that looks for ports, which they do not hold"
)


def lost_fragments(paths: Paths) -> Iterator[Unanswered]:
    """A question per two addresses, and where their fragments were seen last."""
    alike: dict[tuple[int, int, str], list[Path]] = {}
    for path in paths.found:
        if path.packet != FRAGMENT or not path.steps[0].spot.point.judged:
            continue
        loss = paths.loss(path)
        if loss.missing and _others_arrive(path, {point.key for point in loss.missing}, paths):
            alike.setdefault((path.src, path.dst, fate(loss, paths.hosts)), []).append(path)
    for (src, dst, words), some in alike.items():
        yield _question(some, f"later fragments of {format_address(src)}'s packets to {format_address(dst)} {words}")


def _question(some: list[Path], wording: str) -> Unanswered:
    first = some[0].steps[0].spot
    return Unanswered(
        protocol="IP",
        asker=some[0].src,
        asked=some[0].dst,
        about=f"packets to {format_address(some[0].dst)}",
        attempts=sum(path.count for path in some),
        lasted=None,
        capture=first.capture,
        interface=first.point.name,
        frames=tuple(sorted(sample.frames[0] for path in some for sample in path.samples if _is_at(path, first))),
        group=first.number,
        meaning=MEANING,
        wording=wording,
        verb="seen",
    )


def _is_at(path: Path, spot: Spot) -> bool:
    return path.steps[0].spot.point.key == spot.point.key


def _others_arrive(path: Path, missing: set[object], paths: Paths) -> bool:
    """Whether packets between the two arrive where the fragments do not: if none does, that is said of those."""
    return any(
        other.packet != FRAGMENT and any(step.spot.point.key in missing for step in other.steps)
        for other in paths.between(path.src, path.dst)
    )
