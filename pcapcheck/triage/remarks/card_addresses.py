"""Remarks on addresses that the cards of two machines hold at once: of a load balancer, mostly, or by mistake.

kube-vip and keepalived put the address on one node's card at a time; if two hold it, both answer ARP for it.
"""

from __future__ import annotations

from pcapcheck.calico import kind_of_name
from pcapcheck.nodestate.host import Host
from pcapcheck.nodestate.node_facts import Address
from pcapcheck.nodestate.source_lines import quote
from pcapcheck.nodestate.state import State
from pcapcheck.triage.remarks.remark import Remark
from pcapcheck.values import format_address, is_link_local, parse_address

MOST = 3
# The address of every guest in the networks that QEMU and VirtualBox make for one alone, if nobody names another
# (QEMU: net/slirp.c, net_slirp_init; so do Vagrant's boxes).
OF_EVERY_GUEST = parse_address("10.0.2.15")


def shared_address_remarks(state: State) -> list[Remark]:
    """A remark per address, the first few of them."""
    held: dict[int, list[tuple[Host, Address]]] = {}
    named = [host for host in state.hosts if host.name and not host.pod and not host.contradictions]
    for host in named:
        for ip, address in {each.ip: each for each in host.addresses if _is_on_card(each)}.items():
            held.setdefault(ip, []).append((host, address))
    shared = {ip: some for ip, some in held.items() if len(some) > 1 and _are_two(some, set(held))}
    return [_remark(ip, some) for ip, some in list(shared.items())[:MOST]]


def _is_on_card(address: Address) -> bool:
    return kind_of_name(address.dev) == "host-nic" and not is_link_local(address.ip) and address.ip != OF_EVERY_GUEST


def _are_two(some: list[tuple[Host, Address]], known: set[int]) -> bool:
    """Whether they are two machines: each has an address of its own besides, none that the other has."""
    own = [{each.ip for each in host.addresses if each.ip in known} for host, _ in some]
    common = set.intersection(*own)
    return all(each - common for each in own)


def _remark(ip: int, some: list[tuple[Host, Address]]) -> Remark:
    hosts = " and ".join(host.label for host, _ in some[:MOST])
    sentence = f"{hosts} hold the address {format_address(ip)} at once"
    return Remark(
        f"{sentence}: both answer ARP for it, so a part of what is sent there comes to a node that does not expect it; "
        "of the address of a load balancer (kube-vip, keepalived) one node has to give it up: look who is its leader",
        lines=tuple(quote(address.line) for _, address in some[:MOST]),
        short=sentence,
    )
