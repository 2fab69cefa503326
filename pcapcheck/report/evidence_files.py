"""Evidence as files: per failed rule a small pcapng of the frames that show it; their comments say what is wrong.

A text holds no frames, so its lines go into a text file.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import groupby
from pathlib import Path

from msgspec import Struct

from pcapcheck.analysis import Analysis
from pcapcheck.capture import pcapng_blocks
from pcapcheck.capture.record import Interface
from pcapcheck.capture.reread import Recorded, read_again
from pcapcheck.decode.decoded_links import COOKED2
from pcapcheck.errors import CaptureError
from pcapcheck.links.capture_points import PointKey
from pcapcheck.report.counts import counts
from pcapcheck.report.evidence import in_lines
from pcapcheck.report.show_commands import by_file
from pcapcheck.report.wireshark_marks import HEAD, NAME, wireshark_marks
from pcapcheck.ruleset.finding import FAIL, Finding
from pcapcheck.values import clean
from pcapcheck.version import __version__

PCAPNG, TEXT = ".pcapng", ".txt"
APPLICATION = "pcapcheck "
# Our files begin with these: after the fixed part of the section header, the option that names the application.
_MARKS = {PCAPNG: (28, APPLICATION.encode()), TEXT: (0, f"# {APPLICATION}".encode())}

# (capture, frame)
Place = tuple[int, int]


def make_folder(name: str | Path) -> Path:
    """The folder for evidence, made if it is missing. Raises CaptureError if no file can be written there."""
    folder = Path(name)
    if not str(name):
        raise CaptureError("--evidence: no name of a folder; name one")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise CaptureError(f"{folder}: {error.strerror}; evidence needs a folder that can be written") from None
    return folder


def write_evidence(analysis: Analysis, folder: Path) -> list[Path]:
    """Write a file per failed rule, ``<rule>.pcapng`` (of texts ``<rule>.txt``), and note it in the rule's finding.

    With them, ``wireshark.lua`` marks the same frames in the captures themselves. Files of an earlier run for the
    rules judged now are replaced or, if the rule no longer fails, removed. Other files are left alone. Raises
    CaptureError if a file to be replaced is not ours or is a capture of this observation, or if a file cannot be
    written.
    """
    make_folder(folder)
    _spare_captures(analysis, folder)
    try:
        for finding in analysis.findings:
            finding.files = list(_write(analysis, finding, folder)) if finding.status == FAIL else []
            for suffix in (PCAPNG, TEXT):
                file = _file(folder, finding, suffix)
                if file not in finding.files and _is_ours(file):
                    file.unlink()
        _mark(analysis, folder / NAME)
    except OSError as error:
        where = error.filename or folder
        raise CaptureError(f"{where}: {error.strerror}; evidence needs a folder that can be written") from None
    return [file for finding in analysis.findings for file in finding.files]


class Exhibit(Struct, frozen=True, dict=True):
    """One record that shows a failure, and what to say about it."""

    capture: int
    record: Recorded
    comment: str

    @property
    def order(self) -> tuple[int, int, int]:
        """The sort key: by time; records without a time come first."""
        return _time(self.record), self.capture, self.record.number

    @cached_property
    def point(self) -> PointKey:
        """The key of its capture point; a cooked capture holds the ifindex in each frame (LINKTYPE_LINUX_SLL2)."""
        interface = self.record.interface
        ifindex = int.from_bytes(self.record.data[4:8], "big") if interface.link_type == COOKED2 else None
        return self.capture, interface.number, ifindex


def _spare_captures(analysis: Analysis, folder: Path) -> None:
    """Evidence is read from the captures while it is written."""
    inputs = [file.resolve() for capture in analysis.captures for file in capture.source.files]
    for finding in analysis.findings:
        for suffix in (PCAPNG, TEXT):
            file = _file(folder, finding, suffix)
            if file.resolve() in inputs:
                raise CaptureError(f"{file}: evidence would be written over this capture; name another folder")


def _mark(analysis: Analysis, script: Path) -> None:
    """Write, replace or remove our script for Wireshark; another's file of that name stays."""
    if script.exists() and not script.read_bytes().startswith(HEAD.encode()):
        return
    marks = wireshark_marks(analysis)
    if marks:
        script.write_text(marks, encoding="utf-8")
    else:
        script.unlink(missing_ok=True)


def _write(analysis: Analysis, finding: Finding, folder: Path) -> Iterator[Path]:
    said = _said(finding)
    exhibits = sorted(_exhibits(analysis, said), key=lambda exhibit: exhibit.order)
    head = _headline(finding, len(said) - len(exhibits))
    for suffix, some in (
        (PCAPNG, [exhibit for exhibit in exhibits if exhibit.record.text is None]),
        (TEXT, [exhibit for exhibit in exhibits if exhibit.record.text is not None]),
    ):
        if not some:
            continue
        file = _file(folder, finding, suffix)
        if file.exists() and not _is_ours(file):
            raise CaptureError(f"{file}: not written by pcapcheck, so it stays as it is; name another folder")
        with file.open("wb") as stream:
            stream.writelines(_pcapng(analysis, head, some) if suffix == PCAPNG else _lines(head, some))
        yield file


