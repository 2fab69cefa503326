"""The producers of remarks that look at a node's state alone, in the order in which a report prints what they say.

Each is loaded only if there is something to say.
"""

from __future__ import annotations

from collections.abc import Callable

from pcapcheck.nodestate.state import State
from pcapcheck.triage.remarks.remark import Remark


def remarks_on_state(state: State) -> list[Remark]:
    """What sessions, devices, entries and rules of the state say by themselves, next to captures or without."""
    return [remark for produce in PRODUCERS for remark in produce(state)]


def _bgp_sessions(state: State) -> list[Remark]:
    if not any(host.bgp for host in state.hosts):
        return []
    from pcapcheck.triage.remarks.sessions_down import bgp_session_remarks

    return bgp_session_remarks(state)


def _stopped_packets(state: State) -> list[Remark]:
    if not any(host.stopped for host in state.hosts):
        return []
    from pcapcheck.triage.remarks.stopped_packets import stopped_packet_remarks

    return stopped_packet_remarks(state)


def _tunnels_down(state: State) -> list[Remark]:
    if not any(link.up is False for host in state.hosts for link in host.links.values()):
        return []
    from pcapcheck.triage.remarks.tunnels_down import tunnel_down_remarks

    return tunnel_down_remarks(state)


def _tunnels_without_address(state: State) -> list[Remark]:
    if not any(host.links for host in state.hosts):
        return []
    from pcapcheck.triage.remarks.tunnels_without_address import tunnel_without_address_remarks

    return tunnel_without_address_remarks(state)


def _routes_into_pods(state: State) -> list[Remark]:
    if not any(host.routes for host in state.hosts):
        return []
    from pcapcheck.triage.remarks.routes_into_pods import routes_into_pods_remarks

    return routes_into_pods_remarks(state)


def _larger_bridges(state: State) -> list[Remark]:
    if not any(link.mtu for host in state.hosts for link in host.links.values()):
        return []
    from pcapcheck.triage.remarks.larger_bridges import larger_bridge_remarks

    return larger_bridge_remarks(state)


def _outdated_tunnel_ends(state: State) -> list[Remark]:
    if not any(host.neighbours for host in state.hosts):
        return []
    from pcapcheck.triage.remarks.outdated_tunnel_ends import outdated_tunnel_end_remarks

    return outdated_tunnel_end_remarks(state)


def _other_node_addresses(state: State) -> list[Remark]:
    if not state.node_addresses:
        return []
    from pcapcheck.triage.remarks.other_node_addresses import other_node_address_remarks

    return other_node_address_remarks(state)


def _wireguard_refusals(state: State) -> list[Remark]:
    if not any(host.log for host in state.hosts):
        return []
    from pcapcheck.triage.remarks.wireguard_refusals import wireguard_refusal_remarks

    return wireguard_refusal_remarks(state)


def _tracked_flows(state: State) -> list[Remark]:
    if not any(host.tracked for host in state.hosts):
        return []
    from pcapcheck.triage.remarks.unanswered_flows import tracked_flow_remarks

    return tracked_flow_remarks(state)


def _half_open(state: State) -> list[Remark]:
    if not state.services.proxied:
        return []
    from pcapcheck.triage.remarks.half_open import half_open_remarks

    return half_open_remarks(state)


def _shared_addresses(state: State) -> list[Remark]:
    if len([host for host in state.hosts if host.addresses]) < 2:
        return []
    from pcapcheck.triage.remarks.card_addresses import shared_address_remarks

    return shared_address_remarks(state)


def _guest_addresses(state: State) -> list[Remark]:
    if not any(host.notes for host in state.hosts):
        return []
    from pcapcheck.triage.remarks.guest_addresses import guest_address_remarks

    return guest_address_remarks(state)


def _pods_of_one_address(state: State) -> list[Remark]:
    if len(state.pods) < 2 and not any(host.neighbours for host in state.hosts):
        return []
    from pcapcheck.triage.remarks.pods_of_one_address import pods_of_one_address_remarks

    return pods_of_one_address_remarks(state)


def _local_services(state: State) -> list[Remark]:
    if not any(host.firewall for host in state.hosts):
        return []
    from pcapcheck.triage.remarks.local_services import local_service_remarks

    return local_service_remarks(state)


