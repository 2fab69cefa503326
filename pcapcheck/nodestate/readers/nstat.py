"""``nstat``: the kernel's counters."""

from __future__ import annotations

import re
from collections.abc import Iterable

from pcapcheck.nodestate.host import Host
from pcapcheck.nodestate.listing import Listing
from pcapcheck.nodestate.packet_facts import Counter
from pcapcheck.nodestate.readers.state_reader import StateReader
from pcapcheck.nodestate.source_lines import Line

NSTAT = "nstat"
COUNTER = re.compile(r"([A-Z][A-Za-z0-9]+)\s+(\d{1,19})\s+\d+\.\d+")


def read_counters(lines: Iterable[Line], into: Host, _: Listing | None = None) -> list[Line]:
    """``nstat``."""
    for line in lines:
        match = COUNTER.fullmatch(line.text.strip())
        if match:
            into.counters.append(Counter(NSTAT, match[1], int(match[2]), line))
    return []


NSTAT_READER = StateReader(
    name=NSTAT,
    commands=("nstat",),
    looks_like=lambda text, _: COUNTER.fullmatch(text) is not None,
    read_host=read_counters,
)
