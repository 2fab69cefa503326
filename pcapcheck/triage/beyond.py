"""Beyond: how packets that got no answer were seen leaving their node, and what else the packets say of the way on.

Columns of a case, and for those that prove a cause by themselves the frames that show it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from pcapcheck.calico import is_wireguard
from pcapcheck.capture.reread import read_again
from pcapcheck.columns import OPAQUE
from pcapcheck.decode.vni import vni_of
from pcapcheck.errors import CaptureError
from pcapcheck.exchanges.echo_row import EchoRow
from pcapcheck.links.capture_points import NODE_KINDS, PointKey
from pcapcheck.links.point_facts import PointFacts
from pcapcheck.paths.losses import REPLY, REQUEST, PathLoss
from pcapcheck.paths.path import Path, PathStep
from pcapcheck.ruleset.judgement import Judgement
from pcapcheck.triage.case import Case
from pcapcheck.triage.tunnel_device import refusal_of
from pcapcheck.triage.wire import lost_on_wire
from pcapcheck.values import Value, clean, format_address

LEFT = TRANSLATED, PLAINLY, IN_TUNNEL, DEVICE = ("translated", "plainly", "in-tunnel", "tunnel-device")
NAMES = (
    "left",
    "far.recorded",
    "lost.on_wire",
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


@dataclass
class Beyond:
    """Columns, and the frames behind them by column, as they are quoted."""

    columns: dict[str, Value | None] = field(default_factory=lambda: dict.fromkeys(NAMES))
    lines: dict[str, tuple[str, ...]] = field(default_factory=dict)


def beyond(case: Case, result: Judgement, losses: list[PathLoss], asked: Iterable[EchoRow]) -> Beyond:
    """``losses`` are the case's; ``asked`` samples of what the pod asked, or was asked for, on its own link."""
    found = Beyond()
    paths = {_left(one, result) for one in losses}
    left = paths.pop() if len(paths) == 1 else None
    found.columns["left"] = left
    found.columns["far.recorded"] = _far_recorded(case, result, losses[0]) if left else None
    found.columns["lost.on_wire"] = left is not None and (
        all(one.flooded for one in losses) or lost_on_wire(losses, result)
    )
    since = _since(case, losses)
    found.columns["came_back"] = (
        any(_came_back(one, result, since or one.path.first) for one in losses) if left else None
    )
    found.columns["untunnelled"] = left == PLAINLY and _came_in_tunnel(result, losses)
    found.columns["other_way"] = _other_way(result, losses) if left == IN_TUNNEL else None
    _hairpin(case, result, asked, found)
    _identifiers(result, losses, found)
    refusal = refusal_of(losses, result.captures)
    found.columns["tunnel_refused"] = refusal is not None
    found.lines |= {"tunnel_refused": (refusal,)} if refusal is not None else {}
    return found


def _left(loss: PathLoss, result: Judgement) -> str | None:
    """How packets were seen leaving: on their node's NIC, else on its tunnel device while its NIC shows nothing."""
    capture_point, path = loss.last.spot.point.capture_point, loss.path
    if loss.arrived or len(path.steps) < 2:
        return None
    if capture_point.kind == "host-nic":
        return IN_TUNNEL if loss.last.encap != "none" else PLAINLY if loss.last.src == path.src else TRANSLATED
    nics = _nics_of(result, loss.last.spot.point) if capture_point.kind == "tunnel" else []
    if is_wireguard(capture_point.name) and _encrypted(result, nics):
        return IN_TUNNEL
    return DEVICE if any(key[0] in path.watching for key in nics) else None


def _encrypted(result: Judgement, nics: list[PointKey]) -> bool:
    """Whether a NIC shows packets of WireGuard, which whatever went through its device became."""
    return any(
        step.encap == OPAQUE and step.spot.point.key in nics for path in result.followed.found for step in path.steps
    )


def _nics_of(result: Judgement, point: PointFacts) -> list[PointKey]:
    """The NICs that are of the node of a link."""
    points, hosts = result.facts.points, result.followed.hosts
    return [key for key, one in points.items() if one.kind == "host-nic" and hosts.same(point.key, key)]


def _far_recorded(case: Case, result: Judgement, loss: PathLoss) -> bool:
    """Whether anything was recorded where the packets were going to: the receiver's link, or a NIC of its node.

    What leaves a tunnel goes to a node; of what leaves plainly it is not known whose NIC would show it.
    """
    there = case.lead.dst_link if loss.path.src == case.lead.pod else case.lead.link
    if there is not None:
        return True
    here, hosts = loss.last.spot.point.key, result.followed.hosts
    others = (key for key, one in result.facts.points.items() if one.judged and one.kind in NODE_KINDS)
    return loss.last.encap != "none" and any(hosts.same(here, key) is False for key in others)


