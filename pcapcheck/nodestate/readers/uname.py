"""``uname`` and ``hostname``: the kernel's release and the host's name."""

from __future__ import annotations

import re
from collections.abc import Iterable

from pcapcheck.nodestate.host import Host
from pcapcheck.nodestate.listing import Listing
from pcapcheck.nodestate.node_facts import Note
from pcapcheck.nodestate.readers.state_reader import StateReader
from pcapcheck.nodestate.source_lines import Line

KERNEL = re.compile(r"(?:Linux \S+ )?(\d+\.\d+[\w.+~-]*)(?:\s.*)?")
RELEASE = re.compile(r"Linux (\S+) (\d+\.\d+\S*) #.*")


def read_uname(lines: Iterable[Line], into: Host, _: Listing | None = None) -> list[Line]:
    """``uname -r`` and ``uname -a``."""
    strange = []
    for line in lines:
        text = line.text.strip()
        full, short = RELEASE.fullmatch(text), KERNEL.fullmatch(text)
        if full:
            into.name = into.name or full[1]
            into.notes.append(Note("kernel", full[2], line))
        elif short:
            into.notes.append(Note("kernel", short[1], line))
        elif text:
            strange.append(line)
    return strange


def read_hostname(lines: Iterable[Line], into: Host, _: Listing | None = None) -> list[Line]:
    """``hostname``."""
    for line in lines:
        text = line.text.strip()
        if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9.-]{0,252}", text):
            into.notes.append(Note("hostname", text, line))
    return []


UNAME_READER = StateReader(
    name="uname",
    commands=("uname",),
    looks_like=lambda text, _: RELEASE.fullmatch(text) is not None,
    read_host=read_uname,
)
HOSTNAME_READER = StateReader(name="hostname", commands=("hostname",), read_host=read_hostname)