def _file(folder: Path, finding: Finding, suffix: str) -> Path:
    # A rule's id is words joined by hyphens, so no file name leads elsewhere.
    return folder / f"{finding.rule.id}{suffix}"


def _is_ours(file: Path) -> bool:
    """Whether a file exists and is evidence of ours."""
    if not file.is_file():
        return False
    start, mark = _MARKS[file.suffix]
    with file.open("rb") as stream:
        return stream.read(start + len(mark))[start:] == mark


def _said(finding: Finding) -> dict[Place, list[str]]:
    """The frames that the evidence names, with everything it says about each."""
    said: dict[Place, list[str]] = {}
    for row in finding.evidence:
        where = f" (on {row.interface})" if row.interface else ""
        comment = f"{finding.rule.id}: expected {row.expected}; observed {row.observed}{where}"
        for place in row.places:
            said.setdefault(place, []).append(comment)
    return said


def _exhibits(analysis: Analysis, said: dict[Place, list[str]]) -> Iterator[Exhibit]:
    """Each of these frames once, if it still exists."""
    for capture in analysis.captures:
        numbers = [number for at, number in said if at == capture.number]
        for record in read_again(capture.source, numbers):
            comments = list(dict.fromkeys(said[capture.number, record.number]))
            yield Exhibit(capture.number, record, "\n".join([*comments, _whence(analysis, capture.number, record)]))


def _whence(analysis: Analysis, capture: int, record: Recorded) -> str:
    """The source of a record: file and frame, or lines."""
    ((file, numbers),) = (
        (file, some) for file, some in by_file(analysis.captures[capture].source, [record.number]) if some
    )
    where = in_lines(record.text.first, record.text.last) if record.text else f"frame {numbers[0]}"
    return f"{clean(file.name)} {where}" + ("" if record.time is not None else ", recorded without a time")


def _headline(finding: Finding, gone: int) -> list[str]:
    """What a file is about. ``gone`` counts frames that no longer exist, such as those of a long stream."""
    lines = [
        f"{finding.rule.id}: {finding.rule.title} ({counts(finding)})",
        "Only what shows the first few failures is in here: that something else is missing proves nothing.",
    ]
    return [*lines, f"{gone} of the frames that show them could not be read again."] if gone else lines


def _pcapng(analysis: Analysis, head: list[str], exhibits: list[Exhibit]) -> Iterator[bytes]:
    """The blocks of a file with an interface for each capture point."""
    yield pcapng_blocks.section(f"{APPLICATION}{__version__}", "\n".join(head))
    points: dict[PointKey, list[Recorded]] = {}
    for exhibit in exhibits:
        points.setdefault(exhibit.point, []).append(exhibit.record)
    offsets: dict[PointKey, int] = {}
    for key, records in points.items():
        # Ticks are unsigned: times before 1970 are counted from an earlier second.
        offsets[key] = min(0, *(_time(record) // pcapng_blocks.SECOND for record in records))
        yield _interface(analysis, key, records, offsets[key])
    numbers = {key: number for number, key in enumerate(points)}
    for exhibit in exhibits:
        record = exhibit.record
        ticks = _time(record) - offsets[exhibit.point] * pcapng_blocks.SECOND
        yield pcapng_blocks.packet(
            numbers[exhibit.point], ticks, record.data, record.length, record.direction, exhibit.comment
        )
    for key, records in points.items():
        drops = analysis.captures[key[0]].interfaces[key[1]].drops
        if drops:
            latest = max(map(_time, records)) - offsets[key] * pcapng_blocks.SECOND
            yield pcapng_blocks.statistics(numbers[key], latest, drops)


def _interface(analysis: Analysis, key: PointKey, records: list[Recorded], offset: int) -> bytes:
    capture = analysis.captures[key[0]]
    interface = capture.interfaces[key[1]]
    # Frames longer than the snapshot length are kept; no reader may cut them.
    longest = max(len(record.data) for record in records)
    return pcapng_blocks.interface(
        interface.link_type,
        max(interface.snaplen, longest) if interface.snaplen else 0,
        _name(analysis, key, interface),
        f"{clean(capture.source.name)}, interface {interface.number}",
        interface.filter,
        interface.fcs_bytes,
        offset,
    )


def _name(analysis: Analysis, key: PointKey, interface: Interface) -> str | None:
    """The user's name for an interface, else its own name, else the name that its file implies."""
    point = analysis.facts.points.get(key)
    if point and point.capture_point.named_by == "user":
        return point.name
    if interface.name:
        return interface.name
    return point.name if point and point.capture_point.named_by == "file name" else None


def _time(record: Recorded) -> int:
    return record.time or 0


def _lines(head: list[str], exhibits: list[Exhibit]) -> Iterator[bytes]:
    first = f"{APPLICATION}{__version__}: a text holds no frames that a pcapng could hold, so these are its lines"
    yield _text(f"# {line}" for line in (first, *head))
    for text, some in groupby(exhibits, key=lambda exhibit: exhibit.record.text):
        # One line may hold several packets.
        said = dict.fromkeys(line for exhibit in some for line in exhibit.comment.split("\n"))
        yield _text(["", *(f"# {line}" for line in said)])
        yield _text(clean(line.expandtabs()) for line in (text.words.split("\n") if text else ()))


def _text(lines: Iterable[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode("utf-8", "replace")
