"""``ethtool -k``: the offloads of an interface."""

from __future__ import annotations

import re
from collections.abc import Iterable

from pcapcheck.nodestate.host import Host
from pcapcheck.nodestate.listing import Listing
from pcapcheck.nodestate.node_facts import Feature
from pcapcheck.nodestate.readers.state_reader import StateReader
from pcapcheck.nodestate.source_lines import Line

OFFLOADS = re.compile(r"Features for ([^\s:]+):")
OFFLOAD = re.compile(r"([a-z][\w-]*):\s+(on|off)(?:\s+\[[^\]]*\])?")


def read_offloads(lines: Iterable[Line], into: Host, listing: Listing | None = None) -> list[Line]:
    """``ethtool -k DEV``."""
    dev = next((word for word in (listing.words[1:] if listing else ()) if not word.startswith("-")), None)
    for line in lines:
        text = line.text.strip()
        head, offload = OFFLOADS.fullmatch(text), OFFLOAD.fullmatch(text)
        if head:
            dev = head[1]
        elif offload and dev:
            into.features.setdefault(dev, {})[offload[1]] = Feature(dev, offload[1], offload[2] == "on", line)
    return []


ETHTOOL_READER = StateReader(
    name="ethtool",
    commands=("ethtool",),
    looks_like=lambda text, _: OFFLOADS.fullmatch(text) is not None,
    read_host=read_offloads,
)
