"""The order of causes that packets alone give: what was recorded elsewhere, and showed nothing, counts too."""

from __future__ import annotations

from pathlib import Path

import pytest
from dpkt.pcap import Reader

from pcapcheck import analyze
from tests.support.lab import captures
from tests.support.wire import NODE_IP, OTHER, answer, ask, error, request, udp, write_pcap

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


def test_what_nobody_saw_come_to_the_pod_is_first_laid_to_a_pod_that_is_gone(tmp_path: Path) -> None:
    """The node gives up asking after three seconds; the link on which it asked was not recorded."""
    begin, second = 1_700_000_000_000_000_000, 1_000_000_000
    asked = [(begin + n * second, request(n)) for n in range(3)]
    given_up = [(begin + 3 * second + n, error(3, 1, frame, NODE_IP)) for n, (_, frame) in enumerate(asked)]
    link = write_pcap(
        tmp_path / "cali14e7d81007d.pcap", [(begin - 2000, ask()), (begin - 1000, answer()), *asked, *given_up]
    )
    found = listed(link)
    assert "pod-gone" in found[:3]
    assert found.index("pod-link-down") < found.index("pod-ignores-arp")
    assert "vtep-entry-missing" not in found
    nic = write_pcap(tmp_path / "eth0.pcap", [(begin + second, udp((68, 67), b"", eth=("0a:58:ac:1f:ba:01", OTHER)))])
    assert "vtep-entry-missing" in listed(link, nic)[:3]
