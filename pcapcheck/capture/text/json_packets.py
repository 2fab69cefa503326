"""Packets as tshark prints them in JSON: an object per packet, over many lines (-T json, jsonraw) or on one (-T ek)."""

from __future__ import annotations

import json
import re

from msgspec import Struct, field

from pcapcheck.capture.text.dissected_fields import Fields, known_name
from pcapcheck.capture.text.raw_fields import RawFields

# An object that is longer is not looked at.
MOST_CHARACTERS = 1 << 22
# Members that the object of a packet begins with, and the line that precedes each packet of -T ek.
_MEMBER = r'"(?:_index|_type|_score|_source|layers|timestamp|index)"\s*:'
_FIRST = re.compile(rf"[\s\[\],]*\{{\s*{_MEMBER}")
_BRACE = re.compile(r"[\s\[\]},]*\{\s*")
_REST = re.compile(rf"\s*{_MEMBER}")
# A string that the text breaks off has no end.
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*(?:"|(?P<cut>\\?\Z))|[{}]')
Pairs = tuple[tuple[str, object], ...]


class PrintedObject(Struct):
    """An object in a text, from line ``first`` to ``last``. ``fields`` is None of what is damaged or has no packet.

    ``damaged``: it is no JSON, or not all of it is there.
    """

    first: int
    last: int
    fields: Fields | None = None
    damaged: bool = False


class JsonPackets(Struct):
    """Finds the objects of packets in the lines of a text."""

    _parts: list[str] = field(default_factory=list)
    _depth: int = 0
    _size: int = 0
    _first: int = 0
    _last: int = 0
    # What of the last line may be the beginning of a string that goes on in its next part.
    _rest: str = ""
    # Whether the line before opened an object, and nothing else.
    _opened: bool = False
    # Whether an object was given up: what follows it is skipped up to the next.
    _lost: bool = False

    @property
    def inside(self) -> bool:
        """Whether an object has begun and not ended."""
        return self._depth > 0 or self._lost

    def take(self, number: int, line: str) -> list[PrintedObject] | None:
        """The objects that end in a line; None if the line is none of an object of tshark."""
        found: list[PrintedObject] = []
        begins = bool(_FIRST.match(line)) or (self._opened and bool(_REST.match(line)))
        if begins and self.inside and (self._lost or self._opened or line.lstrip().startswith(("{", "[", ","))):
            found += self.close()
        opened = self._opened
        self._opened = bool(_BRACE.fullmatch(line))
        if not self.inside:
            if not begins:
                return None
            self._first = number
            if opened and not _FIRST.match(line):
                line = "{" + line
        elif self._lost:
            return found
        if number != self._last and self._rest:
            # No string goes on in another line: it is damaged.
            self._parts.append(self._rest)
            self._rest = ""
        self._last = number
        return found + self._scan(line)

    def close(self) -> list[PrintedObject]:
        """The object that was begun and has no end, if there is one."""
        begun = self._depth > 0 and not self._lost
        cut = [PrintedObject(self._first, self._last, damaged=True)] if begun else []
        self._clear()
        self._lost = False
        return cut

    def _clear(self) -> None:
        self._parts, self._depth, self._size, self._rest = [], 0, 0, ""

    def _scan(self, line: str) -> list[PrintedObject]:
        """Go on with an object; what ends in this line, and whether more begins there."""
        found = []
        text, self._rest = self._rest + line, ""
        begin = place = 0
        end = len(text)
        while (match := _TOKEN.search(text, place)) is not None:
            place = match.end()
            if match["cut"] is not None:
                end = match.start()
                break
            if match[0] == "{":
                if not self._depth:
                    begin = match.start()
                self._depth += 1
            elif match[0] == "}" and self._depth:
                self._depth -= 1
                if not self._depth:
                    found.append(self._finished(text[begin:place]))
                    begin, self._first = place, self._last
        if not self._depth:
            return found
        self._rest = text[end:]
        self._parts.append(text[begin:end])
        self._size += len(text) - begin
        if self._size > MOST_CHARACTERS or len(self._rest) > MOST_CHARACTERS // 4:
            found.append(PrintedObject(self._first, self._last, damaged=True))
            self._clear()
            self._lost = True
        return found

    def _finished(self, end: str) -> PrintedObject:
        text = "".join([*self._parts, end])
        self._clear()
        found = PrintedObject(self._first, self._last)
        try:
            members = json.loads(text, object_pairs_hook=tuple)
        except (ValueError, RecursionError):
            found.damaged = True
            return found
        layers = _layers(members)
        if layers is not None:
            found.fields = _flattened(layers)
        else:
            found.damaged = not any(name == "index" for name, _ in members)
        return found


def _layers(members: Pairs) -> object | None:
    """What the packet of an object holds: ``layers``, in -T json inside ``_source``."""
    for name, value in members:
        if name == "layers":
            return value
        if name == "_source" and isinstance(value, tuple):
            return next((inside for key, inside in value if key == "layers"), None)
    return None


def _flattened(layers: object) -> Fields:
    """The fields that are known, with their values in the order of the text, however deep."""
    fields: Fields = {}
    raw = RawFields()
    waiting: list[tuple[str, object]] = [("", layers)]
    while waiting:
        name, value = waiting.pop()
        if isinstance(value, tuple):
            raw.enter(name)
            waiting += reversed(value)
        elif isinstance(value, list):
            if not raw.take(name, value):
                waiting += [(name, inside) for inside in reversed(value)]
        elif value is not None and (known := known_name(name)) is not None:
            fields.setdefault(known, []).append(str(value))
    raw.complete(fields)
    return fields
