"""The way of a packet: its ends and the capture points between, how many packets each saw, and where it ends."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from msgspec import Struct

from pcapcheck.analysis import Analysis
from pcapcheck.links.point_facts import PointFacts
from pcapcheck.links.sides import NODE, POD
from pcapcheck.paths.fates import TUNNELS
from pcapcheck.paths.path import Path, PathStep
from pcapcheck.report.path_summaries import is_lost, noun_of, path_summaries
from pcapcheck.report.pictures.ladder import ASSUMED, LOST, SEEN
from pcapcheck.report.pictures.packet_words import ERROR
from pcapcheck.report.pictures.pictured_exchange import REFUSED, PicturedExchange, arriving
from pcapcheck.report.pod_sums import PodSummary, each_pod
from pcapcheck.values import clean, format_address, format_mac

# Capture points in one picture.
MOST_POINTS = 6
UNSEEN = "unseen"
LAST_SEEN = "last seen here"


class Stop(Struct, frozen=True):
    """A place on the way. ``lines`` are addresses and MACs there; ``seen`` of ``sent`` packets were recorded there.

    Either is None where nobody counted. ``machine`` is what its machine is called, empty where nothing tells.
    """

    name: str
    lines: tuple[str, ...]
    is_end: bool
    seen: int | None = None
    sent: int | None = None
    machine: str = ""

    @property
    def count(self) -> str:
        if self.seen is None:
            return ""
        return "none seen" if self.sent is None else f"{self.seen:,} of {self.sent:,} seen"

    @property
    def place(self) -> str:
        """Its name, with that of its machine."""
        return _of(self.machine) + self.name


class Leg(Struct, frozen=True):
    """From one stop to the next: what is known of packets there, and what they carry, or why they end there."""

    state: str
    text: str


class Way(Struct, frozen=True):
    """``noun`` is what went from the first stop to the last; there is one leg fewer than stops.

    ``fault`` is what failed, in a sentence; empty where nothing did.
    """

    noun: str
    stops: tuple[Stop, ...]
    legs: tuple[Leg, ...]
    fault: str = ""

    @property
    def ended(self) -> tuple[Stop, str] | None:
        """Where packets were seen last that went no further, and what is said of it."""
        legs = zip(self.stops, self.legs, strict=False)
        return next(((stop, leg.text) for stop, leg in legs if leg.state == LOST), None)

    @property
    def words(self) -> str:
        """The picture in a sentence."""
        first, *_, last = self.stops
        sentence = f"{self.noun} from {first.name} to {last.name}: "
        if self.ended is not None:
            stop, why = self.ended
            sentence += f"{why.replace('here', f'on {stop.place}')}; "
        return sentence + ", ".join(self._seen)

    @property
    def _seen(self) -> Iterator[str]:
        """How many each point saw: those of one machine that saw as many are named together."""
        points = [stop for stop in self.stops if not stop.is_end]
        for (count, machine), alike in groupby(points, lambda stop: (stop.count, stop.machine)):
            *names, last = (stop.name for stop in alike)
            named = f"{', '.join(names)} and {last}" if names else last
            yield f"{count or 'recorded'} on {_of(machine)}{named}"


def _of(machine: str) -> str:
    return f"{machine}'s " if machine else ""


def way(analysis: Analysis, exchanges: Sequence[PicturedExchange]) -> Way | None:
    """The way of what failed first; if nothing did, of the busiest questions. None if nothing tells any."""
    failed = [exchange for exchange in exchanges if exchange.shown.failed]
    if failed:
        return _of_failure(analysis, _telling(failed))
    several = (summary.path for summary in path_summaries(analysis) if len(summary.path.steps) > 1)
    busiest = next(several, None)
    return _followed(analysis, busiest, _of_lost(analysis, busiest)) if busiest else _busiest_link(analysis)


def _telling(failed: Sequence[PicturedExchange]) -> PicturedExchange:
    """The first; but where its packets end says more than what else is wrong, and questions come before answers."""
    first = failed[0]
    if not first.ended:
        return next((other for other in failed if other.ended and other.places & first.places), first)
    same = (other for other in failed if {other.asker, other.asked} == {first.asker, first.asked} and other.ended)
    return next((other for other in same if other.is_forward(other.ended[0])), first)  # type: ignore[index]


def _of_failure(analysis: Analysis, exchange: PicturedExchange) -> Way:
    shown = exchange.shown
    fault = clean(": ".join(part for part in (shown.rule, shown.sentence) if part))
    ended = exchange.ended
    packet, note = ended or (exchange.leading, "")
    if note == REFUSED:
        error = next(other.first for other in exchange.packets if other.kind == ERROR)
        note = f"{error.words.removeprefix('ICMP error: ')} ({format_address(error.src or 0)})"
    if packet.path is None or len(analysis.points) < 2:
        return _on_the_links(exchange, note, fault)
    return _followed(analysis, packet.path, (packet.path, note) if ended else None, fault)


def _of_lost(analysis: Analysis, path: Path) -> tuple[Path, str] | None:
    lost = (other for other in _alike(analysis, path) if is_lost(analysis.followed, other))
    return next(((other, LAST_SEEN) for other in lost), None)


def _alike(analysis: Analysis, path: Path) -> list[Path]:
    """The paths of packets of one type between two hosts."""
    return [other for other in analysis.followed.between(path.src, path.dst) if other.packet == path.packet]


def _followed(analysis: Analysis, path: Path, lost: tuple[Path, str] | None, fault: str = "") -> Way:
    """Packets between two hosts that several points recorded, or had to; ``lost``: a path that is cut off, and why."""
    paths = _alike(analysis, path)
    longest = max(paths, key=lambda path: len(path.steps))
    steps = list(longest.steps[:MOST_POINTS])
    passed = {step.spot.point.key for step in longest.steps}
    silent = analysis.followed.deliveries.missing(lost[0]) if lost else []
    missing = arriving(point for point in silent if point.key not in passed)[:2]
    sent = sum(other.count for other in paths if not other.repeated)
    seen = {step.spot.point.key: 0 for step in steps}
    for other in paths:
        for key in {step.spot.point.key for step in other.steps} & seen.keys():
            seen[key] += 0 if other.repeated else other.count
    last = lost[0].steps[-1].spot.point.key if lost else None
    stops, legs = [_end_of(analysis, steps[0], POD)], [Leg(SEEN, _macs(steps[0]))]
    for number, step in enumerate(steps):
        point = step.spot.point
        stops.append(_point(analysis, point, seen[point.key], sent, _carried(steps, number)))
        is_last = number == len(steps) - 1
        if lost and point.key == last:
            count = sum(other.count for other in paths if other.steps[-1].spot.point.key == last and not other.repeated)
            legs.append(Leg(LOST, _ending(lost[1], count, sent)))
        elif is_last:
            legs.append(Leg(UNSEEN if missing else ASSUMED, ""))
        else:
            legs.append(Leg(SEEN, _macs(steps[number + 1])))
    for point in missing:
        stops.append(_point(analysis, point, 0, sent, ()))
        legs.append(Leg(UNSEEN, ""))
    stops.append(_end_of(analysis, longest.steps[-1], NODE))
    return Way(noun_of(longest.packet, sent), tuple(stops), tuple(legs), fault)


def _ending(note: str, count: int, sent: int) -> str:
    """What is said where packets end: how many of them, if others went on."""
    said = LAST_SEEN if note.startswith(LAST_SEEN) else note
    return f"{count:,} of {sent:,} {said}" if said == LAST_SEEN and 0 < count < sent else said


def _point(analysis: Analysis, point: PointFacts, seen: int | None, sent: int | None, lines: Iterable[str]) -> Stop:
    machine = analysis.followed.hosts.name(point.key) or ""
    return Stop(clean(point.name), tuple(lines), False, seen, sent, clean(machine))


def _carried(steps: list[PathStep], number: int) -> Iterator[str]:
    """What changes on the way: TTL, tunnel, translated addresses."""
    step = steps[number]
    if step.ttl is not None:
        yield f"TTL {step.ttl}" + (f", in {TUNNELS[step.encap]}" if step.encap in TUNNELS else "")
    elif step.encap in TUNNELS:
        yield f"in {TUNNELS[step.encap]}"
    if number and (step.src, step.dst) != (steps[number - 1].src, steps[number - 1].dst):
        yield f"{format_address(step.src)} → {format_address(step.dst)}"


def _macs(step: PathStep) -> str:
    group = step.spot.group
    return f"to {format_mac(group.dst)}" if group.dst is not None else ""


def _end_of(analysis: Analysis, step: PathStep, side: str) -> Stop:
    """The end before the first step (``side``: POD) or behind the last (NODE), with a pod's own MAC."""
    group, address = step.spot.group, step.src if side == POD else step.dst
    mac = (group.src if side == POD else group.dst) if step.spot.side == side else None
    return _end(analysis, address, mac if step.spot.point.kind == "pod-link" else None)


