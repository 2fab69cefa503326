"""Where an observation was made, as far as its names say: by this, results are summed up and followed over time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from pcapcheck.errors import UsageError
from pcapcheck.values import clean

# Names of a pattern that say where, from the widest.
WHERE = ("cluster", "node")


def place_of(name: str, columns: Mapping[str, str], hosts: Sequence[str], by: Sequence[str] = ()) -> str:
    """The values of the columns ``by``; else of cluster and node, of the first column, the host, or the folder."""
    names = by or [name for name in WHERE if name in columns] or list(columns)[:1]
    if names:
        return " ".join(columns.get(name) or "-" for name in names)
    if hosts:
        return " ".join(hosts)
    folder = clean(name).rpartition("/")[0]
    return folder or "."


def check_by(by: Iterable[str], known: Iterable[str]) -> None:
    """Raise UsageError unless all of these are names of the pattern."""
    names = list(known)
    for name in by:
        if name not in names:
            have = f"the names are {', '.join(names)}" if names else "nothing was grouped by names (fleet --group-by)"
            raise UsageError(f"--by {clean(name)}: no such name; {have}")
