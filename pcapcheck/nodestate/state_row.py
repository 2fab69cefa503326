"""A row of the table ``state``: a pod link, with the lines that each column rests on."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct, field


class StateRow(Struct, kw_only=True):
    """A pod link; None is what the state does not tell.

    ``source_lines`` quotes the lines behind a column, by its name; ``lacking`` says what it takes to know one,
    where a part of it is known.
    """

    group: int
    interface: str | None = None
    node: str | None = None
    pod: str | None = None
    pod_ip: tuple[int, ...] | None = None
    calico: str | None = None
    machine: bool = False
    ebpf: bool | None = None
    host_address: bool | None = None
    default_route: bool | None = None
    default_via: int | None = None
    gateway_on_link: bool | None = None
    gateway_mac: int | None = None
    node_mac: tuple[int, ...] | None = None
    node_resolved: bool | None = None
    unresolved: tuple[int, ...] | None = None
    unresolved_state: str | None = None
    pod_mac: int | None = None
    pod_index: int | None = None
    pod_peer_index: int | None = None
    cali_index: int | None = None
    cali_peer_index: int | None = None
    cali_mac: int | None = None
    cali_mtu: int | None = None
    pod_mtu: int | None = None
    tunnel: str | None = None
    tunnel_mtu: int | None = None
    mtu_fits: bool | None = None
    proxy_arp: bool | None = None
    forwarding: bool | None = None
    proxy_delay: int | None = None
    host_route: bool | None = None
    host_route_dev: str | None = None
    rp_filter: int | None = None
    reverse_path: bool | None = None
    gateway_route: str | None = None
    gateway_route_dev: str | None = None
    gateway_found: str | None = None
    default_found: str | None = None
    addresses_found: str | None = None
    host_route_found: str | None = None
    unrouted: tuple[int, ...] | None = None
    gateway6: bool | None = None
    named_interface: str | None = None
    source_lines: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    lacking: dict[str, str] = field(default_factory=dict)
    frames: list[int] = field(default_factory=list)
    outcome: str = ""
    time: int | None = None
