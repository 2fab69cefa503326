"""The order of causes that packets alone give: what was recorded elsewhere, and showed nothing, counts too."""

from __future__ import annotations

from pathlib import Path

import pytest
from dpkt.pcap import Reader

from pcapcheck import analyze
from tests.support.lab import captures
from tests.support.wire import write_pcap

NODE2 = bytes((172, 31, 186, 251))


def listed(*files: Path) -> list[str]:
    """The causes of the first failure, the most likely first."""
    return [suspect.cause.id for suspect in analyze(*files).diagnoses[0].suspects]


@pytest.mark.parametrize(("device", "speaks"), [("vxlan.calico", True), ("vxlan-v6.calico", False), ("tunl0", False)])
def test_a_device_that_showed_nothing_speaks_against_what_is_behind_it(
    tmp_path: Path, device: str, speaks: bool
) -> None:
    """Only the device of that tunnel: another has nothing to show anyway."""
    cali, nic = [path for path in captures("vxlan-vni-differs") if "node2" in path.name and "vxlan" not in path.name]
    with nic.open("rb") as file:
        frames = [(round(time * 10**9), data) for time, data in Reader(file)]
    # What comes from the other node alone: both directions together would tell their identifiers.
    arriving = [frame for frame in frames if frame[1][30:34] == NODE2]
    there = [cali, write_pcap(tmp_path / "node2-eth0.pcap", arriving)]
    assert "policy-drops" in listed(*there)[:3]
    empty = tmp_path / f"node2-{device}.pcap"
    write_pcap(empty, [])
    assert ("policy-drops" not in listed(*there, empty)[:3]) == speaks


def test_an_asker_from_outside_has_no_gateway_that_could_be_at_fault() -> None:
    found = listed(*captures("outside-to-pod-dies"))
    assert found[:2] == ["policy-drops", "node-firewall-drops"]
    assert not {"forwarding-off", "proxy-arp-off", "another-host-answers"} & {*found[:5]}


def test_a_nic_that_shows_no_tunnel_blames_none() -> None:
    nic = [path for path in captures("outside-tcp-dies") if "eth0" in path.name]
    assert "vxlan-checksum-offload" not in listed(*nic)
