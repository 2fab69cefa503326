"""``bridge fdb``: the tunnel end behind which a VXLAN device has each MAC."""

from __future__ import annotations

import re
from collections.abc import Iterable

from pcapcheck.nodestate.host import Host
from pcapcheck.nodestate.listing import Listing
from pcapcheck.nodestate.node_facts import Forwarding
from pcapcheck.nodestate.numbers import address, after, mac
from pcapcheck.nodestate.readers.state_reader import StateReader
from pcapcheck.nodestate.source_lines import Line

# What follows the MAC; every entry has some of it.
ENTRY = re.compile(r"(?:[0-9a-f]{2}:){5}[0-9a-f]{2}(?: .*)? (?:self|master|dst|permanent)\b.*")


def read_forwarding(lines: Iterable[Line], into: Host, listing: Listing | None = None) -> list[Line]:
    """Read entries; a listing of one interface does not name it. Returns the lines that are no entry."""
    strange = []
    for line in lines:
        words = line.text.split()
        held = mac(words[0]) if words else None
        if held is not None:
            dev = after(words, "dev") or (listing.dev if listing else None)
            into.forwarding.append(Forwarding(held, dev, line, address(after(words, "dst"))))
        elif words:
            strange.append(line)
    return strange


FDB_READER = StateReader(
    name="fdb",
    commands=("bridge",),
    looks_like=lambda text, _: ENTRY.fullmatch(text) is not None,
    read_host=read_forwarding,
)
