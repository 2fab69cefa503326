"""The way of a packet: its ends and the capture points between, how many packets each saw, and where it ends."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct

from pcapcheck.analysis import Analysis
from pcapcheck.links.point_facts import PointFacts
from pcapcheck.links.sides import NODE, POD
from pcapcheck.paths.fates import TUNNELS
from pcapcheck.paths.losses import REPLY
from pcapcheck.paths.path import Path, PathStep
from pcapcheck.report.path_summaries import is_lost, noun_of, path_summaries
from pcapcheck.report.pictures.ladder import ASSUMED, LOST, SEEN
from pcapcheck.report.pictures.shown_exchanges import is_ended
from pcapcheck.report.pod_sums import PodSummary, each_pod
from pcapcheck.ruleset.finding import FAIL, Evidence, ordered
from pcapcheck.values import clean, format_address, format_mac

# Capture points in one picture.
MOST_POINTS = 6
UNSEEN = "unseen"


class Stop(Struct, frozen=True):
    """A place on the way. ``lines`` are addresses and MACs there; ``seen`` of ``sent`` packets were recorded there.

    ``machine`` is the name of the machine that it is on, empty where nothing tells.
    """

    name: str
    lines: tuple[str, ...]
    is_end: bool
    seen: int | None = None
    sent: int | None = None
    machine: str = ""

    @property
    def count(self) -> str:
        return "" if self.seen is None else f"{self.seen:,} of {self.sent:,} seen"


class Leg(Struct, frozen=True):
    """From one stop to the next: what is known of packets there, and what they carry."""

    state: str
    text: str


class Way(Struct, frozen=True):
    """``noun`` is what went from the first stop to the last; there is one leg fewer than stops."""

    noun: str
    stops: tuple[Stop, ...]
    legs: tuple[Leg, ...]

    @property
    def machines(self) -> list[tuple[str, int, int]]:
        """The machines that stops in a row are on: name, first and last stop by number."""
        found: list[tuple[str, int, int]] = []
        for number, stop in enumerate(self.stops):
            if stop.machine and found and found[-1][0] == stop.machine and found[-1][2] == number - 1:
                found[-1] = (stop.machine, found[-1][1], number)
            elif stop.machine:
                found.append((stop.machine, number, number))
        return found

    @property
    def ends_at(self) -> Stop | None:
        """Where packets were seen last that were lost."""
        return next((stop for stop, leg in zip(self.stops, self.legs, strict=False) if leg.state == LOST), None)

    @property
    def words(self) -> str:
        """The picture in a sentence."""
        way = ", ".join(stop.name + (f" ({stop.count})" if stop.count else "") for stop in self.stops)
        last = self.ends_at
        end = "" if last is None else f"; lost ones were seen last on {last.name}"
        return f"{self.noun}: {way}{end}"


def way(analysis: Analysis) -> Way | None:
    """The way of what failed first; if nothing did, of the busiest questions. None if nothing tells any."""
    failed = (finding for finding in ordered(analysis.findings) if finding.status == FAIL)
    for rule, evidence in ((finding.rule, row) for finding in failed for row in finding.evidence[:1]):
        own, ended = _path_of(analysis, evidence), is_ended(rule, evidence)
        found = _followed(analysis, own, ended) if own else None
        found = found or _on_one_link(analysis, evidence, ended)
        if found is not None:
            return found
    several = (summary.path for summary in path_summaries(analysis) if len(summary.path.steps) > 1)
    busiest = next(several, None)
    return _followed(analysis, busiest) if busiest else _busiest_link(analysis)


def _path_of(analysis: Analysis, evidence: Evidence) -> Path | None:
    """The path of the packet that failed, or of its answer if that was lost."""
    places = {(evidence.capture, frame) for frame in evidence.frames} | set(evidence.elsewhere)
    src, dst = evidence.row.get("src"), evidence.row.get("dst")
    if not isinstance(src, int) or not isinstance(dst, int):
        return None
    back = evidence.last_seen is not None and evidence.last_seen.direction == REPLY
    pair = (dst, src) if back and evidence.row.get("packet") != REPLY else (src, dst)
    every = analysis.followed.between(*pair)
    own = [path for path in every if places & _places(path)]
    lost = [path for path in every if is_lost(analysis.followed, path)]
    return next(iter(own or lost or every), None)


def _places(path: Path) -> set[tuple[int, int]]:
    steps = [step.spot.capture for step in path.steps]
    return {place for sample in path.samples for place in zip(steps, sample.frames, strict=True)}


def _followed(analysis: Analysis, path: Path, ended: bool = False) -> Way | None:
    """Packets between two hosts that were recorded at several points, or had to be; ``ended``: this path is cut off."""
    if len(analysis.points) < 2:
        return None
    paths = [other for other in analysis.followed.between(path.src, path.dst) if other.packet == path.packet]
    longest = max(paths, key=lambda path: len(path.steps))
    lost = [path] if ended else [other for other in paths if is_lost(analysis.followed, other)]
    missing = _missing(analysis, lost[0], longest) if lost else []
    steps = list(longest.steps[:MOST_POINTS])
    sent = sum(other.count for other in paths if not other.repeated)
    seen = {step.spot.point.key: 0 for step in steps}
    for other in paths:
        for key in {step.spot.point.key for step in other.steps} & seen.keys():
            seen[key] += 0 if other.repeated else other.count
    last = lost[0].steps[-1].spot.point.key if lost else None
    stops, legs = [_first_end(analysis, steps[0])], [Leg(SEEN, _macs(steps[0]))]
    for number, step in enumerate(steps):
        point = step.spot.point
        stops.append(_point(analysis, point, seen[point.key], sent, _carried(steps, number)))
        is_last = number == len(steps) - 1
        state = LOST if point.key == last else UNSEEN if is_last and missing else ASSUMED if is_last else SEEN
        legs.append(Leg(state, _macs(steps[number + 1]) if not is_last else ""))
    for number, point in enumerate(missing):
        stops.append(_point(analysis, point, 0, sent, ()))
        legs.append(Leg(UNSEEN, ""))
        if not number and last is None:
            legs[-2] = Leg(UNSEEN, "")
    if not lost and not missing:
        legs[-1] = Leg(ASSUMED, "")
    stops.append(_last_end(analysis, longest.steps[-1]))
    return Way(noun_of(longest.packet, sent), tuple(stops), tuple(legs))


def _missing(analysis: Analysis, lost: Path, longest: Path) -> list[PointFacts]:
    """The points that had to show lost packets and that no packet like them reached."""
    passed = {step.spot.point.key for step in longest.steps}
    return [point for point in analysis.followed.deliveries.missing(lost) if point.key not in passed][:2]


def _point(analysis: Analysis, point: PointFacts, seen: int | None, sent: int | None, lines: Iterable[str]) -> Stop:
    machine = analysis.followed.hosts.name(point.key) or ""
    return Stop(clean(point.name), tuple(lines), False, seen, sent, clean(machine))


def _carried(steps: list[PathStep], number: int) -> Iterator[str]:
    """What changes on the way: TTL, tunnel, translated addresses."""
    step = steps[number]
    if step.ttl is not None:
        yield f"TTL {step.ttl}"
    if step.encap in TUNNELS:
        yield f"in {TUNNELS[step.encap]}"
    if number and (step.src, step.dst) != (steps[number - 1].src, steps[number - 1].dst):
        yield f"{format_address(step.src)} → {format_address(step.dst)}"


def _macs(step: PathStep) -> str:
    group = step.spot.group
    return f"to {format_mac(group.dst)}" if group.dst is not None else ""


def _first_end(analysis: Analysis, step: PathStep) -> Stop:
    group = step.spot.group
    mac = group.src if step.spot.point.kind == "pod-link" and step.spot.side == POD else None
    return _end(analysis, step.src, mac)


def _last_end(analysis: Analysis, step: PathStep) -> Stop:
    group = step.spot.group
    mac = group.dst if step.spot.point.kind == "pod-link" and step.spot.side == NODE else None
    return _end(analysis, step.dst, mac)


def _end(analysis: Analysis, address: int | None, mac: int | None) -> Stop:
    name = analysis.pods.by_address(address) if analysis.pods and address is not None else None
    shown = "unknown" if address is None else format_address(address)
    lines = [*([shown] if name else []), *([format_mac(mac)] if mac is not None else [])]
    return Stop(clean(name or shown), tuple(lines), True)


def _on_one_link(analysis: Analysis, evidence: Evidence, ended: bool) -> Way | None:
    """A question that one link shows; ``ended``: it got no answer there."""
    row = evidence.row
    asker, asked = _address(row, "asker_ip", "src"), _address(row, "target", "dst")
    point = _point_of(analysis, evidence)
    if asker is None or asked is None or point is None:
        return None
    mac = next((mac for mac, ips in point.pods.items() if asker in ips and mac is not None), None)
    stops = (_end(analysis, asker, mac), _point(analysis, point, None, None, ()), _end(analysis, asked, None))
    noun = "questions" if "target" not in row else "requests for a MAC"
    return Way(noun, stops, (Leg(SEEN, ""), Leg(LOST if ended else ASSUMED, "")))


def _address(row: object, *names: str) -> int | None:
    values = (row.get(name) for name in names)  # type: ignore[attr-defined]
    return next((value for value in values if isinstance(value, int)), None)


def _point_of(analysis: Analysis, evidence: Evidence) -> PointFacts | None:
    named = [point for point in analysis.points if point.key[0] == evidence.capture]
    return next((point for point in named if point.name == evidence.interface), named[0] if named else None)


def _busiest_link(analysis: Analysis) -> Way | None:
    """Of one link: the pod, its link and the node, with how many of its questions were recorded."""
    busiest: PodSummary | None = max(each_pod(analysis), key=lambda pod: pod.echo.total + pod.arp.total, default=None)
    if busiest is None or not busiest.ips:
        return None
    mac = min(busiest.macs, default=None)
    total = busiest.echo.total or busiest.arp.total
    noun = "echo requests" if busiest.echo.total else "requests for a MAC"
    stops = (
        _end(analysis, min(busiest.ips), mac),
        _point(analysis, busiest.link, total, total, ()),
        Stop("node", ("what is behind it was not recorded",), True),
    )
    return Way(noun, stops, (Leg(SEEN, ""), Leg(ASSUMED, "")))
