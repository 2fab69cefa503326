"""``nmcli`` and ``networkctl``: which network manager owns a device."""

from __future__ import annotations

import re
from collections.abc import Iterable

from pcapcheck.nodestate.host import Host
from pcapcheck.nodestate.listing import Listing
from pcapcheck.nodestate.node_facts import Managed
from pcapcheck.nodestate.numbers import number
from pcapcheck.nodestate.readers.state_reader import StateReader
from pcapcheck.nodestate.source_lines import Line

NMCLI = re.compile(r"(\S+)\s+([a-z-]+)\s+([a-z]+(?: \([^)]*\))?)(?:\s+(.*))?")
NETWORKCTL = re.compile(r"(\d+)\s+(\S+)\s+([a-z]+)\s+([a-z-]+)\s+([a-z]+)")
UNMANAGED = ("unmanaged", "unavailable", "n/a", "")


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


NMCLI_READER = StateReader(name="nmcli", commands=("nmcli",), read_host=read_nmcli)
NETWORKCTL_READER = StateReader(name="networkctl", commands=("networkctl",), read_host=read_networkctl)
