"""``calicoctl get ippool -o wide``, and pools as YAML or as objects of JSON.

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
_HEAD = re.compile(r"NAME\s+CIDR\s+(NAT|SELECTOR)\b.*")
_ROW = re.compile(r"[a-z0-9][-a-z0-9.]*\s+(?P<cidr>[0-9a-f.:]+/\d{1,3})\s+(?P<nat>true|false)\b.*")
_BEGINS = re.compile(r"(?:- )?apiVersion: *(?:crd\.)?projectcalico\.org/v\d")
# A key of YAML that is not indented, or the item of a list.
_KEY = re.compile(r"(?:- )?[A-Za-z]+:(?: .*)?|---")
_FIELD = re.compile(r'(?:- )?(?P<key>apiVersion|kind|cidr|natOutgoing): *"?(?P<value>[^\s"]*)"?')


def goes_on(text: str) -> bool:
    """Whether a line goes on with YAML in which a pool may stand."""
    return _KEY.fullmatch(text.rstrip()) is not None


def read_pools(lines: Iterable[Line], state: State, _: Listing | None = None) -> list[Line]:
    """Read pools as rows or as YAML; returns the lines of neither."""
    strange = []
    fields: dict[str, tuple[str, Line]] = {}
    is_yaml = False
    for line in lines:
        text = line.text.strip()
        row, field = _ROW.fullmatch(text), _FIELD.fullmatch(text)
        if row is not None:
            _add(row["cidr"], row["nat"] == "true", line, state)
        elif field is not None:
            is_yaml = True
            if field["key"] == "apiVersion":
                _finish(fields, state)
                fields = {}
            # The first of a name is the pool's own; what is applied last stands in an annotation.
            fields.setdefault(field["key"], (field["value"], line))
        elif text and not is_yaml and _HEAD.fullmatch(text) is None:
            strange.append(line)
    _finish(fields, state)
    return strange


def read_pool_object(document: Mapping[str, object], line: Line, state: State) -> None:
    """Read an object of the kind ``KIND``."""
    spec = document.get("spec")
    if isinstance(spec, Mapping) and isinstance(cidr := spec.get("cidr"), str):
        _add(cidr, spec.get("natOutgoing") is True, line, state)


def _finish(fields: Mapping[str, tuple[str, Line]], state: State) -> None:
    """Keep a pool of YAML; what it leaves out is false."""
    cidr, line = fields.get("cidr", ("", None))
    if line is not None and fields.get("kind", (KIND,))[0] == KIND:
        nat, of_nat = fields.get("natOutgoing", ("false", line))
        _add(cidr, nat == "true", of_nat, state)


def _add(cidr: str, nat_outgoing: bool, line: Line, state: State) -> None:
    found = network(cidr)
    if found is not None:
        state.pools.append(Pool(*found, nat_outgoing, line))


POOLS_READER = StateReader(
    name="pools",
    looks_like=lambda text, _: bool(_HEAD.fullmatch(text) or _ROW.fullmatch(text) or _BEGINS.match(text)),
    read_cluster=read_pools,
)
