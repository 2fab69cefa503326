"""How the characters of a text are written: UTF-8, or UTF-16 as PowerShell writes it, with or without a mark."""

from __future__ import annotations

import codecs

# UTF-16 without a mark shows in this many bytes at its beginning: of most characters one byte is 0.
ENOUGH, FEWEST, MOST_ODD = 512, 8, 0.1
UTF8 = "utf-8"
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