def _end(analysis: Analysis, address: int | None, mac: int | None, line: str = "") -> Stop:
    name = analysis.pods.by_address(address) if analysis.pods and address is not None else None
    shown = "unknown" if address is None else format_address(address)
    lines = [*([shown] if name else []), *([format_mac(mac)] if mac is not None else []), *([line] if line else [])]
    return Stop(clean(name or shown), tuple(lines), True)


def _on_the_links(exchange: PicturedExchange, note: str, fault: str) -> Way:
    """An exchange that was not followed from point to point: where it was recorded, and ``note`` where it ended."""
    analysis, points = exchange.analysis, exchange.points
    packet = exchange.ended[0] if exchange.ended else exchange.leading
    seen = {sighting.point.key for sighting in packet.sightings}
    behind = exchange.far_side if exchange.is_on_link else ""
    ends = [_pod_end(exchange, exchange.asker), _pod_end(exchange, exchange.asked, behind)]
    if not exchange.is_forward(packet):
        ends, points = ends[::-1], points[::-1]
    mac = packet.first.eth_dst
    stops, legs = [ends[0]], [Leg(SEEN, f"to {format_mac(mac)}" if mac is not None else "")]
    for number, point in enumerate(points):
        is_last = number == len(points) - 1
        ends_here = bool(note) and point.key == packet.last.point.key
        stops.append(_point(analysis, point, None if point.key in seen else 0, None, ()))
        onward = ASSUMED if is_last else SEEN if points[number + 1].key in seen else UNSEEN
        legs.append(Leg(LOST, _ending(note, 0, 0)) if ends_here else Leg(onward, ""))
    noun = "requests for a MAC" if exchange.is_on_link else "packets"
    return Way(noun, (*stops, ends[1]), tuple(legs), fault)


def _pod_end(exchange: PicturedExchange, address: int | None, line: str = "") -> Stop:
    pods = (pod for point in exchange.points for pod in point.pods.items())
    mac = next((mac for mac, ips in pods if address in ips and mac is not None), None)
    return _end(exchange.analysis, address, mac, line)


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
        Stop("node", ("beyond: not recorded",), True),
    )
    return Way(noun, stops, (Leg(SEEN, ""), Leg(ASSUMED, "")))
