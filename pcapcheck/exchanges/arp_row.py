"""The row of the table ``arp``: one asker's question for one address, with its answers."""

from __future__ import annotations

from array import array

from msgspec import Struct, field

from pcapcheck.brief import Brief
from pcapcheck.capture.record import AddressOf
from pcapcheck.capture.scan_layout import ABSENT_TIME
from pcapcheck.columns import COLUMNS
from pcapcheck.decode.frame_group import absent
from pcapcheck.exchanges import resolving_layout as layout
from pcapcheck.table_names import ARP

# The name of the question, by family.
PROTOCOLS = {4: "ARP", 6: "neighbour solicitation"}
# By ARP_CAST, and by ARP_OUTCOME.
CASTS = ("unicast", "broadcast")
OUTCOMES = COLUMNS[ARP]["outcome"].words


class ArpRow(Brief, Struct):
    """One asker's question for one target. Times in nanoseconds; ``frames`` are the first few frame numbers.

    ``latency_first`` counts from the first request to the first answer, ``latency`` from the latest request; it is
    absent if the answer may belong to either of two. ``cast``, of the latest request, is not known of what a cooked
    capture shows going out. ``reply_mac`` are the MACs in the answers, ``reply_eth_src`` those that sent their frames.
    """

    group: int
    family: int
    asker_ip: int
    asker_mac: int | None
    target: int
    first_time: int | None
    latest_time: int | None
    cast: str | None
    attempts: int = 1
    outcome: str = "unanswered"
    answer_count: int = 0
    latency_first: int | None = None
    latency: int | None = None
    reply_mac: frozenset[int] | None = None
    reply_eth_src: frozenset[int] | None = None
    frames: list[int] = field(default_factory=list)

    @property
    def protocol(self) -> str:
        return PROTOCOLS[self.family]

    @property
    def time(self) -> int | None:
        return self.first_time

    @property
    def answering_macs(self) -> int | None:
        return len(self.reply_mac) if self.reply_mac else None


def arp_row(rows: array[int], start: int, address_of: AddressOf) -> ArpRow:
    """The resolution whose numbers (``resolving_layout``) begin at ``start``."""

    def several(count: int) -> frozenset[int] | None:
        at = start + count
        return frozenset(rows[at + 1 : at + 1 + rows[at]]) or None

    cast = absent(rows[start + layout.ARP_CAST])
    frames = start + layout.ARP_FRAME
    return ArpRow(
        group=rows[start + layout.ARP_GROUP],
        family=rows[start + layout.ARP_FAMILY],
        asker_ip=address_of(rows[start + layout.ARP_ASKER_HIGH], rows[start + layout.ARP_ASKER_LOW]),
        asker_mac=absent(rows[start + layout.ARP_ASKER_MAC]),
        target=address_of(rows[start + layout.ARP_TARGET_HIGH], rows[start + layout.ARP_TARGET_LOW]),
        first_time=time_of(rows[start + layout.ARP_FIRST_TIME]),
        latest_time=time_of(rows[start + layout.ARP_LATEST_TIME]),
        cast=None if cast is None else CASTS[cast],
        attempts=rows[start + layout.ARP_ATTEMPTS],
        outcome=OUTCOMES[rows[start + layout.ARP_OUTCOME]],
        answer_count=rows[start + layout.ARP_ANSWERS],
        latency_first=absent(rows[start + layout.ARP_LATENCY_FIRST]),
        latency=absent(rows[start + layout.ARP_LATENCY]),
        reply_mac=several(layout.ARP_REPLY_MACS),
        reply_eth_src=several(layout.ARP_REPLY_ETH_SRCS),
        frames=list(rows[frames : frames + rows[start + layout.ARP_FRAMES]]),
    )


def time_of(value: int) -> int | None:
    """A time, or None if it is absent."""
    return None if value == ABSENT_TIME else value


def point_of(value: int) -> tuple[int, int | None]:
    """A capture point, interface and ifindex, of the number in which messages keep it."""
    ifindex = value & 0xFFFFFFFF
    return value >> 32, ifindex - 1 if ifindex else None


def between(start: int | None, end: int | None) -> int | None:
    """A duration, or None if either time is absent; 0 if the clock stepped back."""
    return None if start is None or end is None else max(0, end - start)
