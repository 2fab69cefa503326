"""Remarks on bridges of containers or VMs whose MTU is larger than that of the card by which they are left.

Who sits on such a bridge announces a segment size (RFC 9293, section 3.7.1) that does not pass the card: what others
send is lost on their way if no ICMP error reaches them, and TLS, which sends large messages early, gets stuck.
"""

from __future__ import annotations

from collections.abc import Iterator

from pcapcheck.calico import kind_of_name
from pcapcheck.nodestate.host import POD, Host
from pcapcheck.nodestate.node_facts import Device
from pcapcheck.nodestate.source_lines import quote
from pcapcheck.nodestate.state import State
from pcapcheck.triage.remarks.remark import Remark
from pcapcheck.values import clean

# Of Docker, podman, the plugin bridge and kubenet, kube-router, Weave, libvirt and LXD.
BRIDGES = ("docker0", "br-", "podman", "cni", "cbr0", "kube-bridge", "weave", "virbr", "lxdbr")
MOST = 3


def larger_bridge_remarks(state: State) -> list[Remark]:
    """A remark per bridge that something is plugged into, the first few of them."""
    found = (remark for host in state.hosts if host.role != POD for remark in _of(host))
    return [remark for _, remark in zip(range(MOST), found, strict=False)]


def _of(host: Host) -> Iterator[Remark]:
    outside = _outside(host)
    if outside is None or outside.mtu is None:
        return
    plugged = {link.master for link in host.links.values() if kind_of_name(link.name) == "host-nic"}
    for link in host.links.values():
        if link.name in plugged:
            # A bridge with a card of its own, as for storage, is left by that.
            continue
        # Without carrier nothing is plugged in, as into the docker0 of nodes whose pods have another network.
        in_use = link.carrier is not False
        if not link.name.startswith(BRIDGES) or link.up is not True or not (in_use or _is_alone(link, host)):
            continue
        if link.mtu is not None and link.mtu > outside.mtu:
            yield _remark(link, link.mtu, outside, outside.mtu, in_use)


def _is_alone(bridge: Device, host: Host) -> bool:
    """Whether a machine has nothing but cards besides, so that its containers will be on that bridge."""
    others = [link for link in host.links.values() if link.name not in (bridge.name, "lo")]
    return all(kind_of_name(link.name) == "host-nic" for link in others)


def _outside(host: Host) -> Device | None:
    """The card that the default route leads out of; without such a route a host's only card."""
    defaults = [route.dev for route in host.routes if not route.prefix and route.table == "main" and route.dev]
    cards = [link for link in host.links.values() if kind_of_name(link.name) == "host-nic" and link.up is not False]
    named = [link for link in cards if link.name in defaults] if defaults else cards
    return named[0] if len(named) == 1 else None


def _remark(link: Device, mtu: int, card: Device, smaller: int, in_use: bool) -> Remark:
    bridge, name = clean(link.name), clean(card.name)
    sentence = f"{bridge} has an MTU of {mtu}, and {name}, by which it is left, one of {smaller}"
    idle = "" if in_use else " (nothing is plugged into it now)"
    return Remark(
        f"{sentence}{idle}: whoever is on {bridge} asks others for larger packets than come in there; if the ICMP "
        "error that tells them so is lost, downloads and TLS get stuck while pings pass. Set the MTU of the network of "
        f"{bridge} to {smaller} or less (ping -M do -s {smaller - 28} shows what passes)",
        lines=(quote(link.line), quote(card.line)),
        short=sentence if in_use else "",
        warning=sentence if in_use else "",
    )
