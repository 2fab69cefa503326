"""Remarks on tunnel ends that a node knows by another MAC than they have: what it sends there is ignored.

Such an entry is permanent (Calico: felix/dataplane/linux/vxlan_mgr.go; flannel: pkg/backend/vxlan/vxlan_network.go).
The device was made again, with another MAC, and the entry stayed. The receiving device takes no frame for another
(kernel: drivers/net/vxlan, net/ipv4/ip_input.c, PACKET_OTHERHOST).
"""

from __future__ import annotations

from collections.abc import Iterator

from pcapcheck.nodestate.host import Host
from pcapcheck.nodestate.node_facts import Device, Neighbour
from pcapcheck.nodestate.source_lines import quote
from pcapcheck.nodestate.state import State
from pcapcheck.triage.remarks.remark import Remark
from pcapcheck.values import clean, format_address, format_mac

# How the VXLAN devices of Calico and of flannel are called.
PREFIXES = ("vxlan", "flannel.")
MOST = 3


def outdated_tunnel_end_remarks(state: State) -> list[Remark]:
    """A remark per entry that another host of the same state shows to be outdated, the first few of them.

    Where no host shows the device itself, one per tunnel end that entries give different MACs.
    """
    found: dict[tuple[int, int | None], Remark] = {}
    ends = {
        (address.ip, address.dev): (host, device)
        for host in state.hosts
        for address in host.addresses
        if address.dev and (device := host.links.get(address.dev)) is not None and device.mac is not None
    }
    for host in state.hosts:
        for entry, there, device in _outdated(host, ends):
            found.setdefault((entry.ip, entry.mac), _remark(host, entry, there, device))
    known = {ip for ip, _ in found}
    unlike = [_unlike(one, other) for one, other in _contradictions(state) if one.ip not in known]
    return [*found.values(), *unlike][:MOST]


def _entries(host: Host) -> Iterator[tuple[Neighbour, str]]:
    """Those of tunnel ends, each with its device."""
    for entry in host.neighbours:
        if entry.mac is not None and entry.dev and entry.dev.startswith(PREFIXES):
            yield entry, entry.dev


def _contradictions(state: State) -> list[tuple[Neighbour, Neighbour]]:
    """Per tunnel end the first two permanent entries with different MACs, which no one host has at one time."""
    first: dict[tuple[int, str], Neighbour] = {}
    found: dict[tuple[int, str], tuple[Neighbour, Neighbour]] = {}
    for host in state.hosts:
        for entry, dev in _entries(host):
            one = first.setdefault((entry.ip, dev), entry)
            if {one.state, entry.state} == {"PERMANENT"} and one.mac != entry.mac:
                found.setdefault((entry.ip, dev), (one, entry))
    return list(found.values())


def _outdated(host: Host, ends: dict[tuple[int, str], tuple[Host, Device]]) -> Iterator[tuple[Neighbour, Host, Device]]:
    for entry, dev in _entries(host):
        there, device = ends.get((entry.ip, dev), (None, None))
        if there is not None and device is not None and device.mac != entry.mac:
            yield entry, there, device


def _remark(host: Host, entry: Neighbour, there: Host, device: Device) -> Remark:
    known, has = format_mac(entry.mac or 0), format_mac(device.mac or 0)
    # A host has no entry for an address of its own: lines of several stand in one text.
    whose = "a host" if host is there else host.label
    name, address = clean(device.name), format_address(entry.ip)
    sentence = f"{whose} knows the {name} of {address} by the MAC {known}, and it has {has}"
    return Remark(
        f"{sentence}: what is sent there through the tunnel is ignored, as it is for another MAC; the device was made "
        "again. Restart what writes these entries on the node that sends (calico-node, flanneld), or ip neigh replace "
        f"{address} lladdr {has} dev {name} nud permanent, and the same MAC in its forwarding entry (bridge fdb)",
        lines=(quote(entry.line), quote(device.line)),
        short=sentence,
        warning=sentence,
    )


def _unlike(one: Neighbour, other: Neighbour) -> Remark:
    macs = f"{format_mac(one.mac or 0)} and {format_mac(other.mac or 0)}"
    name, address = clean(one.dev or ""), format_address(one.ip)
    sentence = f"the {name} of {address} is known by two MACs, {macs}"
    return Remark(
        f"{sentence}: it has only one at a time, and what is sent to the other is ignored; the device was made again, "
        f"or two nodes have its address. Compare ip -d link show {name} on that node, and restart what writes these "
        "entries where they are outdated (calico-node, flanneld)",
        lines=(quote(one.line), quote(other.line)),
        short=sentence,
        warning=sentence,
    )
