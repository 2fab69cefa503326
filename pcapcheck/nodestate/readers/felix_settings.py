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

# Encryption between nodes, for each version of IP (felix/config/config_params.go, WireguardEnabled and its like).
WIREGUARD = re.compile(
    r"\s*-?\s*\"?(?:wireguardEnabled|FELIX_WIREGUARDENABLED)(?P<six>V6)?\"?\s*[:=]\s*\"?(?P<value>\w+)\"?,?\s*"
)
WIREGUARD_NOTES = {False: "wireguard", True: "wireguard6"}
ON, OFF = "on", "off"


def wireguard_note(line: Line, *, six: bool, on: bool) -> Note:
    """What a line says of whether WireGuard is wanted between nodes."""
    return Note(WIREGUARD_NOTES[six], ON if on else OFF, line)


def read_environment(lines: Iterable[Line], into: Host, _: Listing | None = None) -> list[Line]:
    """Felix's settings, as environment variables or in a FelixConfiguration."""
    strange = []
    for line in lines:
        text = line.text.strip()
        if BPF_ENABLED.fullmatch(text):
            into.notes.append(Note("bpf", text, line))
        elif wireguard := WIREGUARD.fullmatch(text):
            on = wireguard["value"].lower() in ("true", "1", "yes", "y", "t", "enabled")
            into.notes.append(wireguard_note(line, six=bool(wireguard["six"]), on=on))
        elif FELIX.fullmatch(text):
            into.notes.append(Note("felix", text, line))
        else:
            strange.append(line)
    return strange


ENVIRONMENT_READER = StateReader(
    name="environment",
    commands=("printenv", "env"),
    looks_like=lambda text, _: any(form.fullmatch(text) for form in (BPF_ENABLED, WIREGUARD, FELIX)),
    read_host=read_environment,
)
