"""Forwarding that is off on a host of containers that are not Calico's: said in the headline, whoever printed it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.pastes import judged, judged_state

PINGED = (
    "# tcpdump -ni cni0 icmp\nlistening on cni0, link-type EN10MB (Ethernet), capture size 262144 bytes\n"
    "02:20:55.105370 IP 10.244.6.0 > 10.244.19.28: ICMP echo request, id 11493, seq 1, length 64\n"
    "02:20:55.105407 IP 10.244.19.28 > 10.244.6.0: ICMP echo reply, id 11493, seq 1, length 64\n"
)
NETCONF = "ipv4 dev {} forwarding {} rp_filter strict mc_forwarding off proxy_neigh off\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("$ ip netconf show dev cni0\n" + NETCONF.format("cni0", "off"), "forwarding is off on cni0 of"),
        ("net.ipv4.conf.docker0.forwarding = 0\nnet.ipv4.ip_forward = 1\n", "forwarding is off on docker0 of"),
        ("net.ipv4.ip_forward = 0\nnet.ipv4.conf.docker0.rp_filter = 2\n", "forwards nothing"),
        ("net.ipv4.ip_forward = 1\nnet.ipv4.conf.docker0.forwarding = 1\n", ""),
        ("$ ip netconf\n" + NETCONF.format("cni0", "on") + NETCONF.format("eth0", "on"), ""),
        # A host without containers has no need to.
        ("net.ipv4.ip_forward = 0\nnet.ipv4.conf.eth0.forwarding = 0\n", ""),
        # A rule says it of Calico's links.
        (
            "net.ipv4.ip_forward = 0\nnet.ipv4.conf.cali14e7d81007d.forwarding = 0\n"
            "net.ipv4.conf.docker0.rp_filter = 2\n",
            "",
        ),
    ],
)
def test_forwarding_that_is_off_where_containers_are(text: str, words: str, tmp_path: Path) -> None:
    for analysis in (judged_state(tmp_path, text), judged(tmp_path, f"{text}\n{PINGED}")):
        said = [remark for remark in analysis.remarks if "goes no further" in remark.text]
        assert len(said) == bool(words)
        assert words in analysis.headline
