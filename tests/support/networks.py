"""What is right to say of the recordings of other networks: which rule fails, on which files, or none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

from pcapcheck.analysis import Analysis
from tests.support.lab import FIXTURES

RECORDED = FIXTURES / "networks"
INDEX: dict[str, dict[str, Any]] = json.loads((RECORDED / "INDEX.json").read_text())

# Files of a case, by what they were recorded on: pods' own interfaces, the node's ends of A's and B's links, all.
POD, POD_B, A, B, ANY = "pod-a-eth0.pcap", "pod-b-eth0.pcap", "link of A", "link of B", "any.pcap"


class Broken(NamedTuple):
    """The rules, one of them fails; the files that show it by themselves; and what else may fail."""

    rules: frozenset[str]
    shown_on: tuple[str, ...] = (A,)
    besides: frozenset[str] = frozenset()


# Where packets are followed from interface to interface, what got lost on the way may fail by these too.
FOLLOWED = ("request-leaves-node", "request-reaches-pod", "request-arrives", "reply-delivered")


def broken(*rules: str, on: tuple[str, ...] = (A,), besides: tuple[str, ...] = ()) -> Broken:
    """One of these rules fails."""
    return Broken(frozenset(rules), on, frozenset({*besides, *FOLLOWED}))


HEALTHY = [
    *("aws-vpc-cni/busy", "aws-vpc-cni/entry-missing-proxied", "aws-vpc-cni/healthy", "aws-vpc-cni/healthy-ipv6"),
    *("azure-cni/busy", "azure-cni/entry-missing", "azure-cni/healthy", "azure-cni/healthy-permanent"),
    *("bridge/busy", "bridge/healthy", "bridge/healthy-ipv6"),
    *("cilium/busy", "cilium/endpoint-mac-harmless", "cilium/healthy", "cilium/healthy-legacy"),
    "cilium/healthy-tunnel",
    *("flannel/busy", "flannel/healthy"),
    *("gke/busy", "gke/healthy", "gke/healthy-dataplane-v2", "gke/healthy-proxied"),
    *("ptp/busy", "ptp/gateway-on-other-link", "ptp/healthy", "ptp/healthy-ipv6"),
]
# The node's ping of a pod whose replies cannot leave fails too.
SILENT = ("pod-answers-echo",)
# What follows from a packet that the node does not take in.
LOST = ("echo-answered", "request-leaves-node", *SILENT)
NEIGHBOUR, GATEWAY = "neighbour-answers-arp", "gateway-answers-arp"
ENDPOINT_ARP, NODE_MAC = "endpoint-answers-arp", "pod-frames-to-node-mac"
# The files that show a fault between the pod's link and elsewhere.
BOTH = (POD, A)
BROKEN = {
    "aws-vpc-cni/entry-missing": broken("gateway-entry-or-answer", on=BOTH, besides=SILENT),
    "aws-vpc-cni/entry-stale": broken(NODE_MAC, on=BOTH, besides=LOST),
    "aws-vpc-cni/from-rule-missing": broken("echo-answered", on=BOTH),
    "azure-cni/entry-stale": broken(NODE_MAC, "pod-frames-to-azure-mac", on=BOTH, besides=LOST),
    "azure-cni/node-drops": broken("echo-answered", on=BOTH, besides=LOST),
    "azure-cni/proxy-arp-off": broken("gateway-entry-or-answer", on=BOTH, besides=SILENT),
    "bridge/bridge-down": broken(NEIGHBOUR, on=BOTH),
    "bridge/forward-dropped": broken("echo-answered", on=BOTH),
    "bridge/gateway-missing": broken(NEIGHBOUR, on=BOTH),
    "bridge/neighbour-stale": broken("echo-answered", on=BOTH),
    "bridge/port-missing": broken(NEIGHBOUR, on=BOTH),
    "bridge/ports-isolated": broken(NEIGHBOUR, on=BOTH),
    "cilium/arp-unanswered": broken(ENDPOINT_ARP, on=BOTH, besides=SILENT),
    "cilium/endpoint-mac-wrong": broken("node-frames-to-endpoint-mac", "echo-answered", on=(POD, B)),
    "cilium/reply-dropped": broken("echo-answered", on=(POD,)),
    "cilium/request-dropped": broken("echo-answered", on=(POD,)),
    "flannel/fdb-missing": broken("echo-answered", on=BOTH),
    "flannel/fdb-wrong": broken("echo-answered", on=BOTH),
    "flannel/neighbour-missing": broken("echo-answered", on=BOTH),
    "flannel/neighbour-wrong": broken("echo-answered", on=BOTH),
    "flannel/port-missing": broken(NEIGHBOUR, on=BOTH),
    "flannel/reply-dropped": broken("echo-answered", on=BOTH),
    "flannel/vxlan-filtered": broken("echo-answered", on=BOTH),
    "gke/gateway-missing": broken(GATEWAY, on=BOTH, besides=SILENT),
    "gke/reply-dropped": broken("echo-answered", on=(POD,)),
    "gke/way-to-node-missing": broken("echo-answered", on=BOTH),
    "ptp/gateway-missing": broken(GATEWAY, on=BOTH, besides=SILENT),
    "ptp/gateway-stale": broken(NODE_MAC, on=BOTH, besides=("echo-answered", *SILENT)),
    "ptp/node-drops": broken("echo-answered", on=BOTH),
    "ptp/pod-route-missing": broken(GATEWAY, on=BOTH, besides=("echo-answered",)),
}


def files(case: str, recorded: Path = RECORDED) -> list[Path]:
    """The captures of a case."""
    return sorted((recorded / case).glob("*.pcap*"))


def file(case: str, which: str) -> Path:
    """The capture of a case that was recorded there."""
    pods = INDEX[case]["pods"]
    names = {A: f"{pods['pod-a']['link']}.pcap", B: f"{pods['pod-b']['link']}.pcap"}
    return RECORDED / case / names.get(which, which)


def failed(analysis: Analysis, *severities: str) -> set[str]:
    """The rules that failed, of these severities (none: of any)."""
    return {
        finding.rule.id
        for finding in analysis.findings
        if finding.status == "fail" and (not severities or finding.rule.severity in severities)
    }
