"""MTUs on the path: every interface and route by which a node sends what one pod sends to another, with its line.

A node answers a packet too large for the interface that it leaves by with an error, or fragments it if that is
allowed (kernel: net/ipv4/ip_forward.c, ip_output.c). A route may have a smaller MTU of its own.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from pcapcheck.calico import is_calico_tunnel
from pcapcheck.nodestate.host import Host
from pcapcheck.nodestate.source_lines import Line
from pcapcheck.nodestate.state import PodLink

# What tunnels put around a packet, by how their devices' names begin (Calico: int_dataplane.go, ConfigureDefaultMTUs).
OVERHEADS = {"vxlan-v6": 70, "vxlan": 50, "tunl": 20, "wireguard": 60, "wg-v6": 80}


class PathMtu(Struct, frozen=True):
    """The largest packet of the pod's that fits, and the lines that say so."""

    mtu: int
    lines: tuple[Line, ...]


def limits_on_way(here: PodLink | None, there: PodLink | None, address: int | None) -> list[PathMtu]:
    """From the pod behind ``here`` to ``address``, which is behind ``there`` if that is known."""
    found: list[PathMtu] = []
    if here is not None and here.node is not None and address is not None:
        found += _leaving(here.node, address)
    if there is not None and there.cali is not None and there.cali.mtu is not None:
        found.append(PathMtu(there.cali.mtu, (there.cali.line,)))
    return list(dict.fromkeys(found))


def _leaving(node: Host, address: int) -> Iterator[PathMtu]:
    best = next(iter(node.routes_to(address)), None)
    if best is None or best.leads_nowhere or best.dev is None:
        return
    if best.mtu is not None:
        yield PathMtu(best.mtu, (best.line,))
    device = node.links.get(best.dev)
    if device is None or device.mtu is None:
        return
    yield PathMtu(device.mtu, (device.line, best.line))
    uplink = next((route for route in node.routes if route.is_default and route.dev != best.dev), None)
    nic = node.links.get(uplink.dev) if uplink is not None and uplink.dev is not None else None
    if is_calico_tunnel(best.dev) and nic is not None and nic.mtu is not None:
        around = next((bytes_ for name, bytes_ in OVERHEADS.items() if best.dev.startswith(name)), 0)
        yield PathMtu(nic.mtu - around, (device.line, nic.line))
