"""Services and what stands behind them, as kubectl lists them and as kube-proxy's rules name them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pcapcheck.nodestate.read_state import read_state
from pcapcheck.nodestate.recognise import recognise
from pcapcheck.nodestate.services import Services
from pcapcheck.values import format_address

LISTED = """\
NAMESPACE    NAME      TYPE          CLUSTER-IP   EXTERNAL-IP  PORT(S)                 AGE
kube-system  kube-dns  ClusterIP     10.96.0.10   <none>       53/UDP,53/TCP,9153/TCP  10d
shop         web       LoadBalancer  10.96.0.20   192.0.2.7    80:31234/TCP            2d
shop         headless  ClusterIP     None         <none>       80/TCP                  2d
"""
ENDPOINTS = """\
NAMESPACE    NAME      ENDPOINTS                                   AGE
kube-system  kube-dns  10.244.1.5:53,10.244.1.6:53 + 1 more...     10d
shop         web       <none>                                      2d
"""
SLICES = """\
NAMESPACE    NAME            ADDRESSTYPE  PORTS    ENDPOINTS              AGE
kube-system  kube-dns-x7k2p  IPv4         53       10.244.1.5,10.244.1.6  10d
shop         web-b8n4d       IPv4         <unset>  <unset>                2d
"""
IPVS = """\
IP Virtual Server version 1.2.1 (size=4096)
Prot LocalAddress:Port Scheduler Flags
  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn
UDP  10.96.0.10:53 rr
  -> 10.244.1.5:53                Masq    1      0          0
TCP  10.96.0.20:80 rr
TCP  10.96.0.21:80 rr
  -> 10.244.1.9:8080              Masq    0      0          0
"""
SAVED = """\
:KUBE-SERVICES - [0:0]
[3:180] -A KUBE-SERVICES -d 10.96.0.20/32 -p tcp -m comment --comment "shop/web:http has no endpoints" -m tcp \
--dport 80 -j REJECT --reject-with icmp-port-unreachable
-A KUBE-SERVICES -d 10.96.0.10/32 -p udp -m comment --comment "kube-system/kube-dns:dns cluster IP" -m udp --dport 53 \
-j KUBE-SVC-TCOU7JCQXEZGVUNU
"""
CHAIN = """\
Chain KUBE-SERVICES (2 references)
 pkts bytes target     prot opt in out source     destination
    3   180 REJECT     tcp  --  *  *   0.0.0.0/0  10.96.0.20  /* shop/web:http has no endpoints */ tcp dpt:80
    2   120 KUBE-SVC-TCOU7JCQXEZGVUNU  udp  --  *  *  0.0.0.0/0  10.96.0.10  /* kube-system/kube-dns:dns */ udp dpt:53