def _since(case: Case, losses: list[PathLoss]) -> int | None:
    """From when on answers are missed in a connection whose data got stuck: since that was sent first."""
    question = case.question
    if question is None or question.size is None or question.lasted is None or not losses:
        return None
    return max(one.path.last for one in losses) - question.lasted


def _came_back(loss: PathLoss, result: Judgement, since: int) -> bool:
    """Whether an answer came to where they were seen last: it may have a translated address there."""
    last, wanted = loss.last, REPLY if loss.path.packet == REQUEST else loss.path.packet
    return any(
        path.packet == wanted
        and path.last >= since
        and any(
            step.spot.point is last.spot.point and (step.src, step.dst) == (last.dst, last.src) for step in path.steps
        )
        for path in result.followed.found
    )


def _other_way(result: Judgement, losses: list[PathLoss]) -> bool:
    """Whether packets of the other direction came through the same tunnel while these were lost.

    They did where they were recorded at the same place, or went on from where they were.
    """
    since = min(one.path.first for one in losses)
    tunnels = {_turned(one.last) for one in losses}
    here = {one.last.spot.point.key for one in losses}
    return any(
        step.outer and step.outer in tunnels and (step is not path.steps[-1] or step.spot.point.key in here)
        for path in result.followed.found
        if path.last >= since
        for step in path.steps
    )


def _came_in_tunnel(result: Judgement, losses: list[PathLoss]) -> bool:
    """Whether packets between the same two came the other way in a tunnel, so that theirs does not go where it ends."""
    pairs = {(one.last.dst, one.last.src) for one in losses}
    return any(
        (path.src, path.dst) in pairs and any(step.encap != "none" for step in path.steps)
        for path in result.followed.found
    )


def _turned(step: PathStep) -> tuple[int, int] | None:
    return (step.outer[1], step.outer[0]) if step.outer else None


def _hairpin(case: Case, result: Judgement, asked: Iterable[EchoRow], found: Beyond) -> None:
    """Whether what the pod sent to ``dst`` came back to it from its own address.

    Nothing but address translation on its node can do that: what a pod sends to itself it does not send at all.
    """
    pod, point = case.lead.pod, case.lead.link
    if pod is None or point is None:
        # What was asked off the pods' links had left its node, or comes from none.
        found.columns["hairpin"] = False if case.question is not None else None
        return
    some = list(asked)
    back = {one.ident for one in some if one.src == one.dst == pod and one.outcome != "replied"}
    if case.lead.dst != pod:
        # The asker's port, or the identifier of ping, is the same on both.
        back &= {one.ident for one in some if one.dst == case.lead.dst}
    found.columns["hairpin"] = bool(back)
    if back:
        own = [one for one in some if one.src == one.dst == pod]
        name = clean(result.captures[point.key[0]].source.short_name)
        address = format_address(pod)
        frames = ", ".join(str(one.frames[0]) for one in own[:SHOWN] if one.frames)
        found.lines["hairpin"] = (
            f"{name}: {address} is sent packets from {address}, its own address (frame {frames})",
        )


def _identifiers(result: Judgement, losses: list[PathLoss], found: Beyond) -> None:
    """The VXLAN identifiers of packets that were lost, and of those that came the other way."""
    there = next(_carried((one.path for one in losses), None), None)
    if there is None:
        return
    back = next(_carried(result.followed.found, _turned(there[1])), None)
    told = [(name, _identifier(result, *one)) for name, one in (("vni", there), ("vni.back", back)) if one]
    known = {name: one for name, one in told if one is not None}
    found.columns |= {name: one[0] for name, one in known.items()}
    found.columns["vni.to"] = there[1].outer[1] if there[1].outer else None
    if len(known) == 2:
        found.columns["vnis_differ"] = known["vni"][0] != known["vni.back"][0]
        found.lines["vnis_differ"] = tuple(one[1] for one in known.values())


def _carried(paths: Iterable[Path], outer: tuple[int, int] | None) -> Iterator[tuple[Path, PathStep, int]]:
    """Where packets were seen inside VXLAN between these nodes, whichever they are: way, step and the step's number."""
    for path in paths:
        for number, step in enumerate(path.steps):
            if step.encap == VXLAN and step.outer and outer in (None, step.outer):
                yield path, step, number


def _identifier(result: Judgement, path: Path, step: PathStep, number: int) -> tuple[int, str] | None:
    """The identifier in the first of a way's packets, with where it stands."""
    source, frame = result.captures[step.spot.capture].source, path.samples[0].frames[number]
    try:
        vni = next((vni_of(record) for record in read_again(source, [frame])), None)
    except CaptureError:
        # What was a stream, or is gone by now, cannot be looked at again.
        return None
    if vni is None or step.outer is None:
        return None
    ends = f"{format_address(step.outer[0])} > {format_address(step.outer[1])}"
    return vni, f"{clean(source.short_name)}: VXLAN {ends} has vni {vni} (frame {frame})"
