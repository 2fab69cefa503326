"""What BIRD complains of in the log of calico-node: routes that it cannot write, peers that it does not know."""

from __future__ import annotations

import re
from collections.abc import Iterable

from pcapcheck.nodestate.host import Host
from pcapcheck.nodestate.listing import Listing
from pcapcheck.nodestate.readers.noted_lines import keep_notes
from pcapcheck.nodestate.readers.state_reader import StateReader
from pcapcheck.nodestate.source_lines import Line

# sysdep/linux/netlink.c, nl_error: the errno of the kernel in words; proto/bgp/bgp.c, bgp_incoming_connection.
NOT_WRITTEN, UNKNOWN_PEER = "bird-not-written", "bird-unknown-peer"
_COMPLAINTS = {
    NOT_WRITTEN: re.compile(r"\bbird6?: Netlink: (File exists|Network is (?:unreachable|down)|Invalid argument)$"),
    UNKNOWN_PEER: re.compile(r"\bbird6?: BGP: Unexpected connect from unknown address ([\da-fA-F.:]+)"),
}


def complaint_of(text: str) -> tuple[str, str] | None:
    """What a line complains of, and of whom or why; None: it is no such line."""
    if "bird" not in text:
        return None
    for kind, form in _COMPLAINTS.items():
        if match := form.search(text):
            return kind, match[1]
    return None


def read_bird_log(lines: Iterable[Line], into: Host, _: Listing | None = None) -> list[Line]:
    """Keep the complaints; returns the other lines."""
    return keep_notes(lines, into, complaint_of)


BIRD_LOG_READER = StateReader(
    name="bird-log",
    looks_like=lambda text, _: complaint_of(text) is not None,
    read_host=read_bird_log,
)
