"""``conntrack -L`` and ``-E``, /proc/net/nf_conntrack: entries whose first packet was never answered.

Sources: conntrack-tools (src/conntrack.c), kernel: net/netfilter/nf_conntrack_standalone.c, ct_seq_show. Entries that
were answered are counted, and nothing in them is judged.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from pcapcheck.nodestate.host import Host
from pcapcheck.nodestate.listing import Listing
from pcapcheck.nodestate.numbers import address, number
from pcapcheck.nodestate.packet_facts import TrackedFlow
from pcapcheck.nodestate.readers.state_reader import StateReader
from pcapcheck.nodestate.source_lines import Line
from pcapcheck.nodestate.state import State

FORM = "connections that the kernel tracks (conntrack -L)"
_TRANSPORT = r"(?:tcp|udp|udplite|icmp|icmpv6|sctp|dccp|gre|esp|unknown)"
ENTRY = re.compile(
    r"(?:\[\d+\.\d+\s*\]\s*)?(?:\[(?P<event>NEW|UPDATE|DESTROY)\] +)?"
    rf"(?:ipv[46] +\d+ +)?(?P<protocol>{_TRANSPORT}) +\d+ (?:\d+ )?(?:[A-Z_]+\d? )?(?P<ends>src=.*)"
)
UNREPLIED = "[UNREPLIED]"
PAIR = re.compile(r"(src|dst|sport|dport)=([0-9a-fA-F.:]{1,45})")
# The table of a busy node has millions of entries; those of one question are alike.
MOST_KEPT = 10_000


def read_tracked(lines: Iterable[Line], into: Host, _: Listing | None = None) -> list[Line]:
    """Keep the entries that were never answered; a new one (``-E``) still may be."""
    for line in lines:
        flow = _flow(line)
        if flow is not None and len(into.tracked) < MOST_KEPT:
            into.tracked.append(flow)
    return []


def _flow(line: Line) -> TrackedFlow | None:
    match = ENTRY.fullmatch(line.text.strip())
    if match is None or match["event"] == "NEW" or UNREPLIED not in match["ends"]:
        return None
    asked, _, waiting = match["ends"].partition(UNREPLIED)
    there, back = dict(PAIR.findall(asked)), dict(PAIR.findall(waiting))
    src, dst, answering = address(there.get("src")), address(there.get("dst")), address(back.get("src"))
    sport, dport = number(there.get("sport")), number(there.get("dport"))
    if src is None or dst is None or answering is None or sport is None or dport is None:
        return None
    return TrackedFlow(match["protocol"], src, sport, dst, dport, answering, line, address(back.get("dst")))


def count_tracked(lines: Iterable[Line], into: State, _: Listing | None = None) -> list[Line]:
    """Count the entries in which nothing is judged."""
    for line in lines:
        if line.text.strip() and _flow(line) is None:
            into.leave_unjudged(FORM, line)
    return []


TRACKED_READER = StateReader(
    name="tracked",
    looks_like=lambda text, _: ENTRY.fullmatch(text) is not None,
    read_host=read_tracked,
    read_cluster=count_tracked,
)
