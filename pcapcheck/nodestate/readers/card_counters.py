"""``ethtool -S``: what a card's driver counts; names differ from driver to driver, so only a few are known.

Amazon's ENA counts what the instance's allowances dropped (Documentation/networking/device_drivers/ethernet/amazon/
ena.rst, drivers/net/ethernet/amazon/ena/ena_ethtool.c); the others are those of Intel, Mellanox and virtio drivers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from pcapcheck.nodestate.host import Host
from pcapcheck.nodestate.listing import Listing
from pcapcheck.nodestate.packet_facts import Counter
from pcapcheck.nodestate.readers.link_counters import IN, LINK, OUT
from pcapcheck.nodestate.readers.state_reader import StateReader
from pcapcheck.nodestate.source_lines import Line
from pcapcheck.nodestate.state import State

NAME = "card-counters"
CARD = "card"
FORM = "a card's driver and counters (ethtool)"
ALLOWANCE = re.compile(r"(bw_in|bw_out|pps|conntrack|linklocal)_allowance_exceeded")
# What counts as what ``ip -s link`` calls it.
KNOWN = {
    "rx_missed_errors": (IN, "missed"),
    "rx_out_of_buffer": (IN, "missed"),
    "rx_no_buffer_count": (IN, "missed"),
    "rx_fifo_errors": (IN, "fifo"),
    "rx_over_errors": (IN, "overrun"),
    "rx_crc_errors": (IN, "crc"),
    "rx_length_errors": (IN, "length"),
    "tx_carrier_errors": (OUT, "carrier"),
}
_PAIR = re.compile(r"([a-z][a-z0-9_]*):\s+(\d{1,19})")


def read_card_counters(lines: Iterable[Line], into: Host, listing: Listing | None = None) -> list[Line]:
    """Keep the counters that are known; only the command says whose they are."""
    plain = [word for word in (listing.words[1:] if listing else ()) if not word.startswith("-")]
    dev = plain[0] if plain else None
    for line in lines:
        pair = _PAIR.fullmatch(line.text.strip())
        if pair is None:
            continue
        if ALLOWANCE.fullmatch(pair[1]):
            into.counters.append(Counter(CARD, pair[1], int(pair[2]), line, dev))
        elif pair[1] in KNOWN and dev is not None:
            direction, name = KNOWN[pair[1]]
            into.counters.append(Counter(LINK, name, int(pair[2]), line, dev, direction, pair[1]))
    return []


def count_others(lines: Iterable[Line], into: State, _: Listing | None = None) -> list[Line]:
    """Count the lines in which nothing is judged."""
    for line in lines:
        pair = _PAIR.fullmatch(line.text.strip())
        if line.text.strip() and (pair is None or not (ALLOWANCE.fullmatch(pair[1]) or pair[1] in KNOWN)):
            into.leave_unjudged(FORM, line)
    return []


def _looks_like(text: str, _: list[str]) -> bool:
    pair = _PAIR.fullmatch(text)
    return pair is not None and ALLOWANCE.fullmatch(pair[1]) is not None


CARD_COUNTERS_READER = StateReader(
    name=NAME, looks_like=_looks_like, read_host=read_card_counters, read_cluster=count_others
)
