"""Packets that a host turns away, or that go to the internet: who is at fault, and what cannot be the cause."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.pastes import causes, judged

PROHIBITED = "ICMP host 10.0.0.10 unreachable - admin prohibited, length {}\n"
SYN = (
    "10:46:{second}.475721 IP 10.244.0.5.45388 > {host}.http: Flags [S], seq 193, win 64240, options [mss 1460], "
    "length 0\n"
)


def test_nobody_says_that_a_node_did_its_part_that_turned_the_packets_away_itself(tmp_path: Path) -> None:
    text = (
        "# tcpdump -i vboxnet0\n"
        "17:03:02.748236 IP 10.0.0.1.53255 > 10.0.0.10.http: Flags [S], seq 99, win 29200, length 0\n"
        f"17:03:02.748430 IP 10.0.0.10 > 10.0.0.1: {PROHIBITED.format(68)}"
    )
    analysis = judged(tmp_path, text)
    assert "is prohibited by 10.0.0.10" in analysis.headline
    assert "did its part" not in analysis.headline
    assert set(causes(analysis)[:2]) == {"far-side-prohibits", "firewall-rejects"}


@pytest.mark.parametrize(
    ("error", "firewall"),
    [(PROHIBITED.format(86), True), ("ICMP 10.0.0.10 udp port 4790 unreachable, length 86\n", False)],
)
def test_a_stray_error_that_prohibits_is_a_firewalls(error: str, firewall: bool, tmp_path: Path) -> None:
    text = "# tcpdump -nni eth0 icmp\n" + "".join(
        f"21:54:{second}.632390 IP 10.0.0.10 > 10.0.0.11: {error}" for second in (39, 40, 41)
    )
    analysis = judged(tmp_path, text)
    assert "10.0.0.10 says" in analysis.headline
    assert ("3x: a firewall there rejects packets" in analysis.headline) is firewall
    assert any("iptables-save -c | grep REJECT" in remark.text for remark in analysis.remarks) is firewall


@pytest.mark.parametrize(
    ("host", "is_outside"),
    [
        ("fra24s08-in-f14.1e100.net", True),
        ("dns.google", True),
        ("s3-1-w.amazonaws.com", True),
        ("web.shop.svc.cluster.local", False),
        ("ip-10-1-2-109.ec2.internal", False),
        ("notgoogle.com", False),
    ],
)
def test_a_host_with_the_name_of_one_on_the_internet_is_no_pod(host: str, is_outside: bool, tmp_path: Path) -> None:
    text = "# tcpdump -i cni0\n" + "".join(SYN.format(second=second, host=host) for second in (38, 39, 41, 45))
    found = causes(judged(tmp_path, text))
    assert (found[0] == "source-not-translated") is is_outside
    assert ("node-route-missing" in found) is not is_outside


@pytest.mark.parametrize(("device", "is_vxlan"), [("tunl0", False), ("vxlan.calico", True)])
def test_only_vxlan_has_entries_for_other_nodes(device: str, is_vxlan: bool, tmp_path: Path) -> None:
    route = "$ ip route show 10.244.1.128\n10.244.1.128 dev cali14e7d81007d scope link\n"
    text = f"{route}$ tcpdump -n -i {device} icmp\n" + "".join(
        f"15:41:{second}.483493 IP 192.0.2.1 > 10.244.1.128: ICMP echo request, id 6237, seq {second}, length 64\n"
        for second in range(38, 43)
    )
    found = causes(judged(tmp_path, text))
    assert ("vtep-entry-missing" in found) is is_vxlan