"""
NFT = """\
table ip kube-proxy {
    map no-endpoint-services {
        type ipv4_addr . inet_proto . inet_service : verdict
        elements = { 10.96.0.20 . tcp . 80 comment "shop/web:http" : goto reject-chain }
    }
    map service-ips {
        elements = { 10.96.0.10 . tcp . 53 : goto service-NWBZK7IH-kube-system/kube-dns/tcp/dns-tcp,
                     10.96.0.10 . udp . 53 : goto service-FY5PMXPG-kube-system/kube-dns/udp/dns }
    }
}
"""
TRANSLATED = """\
table ip filter {
    chain KUBE-SERVICES {
        meta l4proto tcp ip daddr 10.96.0.20  tcp dport 80 counter packets 3 bytes 180 reject
    }
}
table ip nat {
    chain KUBE-SERVICES {
        meta l4proto udp ip daddr 10.96.0.10  udp dport 53 counter packets 0 bytes 0 jump KUBE-SVC-TCOU7JCQXEZGVUNU
    }
}
"""


def services(tmp_path: Path, *texts: str) -> Services:
    path = tmp_path / "state.txt"
    path.write_text("\n".join(texts))
    state = read_state([path])
    assert state.problems == []
    return state.services


def without_pods(found: Services) -> dict[tuple[str, int | None], bool | None]:
    """Whether no pod is behind a service, by address and port."""
    kept = {}
    for service in found.listed:
        behind = found.behind(service)
        empty = service.empty if behind is None else behind.empty
        kept[format_address(service.ip), service.port] = empty
    return kept


@pytest.mark.parametrize("endpoints", [ENDPOINTS, SLICES])
def test_kubectl(tmp_path: Path, endpoints: str) -> None:
    found = services(tmp_path, "$ kubectl get svc -A", LISTED, "$ kubectl get endpoints -A", endpoints)
    assert without_pods(found) == {
        ("10.96.0.10", 53): False,
        ("10.96.0.10", 9153): False,
        ("10.96.0.20", 80): True,
        ("192.0.2.7", 80): True,
    }
    assert found.whole is not None


def test_kubectl_without_its_commands(tmp_path: Path) -> None:
    """As pasted, also one line that grep left."""
    assert without_pods(services(tmp_path, LISTED, ENDPOINTS))["10.96.0.20", 80] is True
    line = LISTED.splitlines()[1]
    found = services(tmp_path, "root@n:~# kubectl get svc -A | grep 10.96.0.10", line)
    assert {service.name for service in found.listed} == {"kube-system/kube-dns"}
    # The output of grep may leave services out.
    assert found.whole is None


@pytest.mark.parametrize("rules", [SAVED, CHAIN, NFT, TRANSLATED])
@pytest.mark.parametrize("command", ["iptables-save -c", ""])
def test_rules(tmp_path: Path, rules: str, command: str) -> None:
    if not command and rules in (CHAIN, TRANSLATED):
        pytest.skip("without a command nothing tells what it is")
    found = services(tmp_path, f"root@n:~# {command}" if command else "", rules)
    kept = without_pods(found)
    assert kept.pop(("10.96.0.20", 80)) is True
    assert set(kept) == {("10.96.0.10", 53)}
    assert not any(kept.values())
    assert not any(service.doubtful for service in found.listed)
    counted = [service.hits for service in found.listed if service.empty]
    assert counted == [None if rules is NFT else 3]


def test_a_rule_of_no_chain_is_doubtful(tmp_path: Path) -> None:
    rule = "ip daddr 10.96.0.20 tcp dport 80 counter packets 1 bytes 60 reject"
    (service,) = services(tmp_path, "# nft list ruleset | grep reject", rule).listed
    assert (service.doubtful, service.empty, service.hits) == (True, True, 1)
    assert services(tmp_path, "# nft list ruleset", "chain mine {", rule, "}", "10.0.0.0/8 dev eth0").listed == []


def test_ipvs(tmp_path: Path) -> None:
    """A server of weight 0 takes no new connection."""
    found = services(tmp_path, "root@n:~# ipvsadm -Ln", IPVS)
    assert without_pods(found) == {("10.96.0.10", 53): False, ("10.96.0.20", 80): True, ("10.96.0.21", 80): True}


def test_json(tmp_path: Path) -> None:
    named = {"name": "web", "namespace": "shop"}
    service = {"clusterIP": "10.96.0.20", "ports": [{"port": 80, "protocol": "TCP"}]}
    sliced = {"name": "web-b8n4d", "namespace": "shop", "labels": {"kubernetes.io/service-name": "web"}}
    for ready in (True, False):
        items = [
            {"kind": "Service", "metadata": named, "spec": service},
            {
                "kind": "EndpointSlice",
                "metadata": sliced,
                "endpoints": [{"addresses": ["10.244.1.9"], "conditions": {"ready": ready}}],
            },
        ]
        found = services(tmp_path, json.dumps({"kind": "List", "items": items}))
        assert without_pods(found) == {("10.96.0.20", 80): not ready}
    subsets = [{"notReadyAddresses": [{"ip": "10.244.1.9"}]}]
    items = [{"kind": "Service", "metadata": named, "spec": service}]
    items.append({"kind": "Endpoints", "metadata": named, "subsets": subsets})
    assert without_pods(services(tmp_path, json.dumps({"items": items}))) == {("10.96.0.20", 80): True}


def test_a_file_of_services_alone_is_a_state(tmp_path: Path) -> None:
    services(tmp_path, "$ kubectl get svc -A", LISTED)
    assert recognise(tmp_path / "state.txt") == "node-state"
