"""What else tells of a node: offloads, counters, who manages devices, BPF programs, the kernel."""

from __future__ import annotations

import re
from collections.abc import Iterable

from pcapcheck.nodestate.host import Host
from pcapcheck.nodestate.listing import Listing
from pcapcheck.nodestate.node_facts import Counter, Feature, Managed, Note
from pcapcheck.nodestate.numbers import number
from pcapcheck.nodestate.readers.state_reader import StateReader
from pcapcheck.nodestate.source_lines import Line

OFFLOADS = re.compile(r"Features for ([^\s:]+):")
OFFLOAD = re.compile(r"([a-z][\w-]*):\s+(on|off)(?:\s+\[[^\]]*\])?")
COUNTER = re.compile(r"([A-Z][A-Za-z0-9]+)\s+(\d{1,19})\s+\d+\.\d+")
FELIX = re.compile(r"\W*FELIX_(\w+)\W+?(?:value:\s*)?\"?(\w+)\"?.*")
BPF_ENABLED = re.compile(r"\s*-?\s*(?:\"?bpfEnabled\"?|FELIX_BPFENABLED)\s*[:=]\s*\"?(true|True|1|Enabled)\"?,?\s*")
KERNEL = re.compile(r"(?:Linux \S+ )?(\d+\.\d+[\w.+~-]*)(?:\s.*)?")
RELEASE = re.compile(r"Linux (\S+) (\d+\.\d+\S*) #.*")
NMCLI = re.compile(r"(\S+)\s+([a-z-]+)\s+([a-z]+(?: \([^)]*\))?)(?:\s+(.*))?")
NETWORKCTL = re.compile(r"(\d+)\s+(\S+)\s+([a-z]+)\s+([a-z-]+)\s+([a-z]+)")
UNMANAGED = ("unmanaged", "unavailable", "n/a", "")


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


def read_counters(lines: Iterable[Line], into: Host, _: Listing | None = None) -> list[Line]:
    """``nstat``."""
    for line in lines:
        match = COUNTER.fullmatch(line.text.strip())
        if match:
            into.counters.append(Counter("nstat", match[1], int(match[2]), line))
    return []


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


def read_nmcli(lines: Iterable[Line], into: Host, listing: Listing | None = None) -> list[Line]:
    """``nmcli device``: NetworkManager owns what it does not call unmanaged."""
    for line in lines:
        text = line.text.strip()
        match = NMCLI.fullmatch(text)
        if match and not text.startswith("DEVICE"):
            owned = match[3].split()[0] not in UNMANAGED and "externally" not in match[3]
            into.managed.append(Managed("NetworkManager", match[1], match[3], owned, line))
        elif text.count(":") >= 2 and not text.startswith("DEVICE"):
            # nmcli -t -f DEVICE,TYPE,STATE
            dev, _, state = text.split(":", 3)[:3]
            owned = (state.split() or [""])[0] not in UNMANAGED and "externally" not in state
            into.managed.append(Managed("NetworkManager", dev, state, owned, line))
    return []


def read_networkctl(lines: Iterable[Line], into: Host, _: Listing | None = None) -> list[Line]:
    """``networkctl``: systemd-networkd owns what it configures or has configured."""
    for line in lines:
        match = NETWORKCTL.fullmatch(re.sub(r"^[^\w]+", "", line.text.strip()))
        if match and number(match[1]) is not None:
            owned = match[5] in ("configured", "configuring", "pending", "failed")
            into.managed.append(Managed("systemd-networkd", match[2], match[5], owned, line))
    return []


ETHTOOL_READER = StateReader(
    name="ethtool",
    commands=("ethtool",),
    looks_like=lambda text, _: OFFLOADS.fullmatch(text) is not None,
    read_host=read_offloads,
)
NSTAT_READER = StateReader(
    name="nstat",
    commands=("nstat",),
    looks_like=lambda text, _: COUNTER.fullmatch(text) is not None,
    read_host=read_counters,
)
ENVIRONMENT_READER = StateReader(
    name="environment",
    commands=("printenv", "env"),
    looks_like=lambda text, _: bool(BPF_ENABLED.fullmatch(text) or FELIX.fullmatch(text)),
    read_host=read_environment,
)
UNAME_READER = StateReader(
    name="uname",
    commands=("uname",),
    looks_like=lambda text, _: RELEASE.fullmatch(text) is not None,
    read_host=read_uname,
)
HOSTNAME_READER = StateReader(name="hostname", commands=("hostname",), read_host=read_hostname)
NMCLI_READER = StateReader(name="nmcli", commands=("nmcli",), read_host=read_nmcli)
NETWORKCTL_READER = StateReader(name="networkctl", commands=("networkctl",), read_host=read_networkctl)
