"""What a recording does: where it records, what it flushes, what it asks, whose state it collects.

The points are those that ``pcapcheck capture-plan`` names.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence

from msgspec import Struct

from pcapcheck.calico import TUNNELS
from pcapcheck.errors import RecordingError, UsageError
from pcapcheck.recording.command_place import CommandPlace
from pcapcheck.recording.recording_end import RecordingEnd
from pcapcheck.recording.recording_point import DUMPCAP, TCPDUMP, RecordingPoint
from pcapcheck.recording.recording_probe import NONE, PING, RecordingProbe
from pcapcheck.triage.scripts import NIC_FILTER

Command = tuple[CommandPlace, tuple[str, ...]]
SIGN_OF_LIFE = ("ping", "-n", "-c", "2", "-i", "0.2", "-W", "1")
DEVICES = tuple(name for tunnel in TUNNELS.values() for name in (tunnel.device, tunnel.device6) if name)


class RecordingPlan(Struct, frozen=True):
    """``states`` are, for each node, where its script runs and the words for it.

    ``signs`` let each node ping its own pod before the probe: they show whether those reach each other, and that what
    is not seen on a link later would have been.
    """

    ends: list[RecordingEnd]
    points: list[RecordingPoint]
    flushes: list[Command]
    probe: Command | None
    asked: str
    signs: list[Command]
    states: list[Command]

    def lines(self) -> Iterator[str]:
        """The commands, as a shell would take them."""
        yield "# 1. Record; each recorder ends with its standard input:"
        for point in self.points:
            yield f"{shlex.join(point.place.argv(*point.command))} > {shlex.quote(point.file)}    # {point.about}"
        if self.flushes:
            yield "# 2. When all of them listen, forget neighbours, or no ARP will be seen:"
            yield from (shlex.join(place.argv(*words)) for place, words in self.flushes)
        if self.probe is not None:
            place, words = self.probe
            yield f"# 3. Ask ({self.asked}):"
            yield from (shlex.join(node.argv(*ping)) for node, ping in self.signs)
            yield shlex.join(place.argv(*words))
        yield "# 4. Meanwhile, collect the state of each node:"
        for place, words in self.states:
            yield f"pcapcheck node-script | {shlex.join(place.argv(*words))} > {shlex.quote(state_file(place))}"
        yield "# 5. When everything is written, stop the recorders; then pcapcheck analyze"


def state_file(place: CommandPlace) -> str:
    """Where the bundle has the state of a node."""
    return f"{place.host}/state.txt"


def plan_recording(
    ends: Sequence[RecordingEnd],
    probe: RecordingProbe,
    capture_filter: str = "",
    flush: bool = True,
    state: bool = True,
    prefix: str = "cali",
) -> RecordingPlan:
    """Plan a recording between ends, the one that asks first. Raises UsageError or RecordingError if it cannot be."""
    places = [(end.node, end.interface) for end in ends]
    if len(set(places)) < len(places):
        raise UsageError(f"{ends[0].text} and {ends[-1].text}: twice the same; name two, or one to ping its node")
    points = list(_points(ends, probe, capture_filter))
    command, asked = _probe(ends, probe)
    flushes: list[Command] = []
    if flush:
        for end in ends:
            if end.inside is not None:
                flushes.append((end.inside, ("ip", "neigh", "flush", "dev", end.device)))
                flushes.append((end.node, ("ip", "neigh", "flush", "dev", end.interface)))
    signs: list[Command] = []
    if command is not None:
        signs = [(end.node, (*SIGN_OF_LIFE, end.address)) for end in ends if end.address]
    words: dict[CommandPlace, list[str]] = {}
    for end in ends if state else ():
        words.setdefault(end.files, []).extend([end.state_word] if end.state_word else [])
    states = [
        (place, ("env", f"PCAPCHECK_NODE={place.host}", f"PREFIX={prefix}", "sh", "-s", "--", *each))
        for place, each in words.items()
    ]
    return RecordingPlan(list(ends), points, flushes, command, asked, signs, states)


def _points(ends: Sequence[RecordingEnd], probe: RecordingProbe, capture_filter: str) -> Iterator[RecordingPoint]:
    for end in ends:
        about = end.text if end.pod or end.inside else "this machine"
        yield _point(end, end.interface, about, capture_filter)
    nodes = {end.node: end for end in ends}
    if len(nodes) < 2 or any(end.inside is None and end.pod is None for end in ends):
        return
    for end in nodes.values():
        for device in DEVICES:
            if (link := end.survey.links.get(device)) and link.is_up:
                yield _point(end, device, "the tunnel between the nodes", capture_filter)
        if end.survey.default_device:
            hosts = [address for address in (*(each.address for each in ends), probe.host) if _is_address(address)]
            between = " or ".join([NIC_FILTER, "arp", "icmp6", "udp port 51820", *(f"host {host}" for host in hosts)])
            yield _point(end, end.survey.default_device, "the node's NIC", capture_filter or between)


def _is_address(text: str) -> bool:
    return bool(text) and set(text) <= set("0123456789abcdefABCDEF.:") and ("." in text or ":" in text)


def _point(end: RecordingEnd, interface: str, about: str, capture_filter: str) -> RecordingPoint:
    recorder = end.survey.recorder
    if recorder is None:
        raise RecordingError(
            f"{end.node.title}: neither {TCPDUMP} nor {DUMPCAP} is there; install tcpdump, "
            "or name an image that has it: --image"
        )
    return RecordingPoint(end.node, interface, about, capture_filter, recorder)


def _probe(ends: Sequence[RecordingEnd], probe: RecordingProbe) -> tuple[Command | None, str]:
    """The command of the probe, and what it asks in words."""
    asker, asked = ends[0], ends[-1]
    if probe.kind == NONE:
        return None, ""
    if asker.inside is None:
        if asker.pod is None:
            raise UsageError(
                f"{asker.text}: only pods and network namespaces can be asked to ping; with an interface use "
                "--probe none and --for, or Ctrl-C when enough is recorded"
            )
        raise RecordingError(
            f"{asker.text}: no process of it was found on {asker.pod.node}, so nothing can be asked from there; "
            "is it running? With --probe none, cause the traffic yourself"
        )
    if probe.kind == PING:
        address = asked.address if len(ends) > 1 else asker.node_address
        if not address:
            raise RecordingError(f"{asked.text}: it has no address that could be pinged; see ip addr there")
        what = f"{asker.text} pings {asked.text if len(ends) > 1 else 'its node'} at {address}"
        return (asker.inside, ("sh", "-c", probe.script(asker, address))), what
    what = (
        f"{asker.text} asks for {probe.host}"
        if not probe.port
        else f"{asker.text} connects to {probe.host}:{probe.port}"
    )
    return (asker.inside, ("sh", "-c", probe.script(asker, ""))), what
