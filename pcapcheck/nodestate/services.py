"""The services of a cluster, and what stands behind them."""

from __future__ import annotations

from msgspec import Struct, field

from pcapcheck.nodestate.source_lines import Line


class Service(Struct, frozen=True):
    """An address of a service, and one of its ports, if a listing or the rule that serves it names one.

    ``name`` is NAMESPACE/NAME, or NAME alone. ``empty``: no pod stands behind it (None: the line does not tell).
    ``hits`` are the packets that a rule which refuses them has counted. ``doubtful``: only its shape speaks for it.
    ``servers`` are the addresses of those behind it, where the listing has them.
    """

    ip: int
    line: Line
    name: str | None = None
    protocol: str | None = None
    port: int | None = None
    empty: bool | None = None
    hits: int | None = None
    doubtful: bool = False
    servers: tuple[int, ...] = ()


class Endpoints(Struct, frozen=True):
    """A line of ``kubectl get endpoints`` or ``endpointslices``: whether any pod is ready behind a service.

    ``addresses`` are those that the line names: of many it shows the first few.
    """

    name: str
    line: Line
    empty: bool
    addresses: tuple[int, ...] = ()


class ProxiedConnection(Struct, frozen=True):
    """A connection that IPVS hands on: ``state`` in its words, service and server as they were printed."""

    protocol: str
    state: str
    service: str
    server: str
    line: Line


class Services(Struct):
    """What is known of the cluster's services; ``whole`` is the command that listed all of them."""

    listed: list[Service] = field(default_factory=list)
    proxied: list[ProxiedConnection] = field(default_factory=list)
    endpoints: list[Endpoints] = field(default_factory=list)
    whole: Line | None = None

    @property
    def size(self) -> int:
        """How many facts these are."""
        return len(self.listed) + len(self.endpoints) + len(self.proxied)

    def at(self, ip: int | None) -> list[Service]:
        """The entries of an address."""
        return [service for service in self.listed if service.ip == ip]

    def behind(self, service: Service) -> Endpoints | None:
        """What stands behind a service that was listed by name; of several listings the last word counts."""
        found = [
            endpoints
            for endpoints in self.endpoints
            if service.name is not None and _is_of(endpoints.name, service.name)
        ]
        return next((endpoints for endpoints in reversed(found) if not endpoints.empty), found[-1]) if found else None


def _is_of(name: str, other: str) -> bool:
    """Whether two names are of one service, where one of them may lack the namespace."""
    return name == other if "/" in name and "/" in other else name.rpartition("/")[2] == other.rpartition("/")[2]
