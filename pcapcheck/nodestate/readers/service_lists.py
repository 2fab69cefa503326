"""``kubectl get services``, ``endpoints`` and ``endpointslices``, also several of them in one listing."""

from __future__ import annotations

import re
from collections.abc import Iterable

from pcapcheck.nodestate.firewall.rule_values import target
from pcapcheck.nodestate.listing import Listing
from pcapcheck.nodestate.numbers import address, number
from pcapcheck.nodestate.readers.state_reader import StateReader
from pcapcheck.nodestate.services import Endpoints, Service, Services
from pcapcheck.nodestate.source_lines import Line
from pcapcheck.nodestate.state import State

TYPES = ("ClusterIP", "NodePort", "LoadBalancer", "ExternalName")
# The heads of the three listings, with the reader of the lines below.
SERVICES = re.compile(r"(NAMESPACE\s+)?NAME\s+TYPE\s+CLUSTER-IP\b.*")
ENDPOINTS = re.compile(r"(NAMESPACE\s+)?NAME\s+ENDPOINTS\s+AGE\b.*")
SLICES = re.compile(r"(NAMESPACE\s+)?NAME\s+ADDRESSTYPE\s+PORTS\s+ENDPOINTS\b.*")
NAME = re.compile(r"(?:[\w.]+/)?([a-z0-9][-a-z0-9.]*)")
PORT = re.compile(r"(\d+)(?::\d+)?/(TCP|UDP|SCTP)")
# The suffix of a slice's name after its service's name.
SUFFIX = re.compile(r"-[a-z0-9]{5}")
NOTHING = ("<none>", "<unset>")


def is_head(text: str) -> bool:
    """Whether a line is the head of such a listing."""
    return any(pattern.fullmatch(text) for pattern in (SERVICES, ENDPOINTS, SLICES))


# What stands in the column CLUSTER-IP; names of addresses are masked by some.
ADDRESS = re.compile(r"None|<none>|<pending>|[\da-fA-FxX.:*]{3,45}|<[\w -]{1,30}>")


def is_service(words: list[str]) -> bool:
    """Whether a line of a listing without a head is a service: its type says so, and its address, if it has one."""
    at = next((place for place, word in enumerate(words[1:3], 1) if word in TYPES), 0)
    return bool(at) and len(words) > at + 3 and ADDRESS.fullmatch(words[at + 1]) is not None


def read_service_lists(lines: Iterable[Line], state: State, listing: Listing | None = None) -> list[Line]:
    """Read services and endpoints; returns the lines of no such listing."""
    into = state.services
    strange = []
    namespace = listing.namespace if listing else None
    head, namespaced = SERVICES, bool(listing and {"-A", "--all-namespaces"} & set(listing.words))
    for line in lines:
        text = line.text.strip()
        found = next((pattern for pattern in (SERVICES, ENDPOINTS, SLICES) if pattern.fullmatch(text)), None)
        if found is not None:
            match = found.fullmatch(text)
            head, namespaced = found, bool(match and match[1])
            continue
        words = text.split()
        if not words or text.startswith(("No resources found", "Warning:", "Error from server", "...")):
            continue
        if is_service(words):
            head = SERVICES
        at = 1 if namespaced else 0
        if is_service(words):
            at = next(place for place, word in enumerate(words) if word in TYPES) - 1
        name = NAME.fullmatch(words[at]) if len(words) > at + 1 else None
        if name is None:
            strange.append(line)
            continue
        label = f"{words[at - 1] if at else namespace}/{name[1]}" if at or namespace else name[1]
        if head is SERVICES:
            _service(words[at + 1 :], label, line, into)
        else:
            _endpoints(words[at + 1 :], label, line, into, head is SLICES)
    return strange


def _service(rest: list[str], label: str, line: Line, into: Services) -> None:
    """Type, cluster IP, external IPs, ports, age, …: one entry for each address and port."""
    ports = [(match[2].lower(), number(match[1])) for word in rest for match in PORT.finditer(word)]
    held = [ip for word in rest[1:3] for part in word.split(",") if (ip := address(part)) is not None]
    for ip in held:
        for protocol, port in ports or [(None, None)]:
            into.listed.append(Service(ip, line, label, protocol, port))


def _endpoints(rest: list[str], label: str, line: Line, into: Services, slices: bool) -> None:
    """Endpoints (of slices behind the type of address and the ports), age."""
    found = rest[2:3] if slices else rest[:1]
    if found:
        name = label[:-6] if slices and SUFFIX.fullmatch(label[-6:]) else label
        held = tuple(known[0] for part in found[0].split(",") if (known := target(part)) is not None)
        into.endpoints.append(Endpoints(name, line, found[0] in NOTHING, held))


SERVICES_READER = StateReader(
    name="services",
    looks_like=lambda text, words: is_head(text) or is_service(words),
    read_cluster=read_service_lists,
    expected="services, as of kubectl get services",
)
