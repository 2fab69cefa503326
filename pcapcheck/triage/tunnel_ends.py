"""Tunnel ends: whether the VXLAN devices of two nodes are set up for each other, by the nodes' state.

Calico: felix/dataplane/linux/vxlan_mgr.go writes for each other node a neighbour entry (the address of its device to
the MAC) and a forwarding entry (that MAC to the address of the node).
"""

from __future__ import annotations

from pcapcheck.nodestate.host import Host
from pcapcheck.nodestate.listing import fdb_of
from pcapcheck.nodestate.node_facts import Device
from pcapcheck.nodestate.source_lines import Line, Sourced
from pcapcheck.nodestate.state import State
from pcapcheck.triage.state_words import VTEPS
from pcapcheck.values import is_ipv4

THERE, NO_NEIGHBOUR, NO_FORWARDING, WRONG, UNCHECKED = VTEPS
# States of a neighbour entry that leads nowhere.
UNRESOLVED = ("FAILED", "INCOMPLETE")
HOST_BITS = {4: 32, 6: 128}


def vxlan_devices(host: Host | None) -> list[Device]:
    """A node's VXLAN devices of Calico whose identifier is shown."""
    return (
        [device for device in host.links.values() if device.vni is not None and "calico" in device.name] if host else []
    )


def node_at(state: State, address: int | None) -> Host | None:
    """The node that has an address, as the outer header of a tunnel names it."""
    return next((node for node in state.nodes if any(held.ip == address for held in node.addresses)), None)


def identifiers_differ(near: Host | None, far: Host | None, seen: int | None) -> Sourced[bool] | None:
    """Whether the far node's device takes another identifier than packets for it have.

    What they have is ``seen``, else what the near node's device gives them.
    """
    theirs = vxlan_devices(far)
    if not theirs:
        return None
    ours = vxlan_devices(near) if near is not far else []
    if seen is not None:
        shown = [device for device in ours if device.vni == seen][:1] + theirs[:1]
        return Sourced(all(device.vni != seen for device in theirs), _lines(shown))
    for device in ours:
        other = next((link for link in theirs if link.name == device.name), None)
        if other is not None:
            return Sourced(device.vni != other.vni, _lines([device, other]))
    return None


def ports_differ(near: Host | None, far: Host | None) -> Sourced[bool] | None:
    """Whether the far node's device listens on another UDP port than the near node's sends to (``dstport`` is both)."""
    if near is far:
        return None
    theirs = {device.name: device for device in vxlan_devices(far)}
    for device in vxlan_devices(near):
        other = theirs.get(device.name)
        if other is not None and device.vxlan_port is not None and other.vxlan_port is not None:
            return Sourced(device.vxlan_port != other.vxlan_port, _lines([device, other]))
    return None


def _lines(devices: list[Device]) -> tuple[Line, ...]:
    return tuple(device.vni_line or device.line for device in devices)


def far_end(
    node: Host | None, far: Host | None, dst: int | None, *, spoken: frozenset[int] = frozenset(), astray: bool = False
) -> Sourced[str] | None:
    """Whether a node knows the tunnel end by which it reaches an address: one of ``VTEPS``.

    Of an entry whose address nothing shows to be the other node's it is not known (unchecked). ``spoken`` are addresses
    with which the other node speaks ARP to its pods; ``astray``: the packets were seen to come to a third machine.
    """
    route = next(iter(node.routes_to(dst)), None) if node is not None and dst is not None else None
    device = node.links.get(route.dev) if node is not None and route is not None and route.dev else None
    if node is None or route is None or route.dev is None or route.via is None:
        return None
    if not (device is not None and device.kind == "vxlan") and not route.dev.startswith("vxlan"):
        return None
    family = 4 if is_ipv4(route.via) else 6
    entry = next((neighbour for neighbour in node.neighbours_of(route.via) if neighbour.dev == route.dev), None)
    if entry is None:
        gone = node.lacks(f"neighbours{family}", "no entry for the other end of the tunnel")
        return Sourced(NO_NEIGHBOUR, (route.line, gone)) if f"neighbours{family}" in node.whole and gone else None
    if entry.mac is None or entry.state in UNRESOLVED:
        return Sourced(NO_NEIGHBOUR, (route.line, entry.line))
    found = _forwarded(node, far, entry.mac, route.dev, entry.line)
    if found is None or found.value != UNCHECKED:
        return found
    outer = {
        forwarding.dst for forwarding in node.forwarding if (forwarding.mac, forwarding.dev) == (entry.mac, route.dev)
    }
    if outer & spoken:
        return Sourced(THERE, found.source_lines)
    # The address of a node's device is from a block of that node (libcalico-go/lib/ipam): the route's own block.
    within = route.via >> (HOST_BITS[family] - route.prefix) == route.network
    return Sourced(WRONG, (route.line, *found.source_lines)) if astray and within else found


def _forwarded(node: Host, far: Host | None, mac: int, dev: str, line: Line) -> Sourced[str] | None:
    theirs = far.links.get(dev) if far is not None and far is not node else None
    if theirs is not None and theirs.mac is not None and theirs.mac != mac:
        return Sourced(WRONG, (line, theirs.line))
    found = [forwarding for forwarding in node.forwarding if forwarding.mac == mac and forwarding.dev == dev]
    if not found:
        listing = next((name for name in (fdb_of(dev), "fdb") if name in node.whole), None)
        gone = node.lacks(listing, "no entry for that MAC") if listing else None
        return Sourced(NO_FORWARDING, (line, gone)) if gone else None
    own = {address.ip for address in far.addresses} if far is not None and far is not node else set()
    if own and all(forwarding.dst is not None and forwarding.dst not in own for forwarding in found):
        return Sourced(WRONG, (line, found[0].line))
    return Sourced(THERE if own else UNCHECKED, (line, found[0].line))
