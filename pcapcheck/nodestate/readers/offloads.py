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

# What the names of features begin with (the kernel's net/ethtool/common.c), so that a line shows by itself what it is.
KNOWN = re.compile(
    r"(?:[rt]x-(?:checksum|vlan|udp|tcp|gso|gro|gre|ipxip|nocache|scatter|lockless|fcs|all|esp|sctp|hash|tunnel|priority)"
    r"|(?:tcp|udp|generic|large|scatter|receive|ntuple|highdma|fcoe|vlan-challenged|netns-local|l2-fwd|hw-tc|esp|tls|hsr|macsec)-?)"
    r"[\w-]*:\s+(?:on|off)(?:\s+\[[^\]]*\])?$"
)


def read_offloads(lines: Iterable[Line], into: Host, listing: Listing | None = None) -> list[Line]:
    """Read ``ethtool -k DEV``; returns the other lines."""
    strange = []
    dev = next((word for word in (listing.words[1:] if listing else ()) if not word.startswith("-")), None)
    for line in lines:
        text = line.text.strip()
        head, offload = OFFLOADS.fullmatch(text), OFFLOAD.fullmatch(text)
        if head:
            dev = head[1]
        elif offload and dev:
            into.features.setdefault(dev, {})[offload[1]] = Feature(dev, offload[1], offload[2] == "on", line)
        elif text and not offload:
            strange.append(line)
    return strange


ETHTOOL_READER = StateReader(
    name="ethtool",
    commands=("ethtool",),
    looks_like=lambda text, _: OFFLOADS.fullmatch(text) is not None or KNOWN.match(text) is not None,
    read_host=read_offloads,
)
