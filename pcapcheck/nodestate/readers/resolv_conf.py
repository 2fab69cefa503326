"""/etc/resolv.conf: whom a pod or a node asks for names (resolv.conf(5))."""

from __future__ import annotations

import re
from collections.abc import Iterable

from pcapcheck.nodestate.host import Host
from pcapcheck.nodestate.listing import Listing
from pcapcheck.nodestate.node_facts import Note
from pcapcheck.nodestate.numbers import address
from pcapcheck.nodestate.readers.state_reader import StateReader
from pcapcheck.nodestate.source_lines import Line

NAMESERVER, RESOLVER = "nameserver", "resolver"
_SERVER = re.compile(r"nameserver\s+(\S+)")
_OTHER = re.compile(r"(?:search|domain|options|sortlist)(?:\s+\S.*)?")


def read_resolv_conf(lines: Iterable[Line], into: Host, _: Listing | None = None) -> list[Line]:
    """Keep servers and the other settings; returns the lines of neither."""
    strange = []
    for line in lines:
        text = line.text.strip()
        server = _SERVER.fullmatch(text)
        if server is not None and address(server[1]) is not None:
            into.notes.append(Note(NAMESERVER, server[1], line))
        elif _OTHER.fullmatch(text):
            into.notes.append(Note(RESOLVER, text, line))
        elif text and text[0] not in "#;":
            strange.append(line)
    return strange


RESOLV_CONF_READER = StateReader(
    name="resolv-conf",
    looks_like=lambda text, _: _SERVER.fullmatch(text) is not None,
    read_host=read_resolv_conf,
)
