"""What a state shows about an address as that of a service."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pcapcheck.networks import SERVICE_NETWORKS
from pcapcheck.nodestate.source_lines import Sourced
from pcapcheck.protocols import DNS_PORT
from pcapcheck.triage.state_roles import IPVS_DEVICE
from pcapcheck.values import is_ipv4, is_public, is_within, parse_network

if TYPE_CHECKING:
    from pcapcheck.nodestate.host import Host
    from pcapcheck.nodestate.services import Service
    from pcapcheck.nodestate.state import State

# If only a rule speaks for a service, it is believed for these.
USUAL = tuple(map(parse_network, SERVICE_NETWORKS))
DOCKERS = parse_network("172.16.0.0/12")
# In the network of services, by port.
USUAL_PLACES = {443: 1, DNS_PORT: 10}
HOME_NETWORK, HOME_MASK = parse_network("192.168.0.0/16")


def is_usual(address: int) -> bool:
    """Whether an address is in a network that is usually one of services."""
    return is_within(address, USUAL)


def is_api_service(address: int) -> bool:
    """Whether an address is the first of such a network, which the service of the API server gets.

    Source: Kubernetes, pkg/controlplane/services.go, ServiceIPRange. In 172.16.0.0/12 that is often a bridge of Docker.
    """
    return any(address == network + 1 for network, _ in USUAL if network & DOCKERS[1] != DOCKERS[0])


def is_usual_service(address: int, port: int | None, asker: int | None) -> bool:
    """Whether it is in such a network, or the first address of a private /16 and port 443, or the tenth and DNS.

    The first address of the services' network is the API server's (kubernetes: pkg/controlplane/instance.go);
    installers give the tenth to DNS (kubeadm: cmd/kubeadm/app/constants, GetDNSIP). A router has the first
    address of its own network, and nobody who asks is in that of the services.
    """
    if is_usual(address):
        return True
    if port is None or (asker is not None and asker >> 16 == address >> 16):
        return False
    if not is_ipv4(address) or is_public(address) is not False or address & HOME_MASK == HOME_NETWORK:
        return False
    return address & 0xFFFF == USUAL_PLACES.get(port)


def is_service(state: State, address: int | None) -> Sourced[bool] | None:
    """Whether an address is one of a service; a complete listing shows that it is none."""
    found = _of(state, address)
    if found:
        return Sourced(True, (found[0].line,))
    whole = state.services.whole
    return Sourced(False, (whole,)) if whole is not None and address is not None else None


def is_empty(state: State, address: int | None, port: int | None) -> Sourced[bool] | None:
    """Whether no pod stands behind a port of a service; a rule that rejects there but never hit does not show it.

    A rule that never hit rejected nothing.
    """
    services = [service for service in _of(state, address) if port is None or service.port in (None, port)]
    found: list[Sourced[bool]] = []
    for service in services:
        behind = state.services.behind(service) if service.empty is None else None
        if behind is not None:
            found.append(Sourced(behind.empty, (service.line, behind.line)))
        elif service.empty is not None and service.hits != 0:
            found.append(Sourced(service.empty, (service.line,)))
    return next((empty for empty in found if empty.value), found[0] if found else None)


def answers_pings(hosts: Sequence[Host], address: int | None) -> Sourced[bool] | None:
    """Whether a node holds the address of a service itself, as in the IPVS mode of kube-proxy, and so answers pings."""
    held = [
        held_address
        for host in hosts
        for held_address in host.addresses
        if held_address.ip == address and held_address.dev == IPVS_DEVICE
    ]
    return Sourced(True, (held[0].line,)) if held else None


def _of(state: State, address: int | None) -> list[Service]:
    return [service for service in state.services.at(address) if not service.doubtful or is_usual(service.ip)]
