"""What surrounds the rows that tshark prints: the command that was run, and what tshark says of itself."""

from __future__ import annotations

import re
import shlex

from pcapcheck.capture.text.banner import LINK_TYPES, Described

MOST_CHARACTERS = 2000
# Options of tshark that take a value (its man page).
_WITH_VALUE = set("abBcCdeEfFHijJKmMNoOrRsStTuUwWXyYz")
# How -E separator= names those that a shell would eat; blanks are split at, however many there are.
_SEPARATORS = {"/t": "\t", "/s": "", " ": ""}
_COMMAND = re.compile(r"(?:.{0,100}[\s/])?tshark((?:\s.*)?)$")
_CAPTURING = re.compile(r"Capturing on '?([^\s']{1,60})'?(?P<more> (?:and|,).*)?$")
_KNOWN = re.compile(
    r"Running as user |\s*\*\* \(tshark|tshark: |No\.\s+Time\s+Source|\d+ packets? captured|.{0,40}\bdropped from "
)


def known_line(line: str, before: Described) -> Described | bool | None:
    """What a line that is no row says: a new description, True for nothing; None if it is not known."""
    text = line[:MOST_CHARACTERS].strip(" \t|>#$")
    match = _CAPTURING.match(text)
    if match:
        described = before if before.from_command else Described()
        described.from_command = False
        several = match["more"] is not None
        described.name = None if several or match[1] == "any" else match[1]
        described.link_type = LINK_TYPES["LINUX_SLL"] if match[1] == "any" else None
        return described
    command = _COMMAND.match(text) if "tshark" in text else None
    if command and (not command[1] or command[1].lstrip().startswith("-")):
        return _of_command(command[1])
    return True if _KNOWN.match(text) else None


def _of_command(arguments: str) -> Described:
    """What tshark was given: the interface, the capture filter and the display filter, the fields to print."""
    described = Described(from_command=True)
    arguments, _, pipe = arguments.partition("|")
    try:
        words = iter(shlex.split(arguments.rstrip("` ")))
    except ValueError:
        words = iter(arguments.split())
    filters = []
    columns: list[str] = []
    form = ""
    for word in words:
        if not word.startswith("-"):
            filters.append(word)
            continue
        option, value = word[1:2], word[2:]
        if option in _WITH_VALUE and not word.startswith("--"):
            value = value or next(words, "")
            if option == "i" and value != "any":
                described.name = value if described.name is None else None
            elif option in "fYR":
                filters.append(value)
            elif option == "e":
                columns.append(value)
            elif option == "T":
                form = value
            elif option == "E" and value.startswith("separator="):
                described.separator = _SEPARATORS.get(value[10:], value[10:11] or "\t")
    described.columns = tuple(columns) if form == "fields" else ()
    filters += [f"| {pipe.strip()}"] if "grep" in pipe else []
    described.filter = " and ".join(filters) or None
    return described
