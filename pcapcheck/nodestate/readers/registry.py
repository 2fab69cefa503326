"""Which reader understands which kind of output, and what a line looks like that nobody announced."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from pcapcheck.nodestate.host import Host
from pcapcheck.nodestate.listing import Listing
from pcapcheck.nodestate.numbers import address, mac, mask_bits, network
from pcapcheck.nodestate.readers import (
    fdb,
    host_details,
    ifconfig,
    ip_link,
    ip_neigh,
    ip_route,
    ip_rule,
    ipvs,
    kernel_log,
    kubectl,
    link_counters,
    monitor,
    per_processor,
    queues,
    service_lists,
    service_rules,
    sysctls,
)
from pcapcheck.nodestate.readers.firewall import iptables_list, nft
from pcapcheck.nodestate.readers.firewall.read_firewall import SAVED, read_firewall
from pcapcheck.nodestate.readers.ip_link import read_links
from pcapcheck.nodestate.readers.ip_neigh import read_arp, read_neighbours
from pcapcheck.nodestate.readers.ip_route import parse_route, read_route_table, read_routes
from pcapcheck.nodestate.readers.ip_rule import read_policy
from pcapcheck.nodestate.readers.route_lookups import ANSWERS, read_lookups
from pcapcheck.nodestate.readers.sysctls import read_proc, read_sysctl
from pcapcheck.nodestate.services import Services
from pcapcheck.nodestate.source_lines import Line

Reader = Callable[[Iterable[Line], Host, Listing | None], list[Line]]
READERS: dict[str, Reader] = {
    "links": read_links,
    "ifconfig": ifconfig.read_ifconfig,
    "routes": read_routes,
    "route-table": read_route_table,
    "lookup": read_lookups,
    "neighbours": read_neighbours,
    "arp": read_arp,
    "fdb": fdb.read_forwarding,
    "rules": read_policy,
    "sysctl": read_sysctl,
    "proc": read_proc,
    "ethtool": host_details.read_offloads,
    "nstat": host_details.read_counters,
    "firewall": read_firewall,
    "bpf": queues.read_bpf,
    "queues": queues.read_queues,
    "devices": link_counters.read_devices,
    "conntrack": per_processor.read_conntrack,
    "statistics": per_processor.read_statistics,
    "tables": per_processor.read_tables,
    "log": kernel_log.read_log,
    "environment": host_details.read_environment,
    "uname": host_details.read_uname,
    "hostname": host_details.read_hostname,
    "nmcli": host_details.read_nmcli,
    "networkctl": host_details.read_networkctl,
    "monitor": monitor.read_monitor,
}
# What is of the cluster, not of the host that says it. Firewalls are read for kube-proxy's rules too.
CLUSTER_READERS: dict[str, Callable[[Iterable[Line], Services, Listing | None], list[Line]]] = {
    "services": service_lists.read_service_lists,
    "service-rules": service_rules.read_service_rules,
    "ipvs": ipvs.read_virtual_services,
    "firewall": service_rules.read_service_rules,
}
# Lines under such a heading that are not understood are worth telling; elsewhere much is none of our business.
STRICT = (
    "links",
    "ifconfig",
    "routes",
    "route-table",
    "lookup",
    "neighbours",
    "arp",
    "rules",
    "sysctl",
    "proc",
    "kubectl",
    "services",
)
EXPECTED = {
    "links": "interfaces and addresses, as of ip link or ip addr",
    "ifconfig": "interfaces, as of ifconfig",
    "routes": "routes, as of ip route",
    "route-table": "routes, as of route -n",
    "lookup": "the answer to ip route get",
    "neighbours": "neighbour entries, as of ip neigh",
    "arp": "neighbour entries, as of arp -n",
    "rules": "policy rules, as of ip rule",
    "sysctl": "settings, as in net.ipv4.ip_forward = 1",
    "proc": "the values of the files that the command names",
    "kubectl": "pods, as of kubectl get pods -o wide",
    "services": "services, as of kubectl get services",
    "json": "JSON of ip -j or kubectl -o json",
}
LONGEST = 4096
COMPLAINTS = re.compile(
    r"command not found|: not found|[Pp]ermission denied|No such file or directory|Operation not permitted"
    r"|No such device|Cannot open netlink|Object \".*\" is unknown|invalid option|unrecognized option"
    r"|does not exist|Dump was interrupted|Dump terminated|Unable to use a TTY|Default(?:ed|ing) container"
    r"|[Cc]an(?:not|'t) find device|Operation not supported|is an unknown key|^Usage:|^BusyBox v"
    r"|^[Ee]rror(?: from server.*)?: "
)


def kind_of(text: str) -> str | None:
    """The kind of output that this line by itself shows, or None. Continuation lines are told by their indent."""
    if len(text) > LONGEST or not text.strip():
        return None
    bare = text.strip()
    words = bare.split()
    first = words[0]
    if monitor.LABELLED.fullmatch(bare):
        return "monitor"
    if ip_rule.RULE.fullmatch(bare):
        return "rules"
    if first[0].isdigit() and _is_link(bare):
        return "links"
    if ifconfig.NEW.fullmatch(bare) or ifconfig.OLD.fullmatch(bare):
        return "ifconfig"
    if first in ("Destination", "Kernel") and ("Genmask" in words or "routing" in words or "Iface" in words):
        return "route-table"
    if kubectl.HEADER.fullmatch(bare):
        return "kubectl"
    if service_lists.is_head(bare) or service_lists.is_service(words):
        return "services"
    if sysctls.HEAD.fullmatch(bare) or sysctls.PAIR.fullmatch(bare) or sysctls.OF_FILE.fullmatch(bare):
        return "sysctl"
    if sysctls.MISSING.search(bare):
        return "sysctl"
    return _kind_of_words(bare, words)


def _is_link(bare: str) -> bool:
    header = ip_link.HEADER.fullmatch(bare.split("\\")[0].strip())
    return bool(header and "mtu" in (header[4] or "")) or ip_link.ONE_LINE_ADDRESS.fullmatch(bare) is not None


def _kind_of_words(bare: str, words: list[str]) -> str | None:
    first = words[0]
    ip = address(first)
    if ip is not None and ("lladdr" in words or words[-1] in ip_neigh.STATES) and "dev" in words:
        return "neighbours"
    if ip is not None and ("uid" in words or "cache" in words):
        return "lookup"
    if ip_neigh.ASKED.fullmatch(bare):
        return "arp"
    if (
        ip is not None
        and len(words) >= 5
        and (mac(words[2]) is not None or (len(words) == 6 and mac(words[3]) is not None))
    ):
        return "arp"
    if ip is not None and len(words) == 8 and mask_bits(words[2]) is not None:
        return "route-table"
    if (first == "default" or first in ip_route.KINDS or network(first) is not None) and len(words) >= 2:
        return "routes" if parse_route(Line("", 0, bare)) and _says_where(words) else None
    if (
        ip_link.BRIEF.fullmatch(bare)
        and len(words) > 2
        and (mac(words[2]) is not None or network(words[2]) is not None)
    ):
        return "links"
    if fdb.ENTRY.fullmatch(bare):
        return "fdb"
    if service_rules.is_rule(bare):
        return "service-rules"
    if ipvs.SERVICE.fullmatch(bare) or ipvs.SERVER.fullmatch(bare):
        return "ipvs"
    if host_details.OFFLOADS.fullmatch(bare):
        return "ethtool"
    if host_details.COUNTER.fullmatch(bare):
        return "nstat"
    if SAVED.fullmatch(bare) or nft.TABLE.fullmatch(bare) or iptables_list.HEAD.fullmatch(bare):
        return "firewall"
    if queues.HEAD.fullmatch(bare) or queues.SENT.fullmatch(bare):
        return "queues"
    if per_processor.PROCESSOR.fullmatch(bare):
        return "conntrack"
    if per_processor.HEAD.fullmatch(bare) or per_processor.ROW.fullmatch(bare):
        return "statistics"
    if link_counters.DEVICE.fullmatch(bare):
        return "devices"
    if kernel_log.BOOTED.fullmatch(bare) or kernel_log.event_of(bare):
        return "log"
    if monitor.DELETED.fullmatch(bare):
        return "monitor"
    if host_details.BPF_ENABLED.fullmatch(bare) or host_details.FELIX.fullmatch(bare):
        return "environment"
    if host_details.RELEASE.fullmatch(bare):
        return "uname"
    return None


def _says_where(words: list[str]) -> bool:
    return any(word in ("dev", "via") for word in words[1:]) or words[0] in (
        "blackhole",
        "unreachable",
        "prohibit",
        "throw",
    )


def is_complaint(text: str) -> bool:
    """Whether a line is a program's complaint that nothing is to be had."""
    return ANSWERS in text or (len(text) <= LONGEST and COMPLAINTS.search(text.strip()) is not None)
