"""Whether a text that is no capture, or that surrounds one, is a node's state or the output of ping."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from msgspec import Struct

from pcapcheck.capture.held import Held
from pcapcheck.capture.not_a_capture import is_of_ping
from pcapcheck.capture.pinged import summary, unheard, unreachable
from pcapcheck.capture.plain_bytes import read_plain
from pcapcheck.capture.printed_failures import is_failure, shown
from pcapcheck.capture.proxy_log import LONGEST, is_complete, unwritten
from pcapcheck.capture.record import Problem
from pcapcheck.capture.text.encodings import decoded, is_binary
from pcapcheck.errors import NODE_STATE, PODS, CaptureError, StateError
from pcapcheck.nodestate.command_line import parse_command
from pcapcheck.nodestate.command_listing import listing_of
from pcapcheck.nodestate.line_marks import unmarked
from pcapcheck.nodestate.prompts import find_prompt
from pcapcheck.nodestate.readers.registry import reader_of
from pcapcheck.nodestate.readers.unjudged_forms import is_telling
from pcapcheck.nodestate.session import read_session
from pcapcheck.nodestate.session_blocks import Understood, understand
from pcapcheck.nodestate.session_lines import plain
from pcapcheck.nodestate.source_lines import Line
from pcapcheck.values import clean

# The beginning of a file shows what it is, mostly its first lines; a JSON document is understood only as a whole.
FIRST = 1 << 12
ENOUGH = 1 << 16
ENOUGH_OF_JSON = 1 << 20
PING = "ping"
FAILED = "client-failed"


def recognise(path: Path | Held) -> str | None:
    """``node-state`` or ``pods`` if a file holds that; None if it is neither, or cannot be read."""
    try:
        data = read_plain(path, "", ENOUGH)
        if data.lstrip()[:1] in (b"{", b"["):
            data = read_plain(path, "", ENOUGH_OF_JSON)
    except (OSError, CaptureError):
        return None
    if is_binary(data):
        return None
    first = data[: data.rfind(b"\n", 0, FIRST) + 1]
    if len(data) > FIRST and first and _kind_of(first) == NODE_STATE:
        return NODE_STATE
    return _kind_of(data)


def _kind_of(data: bytes) -> str | None:
    lines = [Line("", number, text) for number, text in enumerate(decoded(data).splitlines(), 1)]
    understood = Understood()
    try:
        for block in read_session(lines, ""):
            understand(block, understood)
    except StateError:
        # More than can be used, and surely of this kind.
        pass
    state = understood.state
    if understood.parts or state.services.size or state.pools:
        return NODE_STATE
    if understood.pods:
        return PODS
    # Known outputs in which nothing is judged: that is said, rather than that it is no capture.
    is_known = state.client_failures > 0 or any(is_telling(form) for form in state.unjudged)
    return NODE_STATE if is_known else None


class Aside(Struct, frozen=True):
    """What the lines around the packets of a text are; ``state`` says which look like a node's state, if any do."""

    problems: list[Problem]
    state: str = ""


def tell_aside(aside: Iterable[tuple[int, str]], name: str, is_used: bool) -> Aside:
    """What lines are that stand around the packets of a text called ``name``.

    ``is_used``: the file is read as a state too.
    """
    found: dict[str, list[int]] = {}
    pinged: list[str] = []
    failed: list[tuple[int, str]] = []
    complete: list[tuple[int, str]] = []
    for number, words in aside:
        if is_failure(words):
            failed.append((number, words[:LONGEST] if unwritten(words) is not None else shown(words)))
            continue
        if is_complete(words):
            complete.append((number, words[:LONGEST]))
            continue
        kind = _kind(words)
        if kind is not None:
            found.setdefault(kind, []).append(number)
        if kind == PING:
            pinged.append(words)
    problems = []
    if failed:
        said = f"{_lines([number for number, _ in failed])} what a client prints that gets no answer"
        problems.append(Problem(FAILED, said, failed=tuple(sorted([*failed, *complete]))))
    if NODE_STATE in found and not is_used:
        said = f"{_lines(found[NODE_STATE])} a node's state, which is not used; to use it too: --node-state {name}"
        problems.append(Problem(NODE_STATE, said))
    if PING in found:
        shows = f" ({clean(counted)})" if (counted := summary(pinged)) else ""
        said = f"{_lines(found[PING])} ping's own output{shows}; the packets are judged"
        problems.append(Problem(PING, said, unheard=unheard(pinged), unreachable=unreachable(pinged)))
    return Aside(problems, _numbers(found[NODE_STATE]) if NODE_STATE in found else "")


def _kind(words: str) -> str | None:
    if is_of_ping(words):
        return PING
    text = plain(words)
    if reader_of(text) is not None or reader_of(unmarked(text)) is not None:
        return NODE_STATE
    prompt = find_prompt(text)
    command = parse_command(prompt.command) if prompt is not None and prompt.command.strip() else None
    return NODE_STATE if command is not None and listing_of(command) is not None else None


def _lines(numbers: list[int]) -> str:
    return f"{_numbers(numbers)} {'look' if len(set(numbers)) > 1 else 'looks'} like"


def _numbers(numbers: list[int]) -> str:
    first, last = min(numbers), max(numbers)
    return f"line {first}" if first == last else f"lines {first} to {last}"
