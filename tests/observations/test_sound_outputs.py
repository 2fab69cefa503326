"""Outputs given alone that report no fault: that is said, with what to record, and never of what may be a fault."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from pcapcheck.cli.main import main

WG = """interface: wireguard.cali
  public key: 0hYx0Qx6kq0ZC8H5m0b1n3v0m9F6iW2xk0m3mS1o2Ho=
  private key: (hidden)
  listening port: 51820

peer: y5uH7y2pGZc4xkq8cN8pWJv7m6b2g5n3b1q9k0rTj2U=
  endpoint: 172.31.186.251:51820
  allowed ips: 10.244.2.0/26, 10.244.2.0/32
  latest handshake: 1 minute, 12 seconds ago
  transfer: 12.53 MiB received, 9.31 MiB sent
"""
DMESG = """[    0.000000] Linux version 6.1.0-18-amd64 (debian-kernel@lists.debian.org)
[    1.102331] e1000: eth0 NIC Link is Up 1000 Mbps Full Duplex, Flow Control: RX
[   12.220110] IPv6: ADDRCONF(NETDEV_CHANGE): eth0: link becomes ready
"""
BGP = """Calico process is running.

IPv4 BGP status
+----------------+-------------------+-------+----------+-------------+
|  PEER ADDRESS  |     PEER TYPE     | STATE |  SINCE   |    INFO     |
+----------------+-------------------+-------+----------+-------------+
| 172.31.186.251 | node-to-node mesh | up    | 09:12:01 | Established |
+----------------+-------------------+-------+----------+-------------+

IPv6 BGP status
No IPv6 peers found.
"""
PODS = """NAME                     READY   STATUS    RESTARTS   AGE   IP            NODE    NOMINATED NODE
web-7d4b9c6d5f-abcde     1/1     Running   0          2d    10.244.1.10   node1   <none>
"""
NEIGH = "172.31.186.1 dev eth0 lladdr 0a:58:ac:1f:ba:01 REACHABLE\n"
ROUTES = """default via 172.31.186.1 dev eth0 proto dhcp src 172.31.186.250 metric 100
10.244.1.10 dev cali14e7d81007d scope link
blackhole 10.244.1.0/26 proto bird
"""
CHAINS = "".join(
    f"Chain {name} (policy ACCEPT)\ntarget prot opt source destination\n\n" for name in ("INPUT", "FORWARD")
)
SOUND = {
    "wg show": WG,
    "ufw status": "Status: inactive\n",
    "dmesg": DMESG,
    "dmesg -T": "[Mon Nov 30 12:00:00 2026] IPv6: ADDRCONF(NETDEV_CHANGE): eth0: link becomes ready\n",
    "iptables -S": "-P INPUT ACCEPT\n-P FORWARD ACCEPT\n-P OUTPUT ACCEPT\n",
    "iptables -L": CHAINS,
    "ip neigh": NEIGH,
    "calicoctl node status": BGP,
    "conntrack -L": "conntrack v1.4.7 (conntrack-tools): 0 flow entries have been shown.\n",
    "nstat": "#kernel\nIpInReceives                    120341             0.0\nIpInDiscards    0   0.0\n",
    "ethtool -k": "Features for eth0:\nrx-checksumming: on\ntx-checksum-ip-generic: on\n",
    "ip route": ROUTES,
    "kubectl get pods": PODS,
}
DOUBTFUL = {
    "wg show, never answered": WG.replace("  latest handshake: 1 minute, 12 seconds ago\n", "").replace(
        "12.53 MiB", "0 B"
    ),
    "ufw status, active": "Status: active\n\nTo      Action      From\n80/tcp    DENY        Anywhere\n",
    "dmesg, a trouble": f"{DMESG}[   20.100011] Out of memory: Killed process 12 (coredns)\n",
    "dmesg, a loss": f"{DMESG}[   20.100011] nf_conntrack: nf_conntrack: table full, dropping packet\n",
    "iptables, a policy": "-P INPUT ACCEPT\n-P FORWARD DROP\n-P OUTPUT ACCEPT\n",
    "iptables, a rule": "-P INPUT ACCEPT\n-P FORWARD ACCEPT\n-A FORWARD -s 10.244.1.10/32 -j DROP\n",
    "a neighbour": NEIGH.replace("lladdr 0a:58:ac:1f:ba:01 REACHABLE", "FAILED"),
    "a counter": "#kernel\nTcpExtListenDrops               5             0.0\n",
    "a route": f"{ROUTES}unreachable 10.244.2.0/26 proto bird\n",
    "a pod": PODS.replace("1/1     Running", "0/1     CrashLoopBackOff"),
    "BGP": BGP.replace("up    |", "start |").replace("Established", "Connect    "),
    "Calico does not run": "Calico process is not running.\n",
    "sockets": "State  Recv-Q Send-Q Local Address:Port Peer Address:Port\nLISTEN 0 128 0.0.0.0:22 0.0.0.0:*\n",
}
FAULTLESS = "it shows no fault. For the packets, record on the node while it happens: tcpdump -nn -i any -w any.pcap"


def report(folder: Path, text: str) -> tuple[str, int]:
    path = folder / "pasted.txt"
    path.write_text(text)
    done = CliRunner().invoke(main, ["analyze", str(path)])
    return done.output, done.exit_code


@pytest.mark.parametrize("text", SOUND.values(), ids=SOUND)
def test_what_reports_no_fault_is_said_to(text: str, tmp_path: Path) -> None:
    """The exit code is that of a state in which nothing is judged, or of its rules that pass, without packets."""
    said, code = report(tmp_path, text)
    assert FAULTLESS in said
    assert code == 2
    assert "FAIL" not in said.replace("FAILED", "")


@pytest.mark.parametrize("text", DOUBTFUL.values(), ids=DOUBTFUL)
def test_what_may_be_a_fault_is_not(text: str, tmp_path: Path) -> None:
    said, code = report(tmp_path, text)
    assert "it shows no fault" not in said
    assert code in (1, 2)
    assert "neither pcap nor pcapng" not in said


def test_pods_that_do_not_run_are_named(tmp_path: Path) -> None:
    said, _ = report(tmp_path, DOUBTFUL["a pod"])
    assert (
        "1 pod (kubectl get pods), of which 1 does not run, or is not ready: web-7d4b9c6d5f-abcde (CrashLoopBackOff)"
        in said
    )


def test_a_log_with_a_loss_is_not_also_called_sound(tmp_path: Path) -> None:
    said, _ = report(tmp_path, DOUBTFUL["dmesg, a loss"])
    assert "reports nothing that loses packets" not in said
