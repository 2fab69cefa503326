"""A listing: what an output lists, and whether it is complete. Silence of a narrowed listing proves nothing."""

from __future__ import annotations

from msgspec import Struct, field

EVERY_SERVICE = "services of all namespaces"
# The names in ``Host.whole`` of the queueing disciplines of all interfaces, and of all routing tables of a family.
QUEUES = "queues"
TABLES = "tables"


class Listing(Struct):
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
    """The name in ``Host.whole`` of all IPv4 routes of the main table out of an interface."""
    return f"routes of {dev}, IPv4"


def addresses_of(dev: str, family: int) -> str:
    """The name of all addresses of an interface, of a version of IP."""
    return f"addresses{family} of {dev}"


def fdb_of(dev: str) -> str:
    """The name of all forwarding entries of an interface."""
    return f"fdb of {dev}"


def table_of(name: str, family: int) -> str:
    """The name of all routes of a table."""
    return f"table {name}, IPv{family}"
