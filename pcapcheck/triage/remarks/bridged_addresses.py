"""Remarks on ports of a bridge that keep an address of their own.

What comes in by a port is the bridge's (kernel: net/bridge/br_input.c, br_handle_frame): the host takes it in by the
bridge, never by the port. A route out of the port then sends, and its ARP requests are never answered.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pcapcheck.nodestate.host import Host
from pcapcheck.nodestate.node_facts import Address, Device
from pcapcheck.nodestate.source_lines import quote
from pcapcheck.nodestate.state import State
from pcapcheck.triage.remarks.remark import Remark
from pcapcheck.values import clean, format_address, is_link_local

# A bond, a team and a VRF have ports as well: those of a VRF hold addresses.
BRIDGES = re.compile(
    r"br(?:\d|-|_|$)[\w.-]*|(?:vmbr|virbr|lxdbr|lxcbr|incusbr|docker|podman|cni|cbr|xenbr)\d+|kube-bridge"
)
MOST = 3


def bridged_address_remarks(state: State) -> list[Remark]:
    """A remark per port, the first few of them."""
    hosts = (host for host in state.hosts if not host.contradictions)
    return [remark for host in hosts for remark in _of(host)][:MOST]


def _of(host: Host) -> Iterator[Remark]:
    for link in host.links.values():
        if link.master and _is_bridge(link.master, host):
            held = [each for each in host.addresses_of(link.name, 4) if not is_link_local(each.ip)]
            if held:
                yield _remark(link, link.master, held[0])


def _is_bridge(name: str, host: Host) -> bool:
    kind = host.links[name].kind if name in host.links else None
    return kind == "bridge" if kind else BRIDGES.fullmatch(name) is not None


def _remark(port: Device, bridge: str, address: Address) -> Remark:
    name, master, ip = clean(port.name), clean(bridge), format_address(address.ip)
    sentence = f"{name} is a port of the bridge {master} and holds the address {ip} itself"
    return Remark(
        f"{sentence}: what comes in by {name} goes to {master}, so nothing that this host sends out of {name} by its "
        f"routes is answered, not even ARP, and two programs may be setting up one card. The address belongs on "
        f"{master}, or {name} must leave the bridge (ip route; ip addr del {ip}/{address.prefix} dev {name}; "
        f"ip link set {name} nomaster)",
        lines=tuple(quote(line) for line in dict.fromkeys((port.line, address.line))),
        short=sentence,
        warning=sentence,
    )
