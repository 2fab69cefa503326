"""Felix's settings: environment variables, or a FelixConfiguration."""

from __future__ import annotations

import re
from collections.abc import Iterable

from pcapcheck.nodestate.host import Host
from pcapcheck.nodestate.listing import Listing
from pcapcheck.nodestate.node_facts import Note
from pcapcheck.nodestate.readers.state_reader import StateReader
from pcapcheck.nodestate.source_lines import Line

FELIX = re.compile(r"\W*FELIX_(\w+)\W+?(?:value:\s*)?\"?(\w+)\"?.*")
BPF_ENABLED = re.compile(r"\s*-?\s*(?:\"?bpfEnabled\"?|FELIX_BPFENABLED)\s*[:=]\s*\"?(true|True|1|Enabled)\"?,?\s*")


def read_environment(lines: Iterable[Line], into: Host, _: Listing | None = None) -> list[Line]:
    """Felix's settings, as environment variables or in a FelixConfiguration."""
    strange = []
    for line in lines:
        text = line.text.strip()
        if BPF_ENABLED.fullmatch(text):
            into.notes.append(Note("bpf", text, line))
        elif FELIX.fullmatch(text):
            into.notes.append(Note("felix", text, line))
        else:
            strange.append(line)
    return strange


ENVIRONMENT_READER = StateReader(
    name="environment",
    commands=("printenv", "env"),
    looks_like=lambda text, _: bool(BPF_ENABLED.fullmatch(text) or FELIX.fullmatch(text)),
    read_host=read_environment,
)
