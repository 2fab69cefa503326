"""A listing: what an output lists, and whether all of it. Silence of a narrowed listing proves nothing."""

from __future__ import annotations

from dataclasses import dataclass, field

EVERY_SERVICE = "services of all namespaces"
# What ``Host.whole`` calls the queueing disciplines of all interfaces, and all routing tables of a family.
QUEUES = "queues"
TABLES = "tables"


@dataclass
class Listing:
    """``reader`` names what reads it; ``whole`` names what the listing holds completely (see ``Host.whole``)."""

    reader: str
    families: tuple[int, ...] = (4, 6)
    whole: set[str] = field(default_factory=set)
    table: str = "main"
    dev: str | None = None
    proxy: bool = False
    words: list[str] = field(default_factory=list)
    namespace: str | None = None


def routes_of(dev: str) -> str:
    """What ``Host.whole`` calls all IPv4 routes of the main table out of one interface."""
    return f"routes of {dev}, IPv4"


def fdb_of(dev: str) -> str:
    """The same of all forwarding entries of one interface."""
    return f"fdb of {dev}"


def table_of(name: str, family: int) -> str:
    """What it calls all routes of one table."""
    return f"table {name}, IPv{family}"
