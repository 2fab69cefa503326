"""The sides of a link by the machines that send on it: by their direction, or by their MAC."""

from __future__ import annotations

from pcapcheck.decode.decoded_links import COOKED
from pcapcheck.links.capture_points import CapturePoint
from pcapcheck.links.party_signs import PartySigns, most_at_once
from pcapcheck.links.sides import NODE, POD, DecidedSides, Party, Sides
from pcapcheck.links.sides_by_routing import add_by_routing, add_other_ends
from pcapcheck.links.sides_by_unicast import by_unicast


def decide_by_machine(
    capture_point: CapturePoint, end: str | None, sides: Sides, machines: dict[Party, PartySigns]
) -> None:
    """The sides of directions or MACs; ``end`` is that at which the link was recorded."""
    if not sides.by_direction:
        _look_for_crowds(capture_point, sides, machines)
    decided: DecidedSides = {}
    if sides.by_direction and end is not None:
        decided = _by_direction(end)
    elif capture_point.is_bridged:
        decided = by_unicast(capture_point, sides)
    if capture_point.is_bridged and (decided or sides.by_direction):
        # Whoever asks for the gateway may be another pod, whose request the bridge sends out of every port.
        sides.parties = decided
        return
    askers, answerers = _gateway_talkers(capture_point, sides, machines)
    for party, side in [(party, POD) for party in askers - answerers] + [(party, NODE) for party in answerers - askers]:
        if decided.setdefault(party, (side, "gateway-arp"))[0] != side:
            return
    # Where several links meet, whoever routes may be the node on another link, or a router behind it.
    is_link = not sides.crowded and capture_point.link_type != COOKED
    contradictory = bool(askers & answerers)
    if is_link:
        add_other_ends(decided, machines)
        if not contradictory:
            contradictory = not add_by_routing(decided, machines)
            add_other_ends(decided, machines)
    if not decided and not contradictory:
        decided = _by_sole_seeker(capture_point, sides, machines) or _by_proxy_mac(machines)
        if is_link:
            add_other_ends(decided, machines)
    sides.parties = decided


def _look_for_crowds(capture_point: CapturePoint, sides: Sides, machines: dict[Party, PartySigns]) -> None:
    """Note whether several pods ask for the gateway, and whether more than two machines send, at a time."""
    asking = [machines[mac] for mac in sides.parties_of(capture_point, capture_point.gateway.askers) if mac in machines]
    # On a port of a bridge the broadcasts of all pods are heard.
    sides.folded = not capture_point.is_bridged and most_at_once(asking) > 1
    sides.crowded = capture_point.link_type != COOKED and most_at_once(machines.values()) > 2


def _by_direction(end: str) -> DecidedSides:
    """What comes out of a pod's own interface is the pod's, what comes into its node's end of the link too."""
    pod, node = ("out", "in") if end == POD else ("in", "out")
    return {pod: (POD, "direction"), node: (NODE, "direction")}


def _gateway_talkers(
    capture_point: CapturePoint, sides: Sides, machines: dict[Party, PartySigns]
) -> tuple[set[Party], set[Party]]:
    """Who asks for the gateway, and who answers for it."""
    gateway = capture_point.gateway
    # On a bridge another pod's broadcast is heard too, but its answer is not.
    asked = gateway.answered if sides.crowded else gateway.askers
    return (
        machines.keys() & sides.parties_of(capture_point, asked),
        machines.keys() & sides.parties_of(capture_point, gateway.answerers),
    )


def _by_sole_seeker(capture_point: CapturePoint, sides: Sides, machines: dict[Party, PartySigns]) -> DecidedSides:
    """Where pods ask for nobody but the gateway, the one machine that asks for others is the node."""
    if not capture_point.asks_gateway_alone:
        return {}
    seekers = machines.keys() & sides.parties_of(capture_point, capture_point.gateway.seekers)
    return dict.fromkeys(seekers, (NODE, "arp")) if len(seekers) == 1 else {}


def _by_proxy_mac(machines: dict[Party, PartySigns]) -> DecidedSides:
    return {party: (NODE, "proxy-mac") for party, signs in machines.items() if signs.from_proxy}
