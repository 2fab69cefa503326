"""``ipvsadm -Ln``: the services of kube-proxy's IPVS mode, each with the pods behind it; ``-Lnc``: the connections.

/proc/net/ip_vs has the services too, with hexadecimal addresses.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from msgspec.structs import replace

from pcapcheck.nodestate.listing import Listing
from pcapcheck.nodestate.numbers import address, number
from pcapcheck.nodestate.readers.state_reader import StateReader
from pcapcheck.nodestate.services import ProxiedConnection, Service
from pcapcheck.nodestate.source_lines import Line
from pcapcheck.nodestate.state import State

SERVICE = re.compile(r"(TCP|UDP|SCTP)\s+\[?([0-9a-f.:]+?)\]?:(\d+)\s+\w+.*")
SERVER = re.compile(r"->\s+\[?([0-9a-f.:]+?)\]?:\d+\s+\w+\s+(\d+)\s.*")

# TCP 00:57  SYN_RECV    10.0.0.9:59623 10.96.0.20:80 10.244.1.7:8080 (ipvsadm.c, print_conn)
CONNECTION = re.compile(
    r"(TCP|UDP|SCTP)\s+\d+:\d\d\s+([A-Z][A-Z_0-9]{2,15})\s+\S{3,280}:\S+\s+(\S{3,280}:\S+)\s+(\S{3,280}:\S+)"
)
# The table of a busy node has millions of them.
MOST_KEPT = 10_000

# net/netfilter/ipvs/ip_vs_ctl.c, ip_vs_info_seq_show: IPv6 in brackets as elsewhere, IPv4 as eight digits.
HEXADECIMAL = re.compile(r"(?<=[ >])([0-9A-F]{8}):([0-9A-F]{4})(?= )")


def _decimal(match: re.Match[str]) -> str:
    ip, port = int(match[1], 16), int(match[2], 16)
    return f"{ip >> 24}.{ip >> 16 & 255}.{ip >> 8 & 255}.{ip & 255}:{port}"


def read_virtual_services(lines: Iterable[Line], state: State, _: Listing | None = None) -> list[Line]:
    """Read connections, and services.

    A service without a server of positive weight is empty, and the kernel rejects packets to it (kernel:
    net/netfilter/ipvs/ip_vs_core.c, ip_vs_leave). Other lines are skipped, so none is returned.
    """
    into = state.services
    current: int | None = None
    for line in lines:
        if match := CONNECTION.fullmatch(line.text.strip()):
            if len(into.proxied) < MOST_KEPT:
                into.proxied.append(ProxiedConnection(match[1].lower(), match[2], match[3], match[4], line))
            continue
        text = HEXADECIMAL.sub(_decimal, line.text.strip())
        if match := SERVICE.fullmatch(text):
            ip = address(match[2])
            current = None if ip is None else len(into.listed)
            if ip is not None:
                into.listed.append(Service(ip, line, None, match[1].lower(), number(match[3]), True))
        elif current is not None and (match := SERVER.fullmatch(text)) and number(match[2]):
            service, server = into.listed[current], address(match[1])
            more = () if server is None else (server,)
            into.listed[current] = replace(service, empty=False, servers=(*service.servers, *more))
    return []


IPVS_READER = StateReader(
    name="ipvs",
    commands=("ipvsadm",),
    looks_like=lambda text, _: any(form.fullmatch(text) for form in (SERVICE, SERVER, CONNECTION)),
    read_cluster=read_virtual_services,
)
