"""Routes to networks out of a pod's link, which Calico never writes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.pastes import judged_state

LINK = "cali12345678901"
TABLE = """\
Kernel IP routing table
Destination     Gateway         Genmask         Flags Metric Ref    Use Iface
"""
ROUTES = """\
blackhole 10.244.7.64/26 proto bird
10.244.7.66 dev cali12345678901 scope link
"""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            f"{TABLE}0.0.0.0 0.0.0.0 0.0.0.0 U 10233 0 0 {LINK}\n169.254.0.0 0.0.0.0 255.255.0.0 U 233 0 0 {LINK}\n",
            "a default route and a route to 169.254.0.0/16",
        ),
        (
            f"{ROUTES}169.254.0.0/16 dev {LINK} proto kernel scope link src 169.254.9.9 metric 233\n",
            "a route to 169.254",
        ),
        (f"{ROUTES}default dev {LINK} scope link metric 1009\n", "a default route"),
    ],
)
def test_a_route_to_a_network_out_of_a_pods_link_is_in_the_headline(text: str, said: str, tmp_path: Path) -> None:
    analysis = judged_state(tmp_path, text)
    assert f"{said}" in analysis.headline
    assert f"out of a pod's link, {LINK}" in analysis.headline
    assert any("systemd-networkd" in remark.text for remark in analysis.remarks)


@pytest.mark.parametrize(
    "text",
    [
        ROUTES + "default via 192.0.2.1 dev eth0\n169.254.0.0/16 dev eth0 scope link metric 1002\n",
        # Each interface has the network of its own link-local address.
        f"2001:db8:7::66 dev {LINK} metric 1024 pref medium\nfe80::/64 dev {LINK} proto kernel metric 256\n",
        # So has a pod, whose interface is no end of Calico's.
        "default via 169.254.1.1 dev eth0\n169.254.1.1 dev eth0 scope link\n",
    ],
)
def test_usual_routes_are_no_such_routes(text: str, tmp_path: Path) -> None:
    assert not any("out of a pod's link" in remark.text for remark in judged_state(tmp_path, text).remarks)
