"""Where counters may have counted lost packets: the interfaces on the part of the path on which they were lost.

A recorder sees what leaves an interface behind its queue and before its driver, and what comes in behind the driver and
the backlog and before its ingress (kernel: net/core/dev.c, dev_queue_xmit_nit and __netif_receive_skb_core). So it
depends on where packets were last seen which counter of an interface can be about them.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from pcapcheck.calico import kind_of_name
from pcapcheck.nodestate.host import Host
from pcapcheck.paths.losses import AT_NIC, AT_POD, BETWEEN, DECAPSULATION, IN_NODE, PLACES, REPLY, REQUEST, TO_POD_LINK
from pcapcheck.triage.interfaces import default_nic
from pcapcheck.values import Value, as_text

# What became of packets at an interface, as a recorder on it would see it.
ENTERED, LEAVING, SENT, COMING = "entered", "leaving", "sent", "coming"


class CounterEnd(Struct, frozen=True):
    """One end of the path: the node, the node's end of the pod's link, and the pod with its own end."""

    node: Host | None
    cali: str | None
    pod: Host | None
    eth: str | None


class CounterPlace(Struct, frozen=True):
    """An interface of a host, and what became of the lost packets there. ``own``: it is one of the pods' links."""

    host: Host
    dev: str
    stage: str
    own: bool = False


class LossStretch(Struct, frozen=True):
    """The places where lost packets may have been dropped. ``sure``: it is known on which part of the path they were.

    ``prefix`` is how the nodes' ends of pods' links begin.
    """

    spots: tuple[CounterPlace, ...]
    sure: bool
    prefix: str

    @property
    def hosts(self) -> list[Host]:
        return list({id(spot.host): spot.host for spot in self.spots}.values())

    def is_pods_link(self, dev: str | None) -> bool:
        """Whether an interface is a pod's, which no driver serves."""
        return dev is not None and kind_of_name(dev, self.prefix) == "pod-link"


def stretch_of(
    packet_evidence: dict[str, Value | None], here: CounterEnd, there: CounterEnd, prefix: str
) -> LossStretch:
    """By where packets were last seen, and in which direction; everywhere on their path if that is not known."""
    lost, place, direction = (packet_evidence.get(name) for name in ("lost", "lost.place", "lost.direction"))
    if place is None and lost in PLACES:
        place, direction = lost, direction or REQUEST
    if lost == "on-return":
        direction = REPLY
    last = packet_evidence.get("last_seen.interface")
    seen = as_text(last)
    found: dict[tuple[int, str, str], CounterPlace] = {}
    for packet, ends in ((REQUEST, (here, there)), (REPLY, (there, here))):
        for part in PLACES:
            if direction in (None, packet) and place in (None, part):
                some = _spots(part, *ends, seen if place else None, prefix)
                found |= {(id(spot.host), spot.dev, spot.stage): spot for spot in some}
    return LossStretch(tuple(found.values()), place is not None, prefix)


def _spots(place: str, source: CounterEnd, target: CounterEnd, seen: str | None, prefix: str) -> Iterator[CounterPlace]:
    """Where packets from one end to the other may be dropped on this part of their path."""
    same = source.node is not None and source.node is target.node
    if place == IN_NODE:
        yield from _at(source.node, source.cali, ENTERED, own=True)
        if same:
            yield from _at(target.node, target.cali, LEAVING, own=True)
        else:
            for dev in _outward(source.node, prefix):
                yield from _at(source.node, dev, LEAVING)
    elif place == AT_POD:
        yield from _at(target.node, target.cali, SENT, own=True)
        yield from _at(target.pod, target.eth, COMING, own=True)
        yield from _at(target.pod, target.eth, LEAVING, own=True)
        yield from _at(target.node, target.cali, COMING, own=True)
    elif not same:
        yield from _between(place, source, target, seen, prefix)


def _between(
    place: str, source: CounterEnd, target: CounterEnd, seen: str | None, prefix: str
) -> Iterator[CounterPlace]:
    nic = default_nic(source.node)
    if place == BETWEEN:
        yield from _at(source.node, seen or nic, SENT)
        if seen and seen != nic:
            # They were seen in a tunnel; nobody saw whether they left by the card.
            yield from _at(source.node, nic, LEAVING)
            yield from _at(source.node, nic, SENT)
        yield from _at(target.node, default_nic(target.node), COMING)
    elif place in (AT_NIC, DECAPSULATION, TO_POD_LINK):
        yield from _at(target.node, seen or default_nic(target.node), ENTERED)
        if place != TO_POD_LINK:
            for dev in _outward(target.node, prefix):
                if dev != default_nic(target.node):
                    yield from _at(target.node, dev, COMING)
        yield from _at(target.node, target.cali, LEAVING, own=True)


def _outward(node: Host | None, prefix: str) -> list[str]:
    """The tunnels of a node and its card."""
    tunnels = [name for name in node.links if kind_of_name(name, prefix) == "tunnel"] if node is not None else []
    nic = default_nic(node)
    return [*tunnels, *([nic] if nic else [])]


def _at(host: Host | None, dev: str | None, stage: str, *, own: bool = False) -> Iterator[CounterPlace]:
    if host is not None and dev is not None:
        yield CounterPlace(host, dev, stage, own)
