"""What an analysis says about frames, as a Lua script for Wireshark and tshark: fields to filter by, and expert items.

The script knows a capture by the time of its first frame, since Wireshark does not tell a script which file it reads.
Wireshark's Lua API: https://www.wireshark.org/docs/wsdg_html_chunked/wsluarm_modules.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib.resources import files

from pcapcheck.analysis import Analysis
from pcapcheck.capture.reread import read_again
from pcapcheck.capture.source import Source
from pcapcheck.report.show_commands import by_file
from pcapcheck.ruleset.finding import FAIL
from pcapcheck.values import clean

NAME = "wireshark.lua"
# What a script of ours begins with, and others do not.
HEAD = "-- Marks of pcapcheck"
SECOND = 1_000_000_000

# Of a frame: the rule, its severity, and what was expected and observed.
Mark = tuple[str, str, str]


def wireshark_marks(analysis: Analysis) -> str:
    """The script for the captures of an analysis, with a mark for each frame that its evidence names; empty if none."""
    captures = "".join(_capture(file, begin, marks) for file, begin, marks in _by_file(analysis))
    if not captures:
        return ""
    script = files("pcapcheck.report").joinpath("templates", NAME).read_text(encoding="utf-8")
    return script.replace("CAPTURES", f"{{\n{captures}}}", 1)


def _by_file(analysis: Analysis) -> Iterator[tuple[Source, int, dict[int, list[Mark]]]]:
    """The files of binary captures with evidence, the time of their first frames, and the marks by frame."""
    marks = _marks(analysis)
    for capture in analysis.captures:
        numbers = sorted(number for at, number in marks if at == capture.number)
        for file, local in by_file(capture.source, numbers):
            if not local:
                continue
            first = next(read_again(file, [1]), None)
            if first is not None and first.text is None and first.time is not None:
                before = numbers[0] - local[0]
                yield file, first.time, {number: marks[capture.number, number + before] for number in local}
            numbers = numbers[len(local) :]


def _marks(analysis: Analysis) -> dict[tuple[int, int], list[Mark]]:
    """The marks by capture and frame."""
    marks: dict[tuple[int, int], list[Mark]] = {}
    for finding in analysis.findings:
        if finding.status != FAIL:
            continue
        for row in finding.evidence:
            mark = (finding.rule.id, finding.rule.severity, f"expected {row.expected}; observed {row.observed}")
            for place in row.places:
                known = marks.setdefault(place, [])
                if mark not in known:
                    known.append(mark)
    return marks


def _capture(file: Source, begin: int, marks: dict[int, list[Mark]]) -> str:
    seconds, nanoseconds = divmod(begin, SECOND)
    frames = "".join(
        f"      [{number}] = {{{', '.join(f'{{{_strings(mark)}}}' for mark in said)}}},\n"
        for number, said in marks.items()
    )
    return f"""\
  {{ -- {clean(file.name)}
    seconds = {seconds}, nanoseconds = {nanoseconds},
    frames = {{
{frames}    }},
  }},
"""


def _strings(texts: Iterable[str]) -> str:
    return ", ".join(map(_quoted, texts))


def _quoted(text: str) -> str:
    """A string of Lua, which no text can end: what is not plain ASCII as its bytes (Lua manual, section 3.1)."""
    plain = (chr(byte) if 32 <= byte < 127 and byte not in b'"\\' else f"\\{byte:03}" for byte in clean(text).encode())
    return f'"{"".join(plain)}"'
