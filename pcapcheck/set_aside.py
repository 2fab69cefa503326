"""What was given as a capture and is none: archives are opened, states and lists of pods kept, others skipped."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from msgspec.structs import replace

from pcapcheck.capture.inputs import Inputs
from pcapcheck.capture.pcap import MAGICS
from pcapcheck.capture.pcapng import MAGIC
from pcapcheck.capture.record import Problem
from pcapcheck.capture.recording_note import LARGEST_NOTES, NOTES, read_notes
from pcapcheck.capture.rotated_set import Captured
from pcapcheck.capture.source import Source
from pcapcheck.capture.text.encodings import ENOUGH, UTF8, encoding_of
from pcapcheck.errors import EMPTY, NODE_STATE, UNREADABLE, CaptureError, IsArchive, NotACapture, refused
from pcapcheck.given import Taken
from pcapcheck.links.read_capture import Capture
from pcapcheck.skipped import is_called_a_recording
from pcapcheck.values import clean


def set_aside(inputs: Inputs, source: Captured, error: CaptureError) -> None:
    """Do without a capture that cannot be read; if it is something else that is of use, keep it as that."""
    if isinstance(source, Source) and isinstance(error, IsArchive):
        _open(inputs, source)
        return
    kind = None
    if isinstance(source, Source) and error.kind == EMPTY and source.path in inputs.found:
        # In a bundle it may be what a command printed: nothing.
        kind = None if is_called_a_recording(source.path) else NODE_STATE
    elif isinstance(source, Source) and isinstance(error, NotACapture):
        kind = state_or_pods(source, error)
    if kind is None:
        inputs.skip(source.path, error)
    else:
        assert isinstance(source, Source)
        (inputs.states if kind == NODE_STATE else inputs.pods).append(source.kept)


def settle_sets(inputs: Inputs) -> None:
    """Set aside the files of rotated sets that are no captures; archives among them may hold such sets too."""
    while inputs.unusable:
        set_aside(inputs, *inputs.unusable.pop(0))


def is_listing(inputs: Inputs, source: Captured) -> bool:
    """Whether a file's place in a bundle shows which command printed it, and its first bytes are no capture's."""
    if not isinstance(source, Source) or source.path not in inputs.found:
        return False
    return not _begins_with(source, (*MAGICS, MAGIC)) and _is_printed(source.path)


def take_notes(inputs: Inputs) -> None:
    """Give captures what a bundle's notes of their recording say about them; the notes are no capture."""
    sources = [source for source in inputs.captures if isinstance(source, Source)]
    for noting in [source for source in sources if source.path.name == NOTES and len(inputs.captures) > 1]:
        inputs.captures.remove(noting)
        try:
            with noting.held.open() if noting.held else noting.path.open("rb") as stream:
                notes = read_notes(stream.read(LARGEST_NOTES), str(noting.path))
        except OSError as error:
            said = f"{noting.path}: {refused(error, 'see what is wrong with this file')}"
            inputs.skip(noting.path, CaptureError(said, UNREADABLE))
            continue
        except CaptureError as error:
            inputs.skip(noting.path, error)
            continue
        by_path = {noting.path.parent / note.file: note for note in notes}
        for source in sources:
            if note := by_path.get(source.path):
                source.note, source.host = note, clean(note.host)


def name_hosts(inputs: Inputs, captures: Sequence[Capture]) -> None:
    """Note on which machine each capture of a bundle was recorded, by its layout or by the folders of several hosts."""
    if not inputs.found:
        return
    from pcapcheck.nodestate.bundles.known_bundles import KnownBundles

    bundles = KnownBundles(inputs.found)
    files = {capture.number: bundles.file_at(capture.path) for capture in captures}
    by_folder = {
        file.node
        for capture in captures
        if (file := files[capture.number]) and file.by_hand and file.node in capture.path.parts[:-1]
    }
    for capture in captures:
        file = files[capture.number]
        if file and file.node and (not file.by_hand or (file.node in by_folder and len(by_folder) > 1)):
            capture.source.host = clean(file.node)


def lines_aside(captures: Sequence[Capture], states: Sequence[Taken]) -> list[Taken]:
    """Say what lines of texts are that are no packets, if that is known; returns the texts with a node's state."""
    used = {os.path.realpath(path) for path in states if isinstance(path, Path)}
    more: list[Taken] = []
    for capture in captures:
        aside = [line for problem in capture.problems for line in problem.aside]
        if not aside:
            continue
        from pcapcheck.nodestate.recognise import tell_aside

        source = capture.source
        is_used = isinstance(source, Source) and source.complete
        found = tell_aside(aside, clean(str(capture.path)), is_used or os.path.realpath(capture.path) in used)
        if found.state and is_used and isinstance(source, Source):
            capture.problems[:] = [_read_as_state(problem, found.state) for problem in capture.problems]
            if os.path.realpath(source.path) not in used:
                more.append(source.kept)
        capture.problems += found.problems
    return more


def _read_as_state(problem: Problem, lines: str) -> Problem:
    """The problem, if it is about lines that are no packets, with what some of them are used for."""
    if not problem.aside:
        return problem
    are = "are" if lines.startswith("lines") else "is"
    return replace(problem, message=f"{problem.message}; of these, {lines} {are} read as a node's state")


def _open(inputs: Inputs, archive: Source) -> None:
    before = len(inputs.skipped)
    files = inputs.open_archive(archive.kept)
    inputs.add([Source(file.path, inputs.unpack_limit, held=file, names=inputs.host_names) for file in files])
    if not files and len(inputs.skipped) == before:
        inputs.skip(archive.path, CaptureError(f"{archive.name}: no file is in this archive; pack it again", EMPTY))


def state_or_pods(source: Source, error: NotACapture) -> str | None:
    """``node-state`` or ``pods`` if a file holds that; None if it is neither."""
    if _is_printed(source.path):
        return NODE_STATE
    if not (error.vague or _is_utf16(source)) or not source.complete:
        return None
    from pcapcheck.nodestate.recognise import recognise

    return recognise(source.kept)


def _is_utf16(source: Source) -> bool:
    return encoding_of(_beginning(source, ENOUGH))[1] != UTF8


def _begins_with(source: Source, beginnings: tuple[bytes, ...]) -> bool:
    return _beginning(source, max(map(len, beginnings))).startswith(beginnings)


def _beginning(source: Source, count: int) -> bytes:
    """How a file begins; nothing if that cannot be read, and of a stream, which cannot be asked twice."""
    if source.is_stream:
        return b""
    try:
        with source.held.open() if source.held else source.path.open("rb") as stream:
            return stream.read(count)
    except (OSError, CaptureError):
        return b""


def _is_printed(path: Path) -> bool:
    from pcapcheck.nodestate.bundles.layouts import layout_of

    known = layout_of(str(path))
    return known is not None and known[1].command is not None
