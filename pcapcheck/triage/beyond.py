"""Beyond the node: how unanswered packets were seen leaving it, and what else the packets show of their path.

Columns of a case, with the frames behind those that prove a cause by themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pcapcheck.calico import is_wireguard
from pcapcheck.errors import CaptureError
from pcapcheck.exchanges.question_row import QuestionRow
from pcapcheck.links.capture_points import NODE_KINDS, PointKey
from pcapcheck.links.frames_again import rows_of
from pcapcheck.links.point_facts import PointFacts
from pcapcheck.paths.losses import REPLY, REQUEST, PathLoss
from pcapcheck.paths.path import Path, PathStep
from pcapcheck.ruleset.judgement import Judgement
from pcapcheck.triage.case import Case
from pcapcheck.triage.quoted_columns import QuotedColumns
from pcapcheck.triage.tunnel_device import icmp_error_of
from pcapcheck.triage.wire import lost_on_wire, unheard
from pcapcheck.values import as_number, clean, format_address

LEFT = TRANSLATED, PLAINLY, IN_TUNNEL, DEVICE = ("translated", "plainly", "in-tunnel", "tunnel-device")
NAMES = (
    "left",
    "dst.kept",
    "far.recorded",
    "far.nic",
    "lost.on_wire",
    "lost.unheard",
    "came_back",
    "other_way",
    "hairpin",
    "vni",
    "vni.to",
    "vni.back",
    "vnis_differ",
    "tunnel_refused",
    "untunnelled",
)
VXLAN = "vxlan"
SHOWN = 2


def beyond(case: Case, judgement: Judgement, losses: list[PathLoss], asked: Iterable[QuestionRow]) -> QuotedColumns:
    """``losses`` are the case's; ``asked`` samples of what was asked on the pod's link, or where it was recorded."""
    found = QuotedColumns(dict.fromkeys(NAMES))
    paths = {_left(loss, judgement) for loss in losses}
    left = paths.pop() if len(paths) == 1 else None
    found.columns["left"] = left
    found.columns["dst.kept"] = all(loss.last.dst == loss.path.dst for loss in losses) if left else None
    found.columns["far.recorded"] = _far_recorded(case, judgement, losses[0]) if left else None
    found.columns["far.nic"] = _far_nic(judgement, losses[0]) if left else None
    found.columns["lost.on_wire"] = left is not None and (
        all(loss.flooded for loss in losses) or lost_on_wire(losses, judgement)
    )
    found.columns["lost.unheard"] = left is not None and unheard(losses, judgement)
    since = _since(case, losses)
    found.columns["came_back"] = (
        any(_came_back(loss, judgement, since or loss.path.first) for loss in losses) if left else None
    )
    found.columns["untunnelled"] = left == PLAINLY and _came_in_tunnel(judgement, losses)
    found.columns["other_way"] = _other_way(judgement, losses) if left == IN_TUNNEL else None
    _hairpin(case, judgement, asked, found)
    _identifiers(judgement, losses, found)
    icmp_error = icmp_error_of(losses, judgement.captures)
    found.columns["tunnel_refused"] = icmp_error is not None
    found.lines |= {"tunnel_refused": (icmp_error,)} if icmp_error is not None else {}
    return found


def recorded_on(case: Case, judgement: Judgement) -> PointFacts | None:
    """Where the question of a case was recorded, as on a bridge between pods; None of what a rule failed on."""
    question = case.question
    return judgement.facts.point(question.capture, question.group) if question is not None else None


def _left(loss: PathLoss, judgement: Judgement) -> str | None:
    """How packets were seen leaving: on their node's NIC, else on its tunnel device while its NIC shows nothing."""
    capture_point, path = loss.last.spot.point.capture_point, loss.path
    if loss.arrived or len(path.steps) < 2:
        return None
    if capture_point.kind == "host-nic":
        return IN_TUNNEL if loss.last.encap != "none" else PLAINLY if loss.last.src == path.src else TRANSLATED
    nics = _nics_of(judgement, loss.last.spot.point) if capture_point.kind == "tunnel" else []
    if is_wireguard(capture_point.name) and _encrypted(judgement, nics):
        return IN_TUNNEL
    return DEVICE if any(key[0] in path.watching for key in nics) else None


def _encrypted(judgement: Judgement, nics: list[PointKey]) -> bool:
    """Whether a NIC shows WireGuard packets, which is what everything through its device becomes."""
    return not judgement.followed.encrypting.isdisjoint(nics)


def _nics_of(judgement: Judgement, point: PointFacts) -> list[PointKey]:
    """The NICs of a link's node."""
    points, hosts = judgement.facts.points, judgement.followed.hosts
    return [key for key, other in points.items() if other.kind == "host-nic" and hosts.same(point.key, key)]


def _far_recorded(case: Case, judgement: Judgement, loss: PathLoss) -> bool:
    """Whether anything was recorded where the packets were going to: the receiver's link, or a NIC of its node.

    Packets in a tunnel go to a node; for packets outside a tunnel it is unknown whose NIC would show them.
    """
    there = case.lead.dst_link if loss.path.src == case.lead.pod else case.lead.link
    if there is not None:
        return True
    here, hosts = loss.last.spot.point.key, judgement.followed.hosts
    others = (key for key, other in judgement.facts.points.items() if other.judged and other.kind in NODE_KINDS)
    return loss.last.encap != "none" and any(hosts.same(here, key) is False for key in others)


