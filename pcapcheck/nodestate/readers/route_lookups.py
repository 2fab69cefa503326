"""``ip route get``: the route that the kernel would take, or why it has none."""

from __future__ import annotations

from collections.abc import Iterable

from pcapcheck.nodestate.host import Host
from pcapcheck.nodestate.listing import Listing
from pcapcheck.nodestate.node_facts import DEAD_ENDS, Lookup
from pcapcheck.nodestate.numbers import address, after
from pcapcheck.nodestate.readers.ip_route import KINDS, next_hop
from pcapcheck.nodestate.readers.state_reader import StateReader
from pcapcheck.nodestate.source_lines import Line

ANSWERS = "RTNETLINK answers:"


def read_lookups(lines: Iterable[Line], into: Host, listing: Listing | None = None) -> list[Line]:
    """Read the answer to an ``ip route get``; the listing has the question's words, else the answer itself shows it."""
    asked = listing.words if listing else []
    strange = []
    for line in lines:
        text = line.text.strip()
        if not text or text.split()[0] == "cache":
            continue
        lookup = _error(text, line, asked) if ANSWERS in text else _answer(text, line, asked)
        if lookup is None:
            strange.append(line)
        else:
            into.lookups.append(lookup)
    return strange


def _asked(words: list[str]) -> tuple[int | None, int | None, str | None]:
    """Target, source and incoming interface of the question."""
    named = after(words, "to") or next((word for word in words if address(word.partition("/")[0]) is not None), None)
    target = address(named.partition("/")[0]) if named else None
    return target, address(after(words, "from")), after(words, "iif")


def _error(text: str, line: Line, asked: list[str]) -> Lookup | None:
    target, source, iif = _asked(asked)
    if target is None:
        return None
    return Lookup(target, line, source, iif, error=text.partition(ANSWERS)[2].strip())


def _answer(text: str, line: Line, asked: list[str]) -> Lookup | None:
    words = text.split()
    kind = "unicast"
    if words[0] in KINDS:
        kind, words = words[0], words[1:]
    target = address(words[0]) if words else None
    if target is None or not (after(words, "dev") or kind in DEAD_ENDS):
        return None
    _, source, iif = _asked(asked)
    return Lookup(
        target,
        line,
        address(after(words, "from")) or source,
        after(words, "iif") or iif,
        kind,
        next_hop(words),
        after(words, "dev"),
        address(after(words, "src")),
        after(words, "error"),
    )


LOOKUP_READER = StateReader(
    name="lookup",
    looks_like=lambda _, words: ("uid" in words or "cache" in words) and address(words[0]) is not None,
    read_host=read_lookups,
    expected="the answer to ip route get",
)
