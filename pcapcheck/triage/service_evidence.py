"""What a state tells of an address as that of a service."""

from __future__ import annotations

from collections.abc import Sequence

from pcapcheck.nodestate.host import Host
from pcapcheck.nodestate.services import Service
from pcapcheck.nodestate.source_lines import Sourced
from pcapcheck.nodestate.state import State
from pcapcheck.triage.address_roles import IPVS_DEVICE
from pcapcheck.values import parse_network

# The networks of services that installers choose by themselves: kubeadm (EKS's is inside), k3s and RKE2, EKS,
# OpenShift, Kubespray, MicroK8s. Where a rule alone speaks for a service, it is believed of these.
USUAL = tuple(
    map(
        parse_network,
        (
            *("10.96.0.0/12", "10.43.0.0/16", "172.20.0.0/16", "172.30.0.0/16"),
            *("10.233.0.0/18", "10.152.183.0/24"),
        ),
    )
)


def is_usual(address: int) -> bool:
    """Whether an address is in a network that is mostly one of services."""
    return any(address & mask == network for network, mask in USUAL)


def is_service(state: State, address: int | None) -> Sourced[bool] | None:
    """Whether an address is one of a service; a complete listing tells that it is none."""
    found = _of(state, address)
    if found:
        return Sourced(True, (found[0].line,))
    whole = state.services.whole
    return Sourced(False, (whole,)) if whole is not None and address is not None else None


def is_empty(state: State, address: int | None, port: int | None) -> Sourced[bool] | None:
    """Whether no pod stands behind a port of a service; what refuses packets there without counting any does not tell.

    A rule that never hit refused nothing.
    """
    services = [one for one in _of(state, address) if port is None or one.port in (None, port)]
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
    held = [one for host in hosts for one in host.addresses if one.ip == address and one.dev == IPVS_DEVICE]
    return Sourced(True, (held[0].line,)) if held else None


def _of(state: State, address: int | None) -> list[Service]:
    return [one for one in state.services.at(address) if not one.doubtful or is_usual(one.ip)]
