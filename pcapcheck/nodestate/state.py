"""All that was described: hosts, pods and the links between them."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct, field

from pcapcheck.brief import Brief
from pcapcheck.nodestate.bundles.layouts import Layout
from pcapcheck.nodestate.host import NODE, POD, Host
from pcapcheck.nodestate.node_facts import Device, NodeAddresses
from pcapcheck.nodestate.opening_sockets import OpeningSocket
from pcapcheck.nodestate.pools import Pool
from pcapcheck.nodestate.services import Services
from pcapcheck.nodestate.source_lines import Line

# What kubectl says of pods that run no more.
ENDED = ("Succeeded", "Completed", "Failed", "Error", "Evicted", "OOMKilled", "ContainerStatusUnknown")
MOST_PROBLEMS = 50


class PodEntry(Struct, frozen=True):
    """A line of ``kubectl get pods``."""

    name: str
    line: Line
    namespace: str | None = None
    ip: int | None = None
    node: str | None = None
    phase: str | None = None
    host_network: bool = False

    @property
    def label(self) -> str:
        return f"{self.namespace}/{self.name}" if self.namespace else self.name

    @property
    def holds_address(self) -> bool:
        """Whether its address is its own: the node's is not, and of a pod that has ended the listing keeps it."""
        return self.ip is not None and not self.host_network and self.phase not in ENDED


class PodLink(Brief, Struct):
    """A veth pair between a pod and its node, as far as either was described.

    ``cali_name`` may be known where ``cali`` is not listed: from the pod's name, or from the host route to its address.
    ``name`` is NAMESPACE/POD; ``named_by`` says by what it is known: name (the session said so), address, or cali (by
    the name of the interface, which then proves nothing about that name). ``joined_by`` says how the ends were found to
    belong together: netns, index, name, mac or route. ``apart``: the two are not of one instance of the pod, so
    what was described of its inside says nothing of what is behind this cali. ``foreign``: captures show another
    instance than all that was described. ``calico`` is by what the link is shown to be Calico's (None: it is not
    judged). ``machine``: a virtual machine is behind a bridge inside the pod, and has the pod's address.
    """

    node: Host | None = None
    pod: Host | None = None
    cali_name: str | None = None
    cali: Device | None = None
    end: Device | None = None
    name: str | None = None
    ips: list[int] = field(default_factory=list)
    joined_by: str | None = None
    named_by: str | None = None
    apart: bool = False
    foreign: bool = False
    calico: str | None = None
    machine: bool = False

    @property
    def inside(self) -> Host | None:
        """The pod that is behind this cali, as it looks from inside; None too if what was described is of another."""
        return None if self.apart else self.pod

    @property
    def inner_end(self) -> Device | None:
        """Its end of the link."""
        return None if self.apart else self.end

    @property
    def mac(self) -> int | None:
        """The pod's own MAC."""
        return self.end.mac if self.end else None


class Look(Struct, frozen=True):
    """A host that is not Calico's: the network that it looks like, by what, and the lines that show it.

    ``network`` is its id; empty if it may be one of several.
    """

    host: str
    network: str
    title: str
    by: str
    lines: tuple[Line, ...]


class Unjudged(Struct):
    """An output that is known and in which nothing is judged: its first line, and how many it has."""

    line: Line
    count: int = 0


class State(Brief, Struct):
    """All that was described, and ``problems``: lines that were not understood, with what was expected.

    Of many problems the first are kept, of the rest the number. ``calico``: a node shows Calico's data path;
    ``looks`` are nodes and pods of other networks. ``bundles`` are the layouts that some of the files have.
    ``unjudged`` are outputs in which nothing is judged, by what they are; ``printed`` is what ping and clients said,
    in ``client_failures`` of these lines that they got no answer. ``opening`` are sockets of connections that are not
    made so far. ``node_addresses`` are those of objects of the kind Node.
    """

    hosts: list[Host] = field(default_factory=list)
    pods: list[PodEntry] = field(default_factory=list)
    problems: list[tuple[Line, str]] = field(default_factory=list)
    more_problems: int = 0
    links: list[PodLink] = field(default_factory=list)
    calico: bool = False
    looks: list[Look] = field(default_factory=list)
    services: Services = field(default_factory=Services)
    bundles: list[Layout] = field(default_factory=list)
    pools: list[Pool] = field(default_factory=list)
    unjudged: dict[str, Unjudged] = field(default_factory=dict)
    printed: list[Line] = field(default_factory=list)
    client_failures: int = 0
    opening: list[OpeningSocket] = field(default_factory=list)
    node_addresses: list[NodeAddresses] = field(default_factory=list)

    def leave_unjudged(self, form: str, line: Line) -> None:
        """Count a line of an output in which nothing is judged; ``form`` says what it is."""
        if form in self.unjudged or len(self.unjudged) < MOST_PROBLEMS:
            self.unjudged.setdefault(form, Unjudged(line)).count += 1

    def complain(self, line: Line, message: str) -> None:
        """Remember a line that was not understood; of many only the first."""
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append((line, message))
        else:
            self.more_problems += 1

    @property
    def nodes(self) -> list[Host]:
        """The nodes that something can be concluded from."""
        return [host for host in self.hosts if host.role == NODE and not host.contradictions]

    @property
    def pod_hosts(self) -> list[Host]:
        """The same of pods."""
        return [host for host in self.hosts if host.role == POD and not host.contradictions]

    def links_for(self, *, ip: int | None = None, mac: int | None = None, cali: str | None = None) -> Iterator[PodLink]:
        """The pod links with this address, MAC or cali name; a state may hold only the beginning of a name."""
        for link in self.links:
            if (
                (ip is not None and ip in link.ips)
                or (mac is not None and mac == link.mac)
                or (cali is not None and link.cali_name is not None and cali.startswith(link.cali_name))
            ):
                yield link

    def pod_for(self, *, ip: int | None = None, mac: int | None = None, cali: str | None = None) -> PodLink | None:
        """The first of them."""
        return next(self.links_for(ip=ip, mac=mac, cali=cali), None)
