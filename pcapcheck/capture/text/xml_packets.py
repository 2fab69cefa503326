"""Packets as tshark and Wireshark write them in XML: their fields (-T pdml), or a row of the packet list (-T psml).

Only the element of one packet is parsed at a time, without a document type: so no text can declare entities, and what
is damaged costs its own packet. Source: Wireshark, doc/README.xml-output.
"""

from __future__ import annotations

import re
from xml.parsers import expat

from msgspec import Struct, field

from pcapcheck.capture.text.dissected_fields import COLUMNS, Fields, known_name
from pcapcheck.capture.text.json_packets import MOST_CHARACTERS, PrintedObject

# What stands around the packets.
_AROUND = re.compile(r"\s*(?:<\?xml\b|<!--|</?p[ds]ml\b)")
_BEGIN = re.compile(r"<(packet|structure)(?=[\s>])")
_SECTION = "section"


class XmlPackets(Struct):
    """Finds the elements of packets in the lines of a text."""

    _parts: list[str] = field(default_factory=list)
    _size: int = 0
    _first: int = 0
    _last: int = 0
    # Which element has begun and not ended; empty: none.
    _element: str = ""
    # Whether that is too long: what follows is skipped up to its end.
    _lost: bool = False
    # The columns of a packet list.
    _columns: list[str | None] = field(default_factory=list)

    def take(self, number: int, line: str) -> list[PrintedObject] | None:
        """The packets that end in a line; None if the line is none of such a document."""
        if not self._element and "<" not in line:
            return None
        found: list[PrintedObject] = []
        known = bool(self._element)
        if self._element and number != self._last:
            self._parts.append("\n")
        rest = line
        while True:
            if not self._element:
                begin = _BEGIN.search(rest)
                if begin is None:
                    break
                known = True
                self._begin(begin[1], number)
                self._add(number, begin[0])
                rest = rest[begin.end() :]
            end, again = rest.find(f"</{self._element}>"), _BEGIN.search(rest)
            if again is not None and (end < 0 or again.start() < end):
                # The one before has no end.
                found += self.close()
                rest = rest[again.start() :]
                continue
            stop = len(rest) if end < 0 else end + len(self._element) + 3
            self._add(number, rest[:stop])
            if end < 0:
                break
            found += self._finished()
            rest = rest[stop:]
        return found if known or _AROUND.match(line) else None

    def close(self) -> list[PrintedObject]:
        """The packet that was begun and has no end, if there is one."""
        begun = self._element == "packet"
        self._clear()
        return [PrintedObject(self._first, self._last, damaged=True)] if begun else []

    def _begin(self, element: str, number: int) -> None:
        self._clear()
        self._element, self._first = element, number

    def _clear(self) -> None:
        self._parts, self._size, self._element, self._lost = [], 0, "", False

    def _add(self, number: int, text: str) -> None:
        self._last = number
        self._size += len(text)
        self._lost = self._lost or self._size > MOST_CHARACTERS
        if self._lost:
            self._parts = []
        else:
            self._parts.append(text)

    def _finished(self) -> list[PrintedObject]:
        """What an element holds that is whole."""
        element, text, lost = self._element, "".join(self._parts), self._lost
        found = PrintedObject(self._first, self._last)
        self._clear()
        read = None if lost else _read(text)
        if element == "structure":
            self._columns = [] if read is None else [COLUMNS.get(title.strip().lower()) for title in read.sections]
            return []
        found.fields = None if read is None else read.fields or self._of_row(read.sections)
        found.damaged = found.fields is None
        return [found]

    def _of_row(self, sections: list[str]) -> Fields | None:
        """The fields of a row of the packet list; None if it has other columns than those announced."""
        if not sections or len(sections) != len(self._columns):
            return None
        return {name: [text] for name, text in zip(self._columns, sections, strict=True) if name is not None and text}


class _Element(Struct):
    """What was read of one element: the known fields of a packet, or the sections of a row."""

    fields: Fields = field(default_factory=dict)
    sections: list[str] = field(default_factory=list)
    in_section: bool = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == _SECTION:
            self.sections.append("")
            self.in_section = True
        elif name == "field" and attributes.get("hide") != "yes":
            known = known_name(attributes.get("name", ""))
            if known is not None and "show" in attributes:
                self.fields.setdefault(known, []).append(attributes["show"])

    def end(self, name: str) -> None:
        self.in_section = self.in_section and name != _SECTION

    def text(self, words: str) -> None:
        if self.in_section:
            self.sections[-1] += words


def _read(text: str) -> _Element | None:
    """What an element holds; None if it is damaged."""
    found = _Element()
    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = found.start, found.end
    parser.CharacterDataHandler = found.text
    parser.StartDoctypeDeclHandler = _refuse
    try:
        parser.Parse(text, True)
    except (expat.ExpatError, ValueError):
        return None
    return found


def _refuse(*_: object) -> None:
    raise ValueError("a document type may declare entities")
