"""How the characters of a text are written: UTF-8, or UTF-16 as PowerShell writes it, with or without a mark."""

from __future__ import annotations

import codecs
import re

# UTF-16 without a mark shows in this many bytes at its beginning: of most characters one byte is 0.
ENOUGH, FEWEST, MOST_ODD = 512, 8, 0.1
UTF8 = "utf-8"
# Bytes that texts do without, but for a few: control characters other than those of terminals (bell to shift in; ESC)
_ODD = bytes({*range(32), 127} - {*range(7, 16), 27})
MOST_ODD_BYTES = 0.02
# UTF-16 that PowerShell appended to a text in UTF-8.
_WIDE = re.compile(rb"(?:[\t\n\r -~]\0){4,}|(?:\0[\t\n\r -~]){4,}")
_MARKS = ((codecs.BOM_UTF8, UTF8), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


def encoding_of(start: bytes) -> tuple[bytes, str]:
    """The mark that a text begins with, which may be empty, and the name of its encoding."""
    for mark, encoding in _MARKS:
        if start.startswith(mark):
            return mark, encoding
    some = start[: min(len(start), ENOUGH) // 2 * 2]
    if len(some) >= FEWEST:
        for encoding, upper, lower in (("utf-16-le", some[1::2], some[::2]), ("utf-16-be", some[::2], some[1::2])):
            if len(upper) - upper.count(0) <= MOST_ODD * len(upper) and 0 not in lower:
                return b"", encoding
    return b"", UTF8


def decoded(data: bytes) -> str:
    """The text of a file; what cannot be read is replaced."""
    mark, encoding = encoding_of(data)
    return data[len(mark) :].decode(encoding, "replace")


def is_binary(data: bytes) -> bool:
    """Whether the bytes of a file are no text: random or packed ones, say, in which a line may look like a known one by
    chance. Zeros at the end were written by no command; they stand there after a crash, or in a file made too large.
    """
    if encoding_of(data)[1] != UTF8:
        return False
    text = data.rstrip(b"\0")
    if b"\0" in text:
        text = _WIDE.sub(b"", text)
    return len(text) - len(text.translate(None, _ODD)) > MOST_ODD_BYTES * len(text)
