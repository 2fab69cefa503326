"""Ports of a bridge that keep an address of their own: nothing comes to the host by them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.pastes import judged_state

LINK = "3: {port}: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc fq_codel master {master} state UP qlen 1000"
MAC = "    link/ether 02:16:3e:00:00:07 brd ff:ff:ff:ff:ff:ff"
ADDRESS = "    inet {ip}/24 brd 198.51.100.255 scope global {port}"


def _said(folder: Path, port: str, master: str, ip: str = "198.51.100.7", more: str = "") -> bool:
    lines = [form.format(port=port, master=master, ip=ip) for form in (LINK, MAC, ADDRESS)]
    analysis = judged_state(folder, "\n".join(["root@kvm1:~# ip addr", *lines, more]) + "\n")
    said = f"{port} is a port of the bridge {master} and holds the address {ip} itself"
    assert (said in analysis.headline) == any(said in remark.text for remark in analysis.remarks)
    return said in analysis.headline


@pytest.mark.parametrize(
    ("port", "master"), [("eth0", "br0"), ("ens18", "vmbr1"), ("veth7", "br-lan"), ("enp2s0", "virbr0")]
)
def test_a_port_with_an_address(port: str, master: str, tmp_path: Path) -> None:
    assert _said(tmp_path, port, master)


@pytest.mark.parametrize(("port", "master"), [("eth0", "bond0"), ("eth1", "vrf-blue"), ("eth1", "mgmt")])
def test_ports_of_what_is_no_bridge(port: str, master: str, tmp_path: Path) -> None:
    assert not _said(tmp_path, port, master)


def test_an_address_of_the_link_alone_and_a_device_that_says_what_it_is(tmp_path: Path) -> None:
    assert not _said(tmp_path, "eth0", "br0", ip="169.254.3.4")
    details = (
        "4: {}: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 state UP\n    link/ether 02:16:3e:00:00:08 brd {}\n    {}"
    )
    assert _said(tmp_path, "eth0", "lan", more=details.format("lan", "ff:ff:ff:ff:ff:ff", "bridge forward_delay 1500"))
    assert not _said(tmp_path, "eth0", "br1", more=details.format("br1", "ff:ff:ff:ff:ff:ff", "vrf table 10"))


@pytest.mark.parametrize("peer", ["", "@vpeer7"])
def test_a_port_that_an_older_bridge_command_lists(peer: str, tmp_path: Path) -> None:
    lines = [
        "root@kvm1:~# bridge link",
        f"6: vport7 state UP {peer}: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 master br0 state forwarding cost 2",
        "root@kvm1:~# ip addr show dev vport7",
        "6: vport7: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP qlen 1000",
        ADDRESS.format(ip="198.51.100.7", port="vport7"),
    ]
    assert "vport7 is a port of the bridge br0" in judged_state(tmp_path, "\n".join(lines) + "\n").headline