def _far_nic(judgement: Judgement, loss: PathLoss) -> bool:
    """Whether the NIC of another node was recorded meanwhile, to which packets in a tunnel may have gone."""
    here, hosts = loss.last.spot.point.key, judgement.followed.hosts
    nics = (key for key, other in judgement.facts.points.items() if other.judged and other.kind == "host-nic")
    return loss.last.encap != "none" and any(
        hosts.same(here, key) is False and key[0] in loss.path.watching for key in nics
    )


def _since(case: Case, losses: list[PathLoss]) -> int | None:
    """Since when answers are missing in a connection whose data got stuck: since the data was first sent."""
    question = case.question
    if question is None or question.size is None or question.lasted is None or not losses:
        return None
    return max(loss.path.last for loss in losses) - question.lasted


def _came_back(loss: PathLoss, judgement: Judgement, since: int) -> bool:
    """Whether an answer came to where they were seen last: it may have a translated address there."""
    last, wanted = loss.last, REPLY if loss.path.packet == REQUEST else loss.path.packet
    return any(
        path.packet == wanted and path.last >= since and path.steps[number].spot.point is last.spot.point
        for path, number in judgement.followed.steps_between(last.dst, last.src)
    )


def _other_way(judgement: Judgement, losses: list[PathLoss]) -> bool:
    """Whether packets of the other direction came through the same tunnel while these were lost.

    They did if they were recorded at the same place, or went on from there.
    """
    since = min(loss.path.first for loss in losses)
    tunnels = {_turned(loss.last) for loss in losses}
    here = {loss.last.spot.point.key for loss in losses}
    return any(
        path.last >= since and (number < len(path.steps) - 1 or path.steps[number].spot.point.key in here)
        for tunnel in tunnels
        for path, number in judgement.followed.steps_in_tunnel(tunnel)
    )


def _came_in_tunnel(judgement: Judgement, losses: list[PathLoss]) -> bool:
    """Whether packets between the same two came back through a tunnel, which the lost ones did not take."""
    pairs = {(loss.last.dst, loss.last.src) for loss in losses}
    return any(
        step.encap != "none" for pair in pairs for path in judgement.followed.between(*pair) for step in path.steps
    )


def _turned(step: PathStep) -> tuple[int, int] | None:
    return (step.outer[1], step.outer[0]) if step.outer else None


def _hairpin(case: Case, judgement: Judgement, asked: Iterable[QuestionRow], found: QuotedColumns) -> None:
    """Whether what the pod sent to ``dst`` came back to it from its own address.

    Only address translation on its node can do that: packets to the pod's own address never leave it.
    """
    pod, point = case.lead.pod, case.lead.link or recorded_on(case, judgement)
    if pod is None or point is None:
        # Nothing shows that any did; of nearly all that gets no answer none does.
        found.columns["hairpin"] = False
        return
    some = list(asked)
    back = {echo.numbers[0] for echo in some if echo.src == echo.dst == pod and echo.outcome != "replied"}
    if case.lead.dst != pod:
        # The asker's port, or the identifier of ping, is the same on both.
        back &= {echo.numbers[0] for echo in some if echo.dst == case.lead.dst}
    found.columns["hairpin"] = bool(back)
    if back:
        own = [echo for echo in some if echo.src == echo.dst == pod]
        name = clean(judgement.captures[point.key[0]].source.short_name)
        address = format_address(pod)
        frames = ", ".join(str(echo.frames[0]) for echo in own[:SHOWN] if echo.frames)
        several = "s" if own[1:] else ""
        found.lines["hairpin"] = (
            f"{name}: {address} is sent packets from {address}, its own address (frame{several} {frames})",
        )


def _identifiers(judgement: Judgement, losses: list[PathLoss], found: QuotedColumns) -> None:
    """The VXLAN identifiers of packets that were lost, and of those that came the other way."""
    lost = ((loss.path, number) for loss in losses for number in range(len(loss.path.steps)))
    there = next(_in_vxlan(lost), None)
    if there is None:
        return
    back = next(_in_vxlan(judgement.followed.steps_in_tunnel(_turned(there[1]))), None)
    identifiers = [
        (name, _identifier(judgement, *carried)) for name, carried in (("vni", there), ("vni.back", back)) if carried
    ]
    known = {name: identified for name, identified in identifiers if identified is not None}
    found.columns |= {name: identified[0] for name, identified in known.items()}
    found.columns["vni.to"] = there[1].outer[1] if there[1].outer else None
    if len(known) == 2:
        found.columns["vnis_differ"] = known["vni"][0] != known["vni.back"][0]
        found.lines["vnis_differ"] = tuple(identified[1] for identified in known.values())


def _in_vxlan(steps: Iterable[tuple[Path, int]]) -> Iterator[tuple[Path, PathStep, int]]:
    """Of steps those in VXLAN between two nodes: path, step and the step's number."""
    for path, number in steps:
        step = path.steps[number]
        if step.encap == VXLAN and step.outer:
            yield path, step, number


def _identifier(judgement: Judgement, path: Path, step: PathStep, number: int) -> tuple[int, str] | None:
    """The identifier in the first of a path's packets, and the frame that has it."""
    capture, frame = judgement.captures[step.spot.capture], path.samples[0].frames[number]
    try:
        rows = rows_of(capture, judgement.reading, {frame})
        vni = next((as_number(row.vxlan_vni) for row in rows), None)
    except CaptureError:
        # A stream, or a file that is gone by now, cannot be read again.
        return None
    if vni is None or step.outer is None:
        return None
    ends = f"{format_address(step.outer[0])} > {format_address(step.outer[1])}"
    return vni, f"{clean(capture.source.short_name)}: VXLAN {ends} has vni {vni} (frame {frame})"
