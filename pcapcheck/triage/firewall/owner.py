"""Whose a chain is: Calico's, kube-proxy's, or somebody else's on the node."""

from __future__ import annotations

import re

from pcapcheck.nodestate.firewall.chains import Chain, FirewallTable

CALICO, KUBE, NODE = "calico", "kube", "node"
# Felix names its chains cali-…, in its nftables tables with the name of the iptables table in front.
OF_CALICO = re.compile(r"(?:^|-)cali[-:]")


def owner(table: FirewallTable, chain: Chain) -> str:
    if OF_CALICO.search(chain.name) or table.name.startswith("calico"):
        return CALICO
    if chain.name.startswith("KUBE-") or table.name == "kube-proxy":
        return KUBE
    return NODE
