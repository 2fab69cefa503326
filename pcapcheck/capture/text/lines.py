"""Lines of a text, read from a window little by little, and made plain: what pasting did to them is undone."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from itertools import chain, islice

from pcapcheck.capture.line_heads import head_of, without_head
from pcapcheck.capture.text.encodings import ENOUGH, UTF8, encoding_of
from pcapcheck.capture.text.stamps import STAMP
from pcapcheck.capture.window import Window

# A line is handed out in parts of this many characters where it is longer.
LONGEST = 1 << 16
# By this many lines it is seen what stands before all of them.
AHEAD = 64
# Colours and other commands to a terminal (ECMA-48), which also set its title.
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]{0,40}[ -/]{0,8}[@-~]|\][^\x07\x1b]{0,200}(?:\x07|\x1b\\)|[@-Z\\^_=>])")
_STAMP = re.compile(rf"\s(?={STAMP}\s)")
_BLANKS = re.compile(r"[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
_INVISIBLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u00ad\u200b-\u200f\u2028-\u202e\u2060\ufeff]")
# What keeps a mark from meaning something in Markdown.
_ESCAPED = re.compile(r"\\(?=[<>_*#|~\[\]-])")
_MARKED = re.compile(r"[&\\<]|[-=]>")
# What people or programs make of the sign between sender and receiver: after what stands before it in a line of
# tcpdump, and before what ends with a colon or a comma. The arrows of tshark's rows are its own.
_ARROW = re.compile(
    r"((?:^\s+|\b(?:IP6?|ip6?:|length \d{1,6}:) +)\S{1,280} +|[\da-f]{2}(?::[\da-f]{2}){5}(?: \(oui [^()]{1,60}\))? +)"
    r"(?:-{1,2}>|={1,2}>|[→⇒➜➔›»>])(?= +(?:\S{1,280}:(?: |$)|"
    r"(?:[\da-f]{2}(?::[\da-f]{2}){5}|Broadcast)(?: \((?:oui )?[^()]{1,60}\))?,))"
)
_ARROWS = re.compile(r"[-=]>|[→⇒➜➔›»]")
_TAGS = re.compile(r"</?(?:a|b|br|code|div|em|font|i|li|p|pre|span|strong|td|tr)\b[^<>]{0,200}>", re.IGNORECASE)


def looks_like_text(start: bytes) -> bool:
    """Whether bytes may begin a text: no zero among them, unless they begin as UTF-16 does."""
    mark, encoding = encoding_of(start)
    if encoding != UTF8:
        return bool(mark) or _is_printable(start.replace(b"\0", b""))
    return bool(start) and b"\0" not in start and _is_printable(start)


def _is_printable(start: bytes) -> bool:
    return not start.translate(None, bytes(range(32, 256)) + b"\t\n\r\x0c\x1b\x08\x07")


def read_lines(window: Window) -> Iterator[tuple[int, str]]:
    """The lines with their numbers, from 1; a line that is too long in several parts, all with its number."""
    mark, encoding = encoding_of(window.peek(ENOUGH))
    window.skip(len(mark))
    decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
    rest = ""
    number = 1
    while True:
        more = window.unread or window.more()
        # In small parts, so that a long line is not gone over again and again.
        data = window.take(min(window.unread, LONGEST))
        lines = (rest + decoder.decode(data, final=not more)).split("\n")
        rest = lines.pop()
        for line in lines:
            if len(line) <= LONGEST:
                yield number, line
            else:
                yield from ((number, part) for part in _parts(line))
            number += 1
        while len(rest) > LONGEST:
            end = _end_of_part(rest, 0)
            yield number, rest[:end]
            rest = rest[end:]
        if not more:
            if rest:
                yield number, rest
            return


def without_heads(lines: Iterator[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    """The same lines without what a logger put before them, if the first few have that."""
    ahead = list(islice(lines, AHEAD))
    head = head_of([line for _, line in ahead if line.strip()])
    following = chain(ahead, lines)
    return following if head is None else ((number, without_head(line, head)) for number, line in following)


def _parts(line: str) -> Iterator[str]:
    start = 0
    while True:
        end = _end_of_part(line, start)
        yield line[start:end]
        start = end
        if start >= len(line):
            return


def _end_of_part(line: str, start: int) -> int:
    """Where the part that begins at ``start`` ends: before a time if there is one, so that no packet is cut."""
    end = min(len(line), start + LONGEST)
    if end == len(line):
        return end
    stamp = _STAMP.search(line, start + LONGEST // 2, end)
    return stamp.start() + 1 if stamp else end


def plain(line: str) -> str:
    """A line without colours, entities, tags, odd blanks and what cannot be seen; blanks at its end may matter."""
    if line.isascii() and line.isprintable() and not _MARKED.search(line):
        return line
    if "\x1b" in line:
        line = _ESCAPES.sub("", line)
    if "&" in line:
        import html  # Its table of entities is long, and few lines have any.

        line = html.unescape(line)
    if "\\" in line:
        line = _ESCAPED.sub("", line)
    if "<" in line:
        line = _TAGS.sub("", line)
    if not line.isascii():
        line = _BLANKS.sub(" ", line)
    if _ARROWS.search(line):
        line = _ARROW.sub(r"\1>", line)
    return _INVISIBLE.sub("", line.replace("\r", " "))
