"""The address that a network's agent took for its node, as its log and the node's annotations say."""

from __future__ import annotations

import re
from collections.abc import Iterable

from pcapcheck.nodestate.host import Host
from pcapcheck.nodestate.listing import Listing
from pcapcheck.nodestate.readers.noted_lines import keep_notes
from pcapcheck.nodestate.readers.state_reader import StateReader
from pcapcheck.nodestate.source_lines import Line

TAKEN = "address-taken"
_IP = r"(?P<ip>\d{1,3}(?:\.\d{1,3}){3})"
# flannel: pkg/ip/match.go; Calico: node/pkg/lifecycle/startup/autodetection; the annotations of both.
_FORMS = (
    re.compile(rf"\bUsing interface with name \S+ and address {_IP}\b"),
    re.compile(rf"\bUsing autodetected IPv4 address(?: on interface \S+)?: {_IP}\b"),
    re.compile(
        rf"\b(?:flannel\.alpha\.coreos\.com/public-ip|projectcalico\.org/IPv4Address)\"?(?:: ?|=)\"?{_IP}(?:/\d+)?\b"
    ),
)


def taken_address(text: str) -> tuple[str, str] | None:
    """What is noted of a line, the address that it is about; None: it is no such line."""
    if "sing" not in text and "/" not in text:
        return None
    return next(((TAKEN, match["ip"]) for form in _FORMS if (match := form.search(text))), None)


def read_agent_log(lines: Iterable[Line], into: Host, _: Listing | None = None) -> list[Line]:
    """Keep the addresses; returns the other lines."""
    return keep_notes(lines, into, taken_address)


AGENT_LOG_READER = StateReader(
    name="agent-log", looks_like=lambda text, _: taken_address(text) is not None, read_host=read_agent_log
)
