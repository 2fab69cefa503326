"""``calicoctl get ippool -o wide``, and pools as objects of YAML or JSON.

Calico: calicoctl/calicoctl/resourcemgr/ippool.go (the columns), api/pkg/apis/projectcalico/v3/ippool.go.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from pcapcheck.nodestate.listing import Listing
from pcapcheck.nodestate.numbers import network
from pcapcheck.nodestate.pools import Pool
from pcapcheck.nodestate.readers.state_reader import StateReader
from pcapcheck.nodestate.source_lines import Line
from pcapcheck.nodestate.state import State

KIND = "IPPool"
# What ``vxlanMode`` may be, in small letters.
VXLAN_MODES = ("never", "always", "crosssubnet")
_HEAD = re.compile(r"NAME\s+CIDR\s+(NAT|SELECTOR)\b.*")
_ROW = re.compile(
    r"[a-z0-9][-a-z0-9.]*\s+(?P<cidr>[0-9a-f.:]+/\d{1,3})\s+(?P<nat>true|false)\b(?:\s+\w+\s+(?P<vxlan>\w+))?.*"
)


def read_pools(lines: Iterable[Line], state: State, _: Listing | None = None) -> list[Line]:
    """Read pools as rows; returns the other lines."""
    strange = []
    for line in lines:
        text = line.text.strip()
        row = _ROW.fullmatch(text)
        if row is not None:
            _add(row["cidr"], row["nat"] == "true", row["vxlan"], line, state)
        elif text and _HEAD.fullmatch(text) is None:
            strange.append(line)
    return strange


def read_pool_object(document: Mapping[str, object], line: Line, state: State) -> None:
    """Read an object of the kind ``KIND``."""
    spec = document.get("spec")
    if isinstance(spec, Mapping) and isinstance(cidr := spec.get("cidr"), str):
        _add(cidr, spec.get("natOutgoing") is True, spec.get("vxlanMode", "Never"), line, state)


def _add(cidr: str, nat_outgoing: bool, vxlan: object, line: Line, state: State) -> None:
    found = network(cidr)
    if found is not None:
        mode = vxlan.lower() if isinstance(vxlan, str) else ""
        state.pools.append(Pool(*found, nat_outgoing, line, mode if mode in VXLAN_MODES else ""))


POOLS_READER = StateReader(
    name="pools",
    looks_like=lambda text, _: bool(_HEAD.fullmatch(text) or _ROW.fullmatch(text)),
    read_cluster=read_pools,
)