def _unreached_rules(state: State) -> list[Remark]:
    if not any(host.firewall for host in state.hosts):
        return []
    from pcapcheck.triage.remarks.unreached_rules import unreached_rule_remarks

    return unreached_rule_remarks(state)


def _calico_counters(state: State) -> list[Remark]:
    if not any(host.firewall for host in state.hosts):
        return []
    from pcapcheck.triage.remarks.calico_counters import calico_counter_remarks

    return calico_counter_remarks(state)


def _untracked_packets(state: State) -> list[Remark]:
    if not any(host.firewall for host in state.hosts):
        return []
    from pcapcheck.triage.remarks.untracked_packets import untracked_packet_remarks

    return untracked_packet_remarks(state)


def _changed_sources(state: State) -> list[Remark]:
    if not any(host.firewall for host in state.hosts):
        return []
    from pcapcheck.triage.remarks.changed_sources import changed_source_remarks

    return changed_source_remarks(state)


def _closed_hairpins(state: State) -> list[Remark]:
    if not any(host.firewall or any(link.hairpin is False for link in host.links.values()) for host in state.hosts):
        return []
    from pcapcheck.triage.remarks.closed_hairpins import closed_hairpin_remarks

    return closed_hairpin_remarks(state)


def _closed_forwarding(state: State) -> list[Remark]:
    if not any(
        setting.key in ("forwarding", "ip_forward") for host in state.hosts for setting in host.sysctls.values()
    ):
        return []
    from pcapcheck.triage.remarks.closed_forwarding import closed_forwarding_remarks

    return closed_forwarding_remarks(state)


def _misdirected_lookups(state: State) -> list[Remark]:
    if not any(host.lookups for host in state.hosts):
        return []
    from pcapcheck.triage.remarks.misdirected_lookups import misdirected_lookup_remarks

    return misdirected_lookup_remarks(state)


def _exceeded_allowances(state: State) -> list[Remark]:
    if not any(host.counters for host in state.hosts):
        return []
    from pcapcheck.triage.remarks.exceeded_allowances import exceeded_allowance_remarks

    return exceeded_allowance_remarks(state)


def _hanging_connections(state: State) -> list[Remark]:
    if not state.opening:
        return []
    from pcapcheck.triage.remarks.hanging_connections import hanging_connection_remarks

    return hanging_connection_remarks(state)


def _denied_by_default(state: State) -> list[Remark]:
    if not any(host.notes for host in state.hosts):
        return []
    from pcapcheck.triage.remarks.denied_by_default import denied_by_default_remarks

    return denied_by_default_remarks(state)


def _bird_complaints(state: State) -> list[Remark]:
    if not any(host.notes for host in state.hosts):
        return []
    from pcapcheck.triage.remarks.bird_complaints import bird_complaint_remarks

    return bird_complaint_remarks(state)


def _flapping_routes(state: State) -> list[Remark]:
    if not any(host.notes for host in state.hosts):
        return []
    from pcapcheck.triage.remarks.flapping_routes import flapping_route_remarks

    return flapping_route_remarks(state)


def _bridged_addresses(state: State) -> list[Remark]:
    if not any(link.master for host in state.hosts if host.addresses for link in host.links.values()):
        return []
    from pcapcheck.triage.remarks.bridged_addresses import bridged_address_remarks

    return bridged_address_remarks(state)


def _unresolved_gateways(state: State) -> list[Remark]:
    if not any(host.neighbours and host.routes for host in state.hosts):
        return []
    from pcapcheck.triage.remarks.unresolved_gateways import unresolved_gateway_remarks

    return unresolved_gateway_remarks(state)


PRODUCERS: tuple[Callable[[State], list[Remark]], ...] = (
    _bgp_sessions,
    _stopped_packets,
    _tunnels_down,
    _tunnels_without_address,
    _routes_into_pods,
    _larger_bridges,
    _outdated_tunnel_ends,
    _other_node_addresses,
    _wireguard_refusals,
    _tracked_flows,
    _unreached_rules,
    _calico_counters,
    _untracked_packets,
    _changed_sources,
    _closed_hairpins,
    _closed_forwarding,
    _misdirected_lookups,
    _exceeded_allowances,
    _denied_by_default,
    _hanging_connections,
    _flapping_routes,
    _bird_complaints,
    _local_services,
    _half_open,
    _shared_addresses,
    _pods_of_one_address,
    _guest_addresses,
    _bridged_addresses,
    _unresolved_gateways,
)
