"""Facts about packets, each with its line: what a node counted, logged, traced, or waits for.

Addresses and MACs are numbers as in ``node_facts``.
"""

from __future__ import annotations

from msgspec import Struct

from pcapcheck.nodestate.source_lines import Line


class Counter(Struct, frozen=True):
    """A kernel counter by name, and its value when an output was printed.

    ``source`` is nstat, or what counts: link, queue, conntrack, backlog, neighbours. ``dev`` is an interface and
    ``direction`` "in" or "out" as its own host sees it; ``kind`` the queueing discipline with its handle, or the family
    of neighbours. ``passed`` is how many packets the same thing let through.
    """

    source: str
    name: str
    value: int
    line: Line
    dev: str | None = None
    direction: str | None = None
    kind: str | None = None
    passed: int | None = None

    @property
    def key(self) -> tuple[str | None, ...]:
        """What identifies a counter in several readings."""
        return self.source, self.name, self.dev, self.direction, self.kind


class LogEntry(Struct, frozen=True):
    """A line of the kernel's log about lost packets: ``event`` is one of ``kernel_log.EVENTS``.

    ``time`` is in nanoseconds since the epoch, if the line has it, ``uptime`` in nanoseconds since the kernel's start.
    ``addresses`` and ``dev`` are those that the line names, ``port`` is the one that a packet was for.
    """

    event: str
    line: Line
    time: int | None = None
    uptime: int | None = None
    dev: str | None = None
    addresses: tuple[int, ...] = ()
    port: int | None = None


# What became of a traced packet; of a logged one that is not said.
DROPPED, REJECTED, LOGGED = "dropped", "rejected", "logged"


class TracedHeaders(Struct, frozen=True):
    """How a traced packet passed: by which interfaces, under which MACs, with which TTL, IP identification and length.

    ``time`` is in nanoseconds since the epoch, ``uptime`` in nanoseconds since the kernel's start; one at most is
    known.
    """

    in_interface: str | None = None
    out_interface: str | None = None
    src_mac: int | None = None
    dst_mac: int | None = None
    ttl: int | None = None
    ip_id: int | None = None
    length: int | None = None
    time: int | None = None
    uptime: int | None = None


class TracedPacket(Struct, frozen=True):
    """A packet that a chain stopped, or saw last as far as the log says, or that a rule logged.

    ``verdict`` is DROPPED, REJECTED or LOGGED; of one that a rule logged ``prefix`` is the rule's, ``table`` is empty,
    and ``chain`` is the prefix where that says that it is refused. ``ident`` and ``seq`` are those of an echo.
    """

    line: Line
    src: int
    dst: int
    verdict: str
    table: str
    chain: str
    protocol: int | None = None
    sport: int | None = None
    dport: int | None = None
    ident: int | None = None
    seq: int | None = None
    prefix: str = ""
    headers: TracedHeaders = TracedHeaders()


class StoppedPacket(Struct, frozen=True):
    """A packet whose trace shows no more than the chain that stopped it: its headers were not pasted."""

    line: Line
    verdict: str
    table: str
    chain: str


class TrackedFlow(Struct, frozen=True):
    """An entry of connection tracking whose first packet was never answered (``[UNREPLIED]``).

    ``src``, ``sport``, ``dst`` and ``dport`` are what was asked, ``answering`` is the address that the kernel waits
    for: another one than ``dst`` if the packets are translated; ``to`` is where it will answer to: another one than
    ``src`` if their source is translated too.
    """

    protocol: str
    src: int
    sport: int
    dst: int
    dport: int
    answering: int
    line: Line
    to: int | None = None

    @property
    def is_translated(self) -> bool:
        return self.answering != self.dst

    @property
    def is_masqueraded(self) -> bool:
        return self.to not in (None, self.src)
