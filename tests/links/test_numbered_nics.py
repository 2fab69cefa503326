"""A node's NIC among the interfaces that ``-i any`` names by number only: by who is heard there, or by the state."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from pcapcheck import Analysis, analyze
from tests.support.lab import CAPTURES, FIXTURES

NIC = 2
ETHERTYPE_ARP = 0x0806
SCENARIO = CAPTURES / "any-egress-not-translated"


def kinds(analysis: Analysis) -> dict[int | None, tuple[str, str]]:
    return {point.key[2]: (point.name, point.kind) for point in analysis.facts.points.values()}


def without(path: Path, folder: Path, unwanted: Callable[[int, int], bool]) -> Path:
    """A classic capture of SLL2 frames without those of an ethertype and an interface that are ``unwanted``."""
    data = path.read_bytes()
    kept, at = [data[:24]], 24
    while at < len(data):
        end = at + 16 + struct.unpack_from("<I", data, at + 8)[0]
        ethertype, number = struct.unpack_from(">HxxI", data, at + 16)
        if not unwanted(ethertype, number):
            kept.append(data[at:end])
        at = end
    target = folder / "capture.pcap"
    target.write_bytes(b"".join(kept))
    return target


def test_a_router_that_is_a_neighbour_is_behind_a_nic() -> None:
    assert kinds(analyze(SCENARIO / "any.pcap"))[NIC] == ("ifindex 2", "host-nic")


def test_a_device_on_which_nobody_asks_for_macs_may_be_a_tunnels(tmp_path: Path) -> None:
    """As Calico's VXLAN device, whose neighbours are set."""
    path = without(SCENARIO / "any.pcap", tmp_path, lambda kind, number: kind == ETHERTYPE_ARP and number == NIC)
    assert kinds(analyze(path))[NIC][1] == "unknown"


def test_nothing_is_said_where_no_link_is_calicos(tmp_path: Path) -> None:
    path = without(SCENARIO / "any.pcap", tmp_path, lambda kind, number: number != NIC)
    assert kinds(analyze(path))[NIC][1] == "unknown"


@pytest.mark.parametrize("network", ["aws-vpc-cni", "bridge", "cilium", "ptp"])
def test_nor_on_a_node_of_another_network(network: str) -> None:
    found = kinds(analyze(FIXTURES / "networks" / network / "healthy" / "any.pcap"))
    assert {kind for number, (_, kind) in found.items() if number is not None} <= {"unknown", "pod-link"}


@pytest.mark.parametrize(("own", "name"), [(True, "eth0"), (False, "ifindex 2")])
def test_the_state_names_a_number_if_the_mac_fits_too(own: bool, name: str, tmp_path: Path) -> None:
    state = (SCENARIO / "state.txt").read_text()
    path = tmp_path / "state.txt"
    path.write_text(state if own else state.replace("0a:58:ac:1f:ba:fa", "0a:58:ac:1f:ba:fe"))
    assert kinds(analyze(SCENARIO / "any.pcap", node_state=path))[NIC][0] == name
