"""Every output of a lab state in the layouts of bundles, next to a plain text of the same outputs.

A layout holds less than the whole state; what it holds must come to the same as when it is pasted with prompts.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.support.bundles import TIME, Files, packed, settings_of, zipped
from tests.support.lab import CAPTURES

Outputs = list[tuple[str, str, str]]
NAMES = {"node": "worker-1", "node2": "worker-2"}
ADDRESSES, ROUTES, ROUTES6, RULES, NEIGHBOURS, RULESET = (
    "ip -d addr",
    "ip -4 route show table all",
    "ip -6 route show table all",
    "ip -4 rule",
    "ip -4 neigh",
    "nft list ruleset",
)
QUEUES = "tc -s qdisc"
DIAGS = {
    ADDRESSES: ("ip-addr", "ip-link"),
    ROUTES: ("ip-route",),
    ROUTES6: ("ip-route-v6",),
    RULES: ("ip-rule",),
    NEIGHBOURS: ("ip-neigh",),
    RULESET: ("nft-ruleset",),
    QUEUES: ("tc-qdisc",),
}
SOS = {
    ADDRESSES: "networking/ip_-d_address",
    ROUTES: "networking/ip_route_show_table_all",
    RULES: "networking/ip_-4_rule",
    NEIGHBOURS: "networking/ip_-4_neigh_show",
    RULESET: "firewall_tables/nft_list_ruleset",
    QUEUES: "networking/tc_-s_qdisc_show",
    "ip -s -s link": "networking/ip_-s_-s_link",
    "bridge fdb show dev vxlan.calico": "networking/bridge_fdb_show_dev_vxlan.calico",
}
HAND = {
    ADDRESSES: "ip-addr",
    ROUTES: "ip-route-table-all",
    RULES: "ip-rule",
    NEIGHBOURS: "ip-neigh",
    RULESET: "nft-list-ruleset",
    QUEUES: "tc-qdisc",
    "ip -s -s link": "ip-s-link",
    "ethtool -k eth0": "ethtool-k-eth0",
}


@dataclass
class Laid:
    """A bundle's name and files, and the outputs in them: heading of the host, command, text."""

    name: str
    files: Files = field(default_factory=dict)
    outputs: Outputs = field(default_factory=list)

    def bytes(self) -> bytes:
        if self.name.endswith(".zip"):
            return zipped(self.files)
        return packed(self.files, {"gz": "gz", "xz": "xz", "bz2": "bz2"}.get(self.name.rpartition(".")[2], ""))

    def text(self) -> str:
        """The same as a paste."""
        said, last = [], None
        for host, command, text in self.outputs:
            if host != last:
                said.append(f"### {host}\n")
                last = host
            said.append(f"$ {command}\n{text}\n")
        return "".join(said)


def outputs_of(scenario: str) -> Outputs:
    found: Outputs = []
    host = ""
    for block in re.split(r"^(?=### |\$ )", (CAPTURES / scenario / "state.txt").read_text(), flags=re.MULTILINE):
        first, _, rest = block.partition("\n")
        if first.startswith("### "):
            host = first[4:]
        elif first.startswith("$ "):
            found.append((host, first[2:], f"{text}\n" if (text := rest.strip("\n")) else ""))
    return found


def by_host(scenario: str) -> dict[str, dict[str, str]]:
    hosts: dict[str, dict[str, str]] = {}
    for host, command, text in outputs_of(scenario):
        hosts.setdefault(host, {})[command] = text
    return hosts


def nodes(scenario: str) -> dict[str, dict[str, str]]:
    return {host: said for host, said in by_host(scenario).items() if host.startswith("node ")}


def settings(said: dict[str, str], form: str = "{path}:{value}\n") -> str:
    return "".join(form.format(path=path, value=value) for path, value in settings_of(said).items())


def add_settings(laid: Laid, host: str, said: dict[str, str]) -> None:
    laid.outputs.append((host, "grep . /proc/sys/net/...", settings(said)))


def cluster_diags(scenario: str) -> Laid:
    laid = Laid("d.tar.gz")
    for host, said in nodes(scenario).items():
        for command, names in DIAGS.items():
            for name in names if command in said else ():
                path = f"calico-diagnostics-20260301_0912/nodes/{NAMES[host.split()[1]]}/{name}.txt"
                laid.files[path] = said[command].encode()
            laid.outputs += [(host, command, said[command])] if command in said else []
    return laid


