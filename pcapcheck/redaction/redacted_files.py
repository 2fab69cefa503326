"""Redact files together: first all of them are gone over for names and networks, then each is written again."""

from __future__ import annotations

import io
import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, BinaryIO, cast

from msgspec import Struct, field

from pcapcheck.calico import parse_pod
from pcapcheck.capture.held import IN_MEMORY, Held
from pcapcheck.capture.pcapng import PcapngReader
from pcapcheck.capture.text.encodings import decoded
from pcapcheck.errors import CaptureError, PcapcheckError, StateError
from pcapcheck.nodestate.bundles.layouts import layout_of
from pcapcheck.nodestate.read_state import read_state
from pcapcheck.redaction.capture_writer import write_capture
from pcapcheck.redaction.given_files import CAPTURE, TEXT, GivenFile, given_files, text_of
from pcapcheck.redaction.mapping import Mapping
from pcapcheck.redaction.new_names import FileNames
from pcapcheck.redaction.text_redaction import TextRedaction
from pcapcheck.values import clean


class RedactedFile(Struct):
    """A redacted file: its new name below a folder, and its bytes.

    ``given`` is the file it was made from. Without ``content`` it cannot be redacted, and ``error`` says why, in
    redacted words. ``problems`` say what is wrong with it.
    """

    given: GivenFile
    name: Path
    content: Held | None
    error: CaptureError | None = None
    problems: list[str] = field(default_factory=list)


class Redaction:
    """The files that were given, in groups by what they were given as, and one mapping for all of them.

    Raises CaptureError if nothing can be read because of how it is named.
    """

    def __init__(self, groups: Sequence[Iterable[Path | Held]], key: bytes, unpack_limit: int | None = None) -> None:
        self.mapping = Mapping(key)
        self.texts = TextRedaction(self.mapping)
        self.given = [file for number, given in enumerate(groups) for file in given_files(given, unpack_limit, number)]
        self._learn()
        self.names = FileNames(self.texts.words)

    def files(self) -> Iterator[RedactedFile]:
        """Each file, redacted as it is asked for."""
        for file in self.given:
            name = self.names.of(file)
            try:
                if file.error is not None:
                    raise file.error
                problems: list[str] = []
                content = self._capture(file, problems) if file.kind == CAPTURE else self._text(file)
                yield RedactedFile(file, name, content.named(name), problems=problems)
            except CaptureError as error:
                yield RedactedFile(file, name, None, CaptureError(self.message(error, file, name), error.kind))

    def message(self, error: PcapcheckError, file: GivenFile, name: Path) -> str:
        """What an error says, about a file's new name."""
        said = str(error)
        for was in (str(file.path), file.path.name):
            said = str(name).join(map(self.redact, said.split(was))) if was in said else said
        return clean(self.redact(said))

    def redact(self, text: str) -> str:
        """What a text of the caller becomes, such as the value of an option."""
        return self.texts.words.redact(text)

    def _learn(self) -> None:
        known = self.texts.known
        states: list[Held] = []
        found: dict[Path, Path] = {}
        for file in self.given:
            for part in file.path.parts[-4:]:
                known.read_path(part)
            if file.bundle is not None:
                found[file.path] = file.bundle
            meant = layout_of(str(file.path))
            if meant is not None:
                known.add_all((meant[1].node, meant[1].netns))
            try:
                if file.kind == CAPTURE:
                    self._learn_capture(file)
                elif file.kind == TEXT:
                    data = text_of(file)
                    self.texts.learn(decoded(data))
                    states.append(Held.of(data).named(file.path))
            except CaptureError as error:
                file.kind, file.error = None, error
        if states:
            # Some of them may be of no state, or all.
            with suppress(StateError):
                known.read_state(read_state(states, skip=lambda path, error: None, found=found))
        for namespace, pod in sorted(known.pods):
            try:
                self.mapping.names.learn_pod(*parse_pod(f"{namespace}/{pod}"))
            except ValueError:
                continue

    def _learn_capture(self, file: GivenFile) -> None:
        """The names that a pcapng holds."""
        with file.source.open() as reader:
            if not isinstance(reader, PcapngReader):
                return
            for _ in reader.batches():
                pass
            for interface in reader.interfaces:
                self.texts.known.add_pod(interface.pod)
                if interface.pod and interface.description:
                    for line in re.split(r"[\n,]", interface.description):
                        self.texts.known.read_line(line.strip())
            self.texts.known.add_all(reader.names.resolved.values())

    def _capture(self, file: GivenFile, problems: list[str]) -> Held:
        stream = cast("IO[bytes]", tempfile.SpooledTemporaryFile(max_size=IN_MEMORY))  # noqa: SIM115
        problems += write_capture(file.source, cast("BinaryIO", stream), self.mapping, self.redact)
        return Held(file.path, stream, stream.tell())

    def _text(self, file: GivenFile) -> Held:
        data = self.texts.redact(decoded(text_of(file))).encode("utf-8", "replace")
        return Held(file.path, io.BytesIO(data), len(data))