def node_diags(scenario: str) -> Laid:
    """Of the first node; it shows the main table only."""
    host, said = next(iter(nodes(scenario).items()))
    laid = Laid("d.tar", {"diagnostics/hostname": b"worker-1\n", "diagnostics/date": b"Sun Mar  1 09:12:00 UTC 2026\n"})
    main = "".join(f"{line}\n" for line in said[ROUTES].splitlines() if " table " not in f" {line} ")
    texts = {"ip -4 route": ("ipv4_route", main), ADDRESSES: ("ipv4_addr", said[ADDRESSES])}
    if RULESET in said:
        texts[RULESET] = ("nft_ruleset", said[RULESET])
    for command, (name, text) in texts.items():
        laid.files[f"diagnostics/{name}"] = text.encode()
        laid.outputs.append((host, command, text))
    return laid


def retina(scenario: str) -> Laid:
    """A tarball per node in a zip, as ``download --all`` makes it."""
    laid = Laid("all.zip")
    for host, said in nodes(scenario).items():
        ran = ""
        words = {
            "-d addr show": ADDRESSES,
            "-d neighbor show": NEIGHBOURS,
            "rule list": RULES,
            "route show table all": ROUTES,
        }
        for shown, command in words.items():
            ran += f"/usr/sbin/ip {shown}\n\n{said.get(command, '')}"
            laid.outputs.append((host, command, said.get(command, "")))
        listed = "".join(f"/usr/sbin/ip {shown}(what it shows)\n" for shown in words)
        files = {"ip-resources.txt": f"Summary:\n\n{listed}\nExecute:\n\n{ran}".encode()}
        for path, value in settings_of(said).items():
            files[path.replace("/proc/sys/net", "proc-sys-net")] = f"{value}\n".encode()
        add_settings(laid, host, said)
        laid.files[f"retina-capture-{NAMES[host.split()[1]]}-{TIME}.tar.gz"] = packed(files)
    return laid


def sosreport(scenario: str) -> Laid:
    """A folder per node; of one node with what its pods' namespaces show."""
    laid = Laid("sos.tar.xz")
    hosts = by_host(scenario)
    inside = {host: said for host, said in hosts.items() if not host.startswith("node ")}
    for host, said in nodes(scenario).items():
        top = f"sosreport-{NAMES[host.split()[1]]}-2026-03-01-abcdefg/sos_commands"
        for command, name in SOS.items():
            if command in said:
                laid.files[f"{top}/{name}"] = said[command].encode()
                laid.outputs.append((host, command, said[command]))
        sysctl = settings(said, "{path} = {value}\n").replace("/proc/sys/", "")
        dotted = re.sub(r"^\S+", lambda match: match[0].replace("/", "."), sysctl, flags=re.MULTILINE)
        laid.files[f"{top}/kernel/sysctl_-a"] = dotted.encode()
        add_settings(laid, host, said)
        for pod, shown in inside.items() if len(nodes(scenario)) == 1 else ():
            space = pod.split()[-1]
            folder = f"{top}/networking/namespaces/{space}/ip_netns_exec_{space}_"
            for command, name in ((ADDRESSES, "ip_-d_address_show"), (ROUTES, "ip_route_show_table_all")):
                laid.files[f"{folder}{name}"] = shown[command].encode()
                laid.outputs.append((pod, command, shown[command]))
    return laid


def by_hand(form: str, name: str) -> Callable[[str], Laid]:
    """``form`` has NODE and WHAT in it."""

    def lay(scenario: str) -> Laid:
        laid = Laid(name)
        for host, said in nodes(scenario).items():
            path = form.replace("NODE", NAMES[host.split()[1]])
            for command, what in HAND.items():
                if command in said:
                    laid.files[path.replace("WHAT", what)] = said[command].encode()
                    laid.outputs.append((host, command, said[command]))
            laid.files[path.replace("WHAT", "sysctl")] = settings(said).encode()
            add_settings(laid, host, said)
        return laid

    return lay


LAYOUTS: dict[str, Callable[[str], Laid]] = {
    "cluster diags": cluster_diags,
    "node diags": node_diags,
    "Retina": retina,
    "sosreport": sosreport,
    "folders": by_hand("case/NODE/WHAT.txt", "case.tar.bz2"),
    "beginnings": by_hand("NODE_WHAT.log", "case.zip"),
    "endings": by_hand("WHAT-NODE.txt", "case.zip"),
}
