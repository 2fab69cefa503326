"""Redacted files as inputs of an analysis: single ones by their new names, those of a bundle as an archive."""

from __future__ import annotations

import io
import re
import tarfile
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import IO, cast

from msgspec import Struct

from pcapcheck.capture.held import IN_MEMORY, Held
from pcapcheck.errors import CaptureError
from pcapcheck.redaction.redacted_files import RedactedFile, Redaction

_INTERFACE = re.compile(r"(.+?)((?:#\d+)?)=([^=]+)")


class RedactedInputs(Struct):
    """``groups`` are the inputs in the groups that they were given in; ``left_out`` says what is in none of them."""

    redaction: Redaction
    groups: list[list[Held]]
    left_out: list[str]
    names: dict[str, str]

    @classmethod
    def of(cls, groups: list[Iterable[Path | Held]], key: bytes, unpack_limit: int | None = None) -> RedactedInputs:
        """Redact all groups by one mapping."""
        redaction = Redaction(groups, key, unpack_limit)
        inputs = cls(redaction, [[] for _ in groups], [], {})
        bundles: dict[tuple[int, Path], _BundleTar] = {}
        for file in redaction.files():
            given = file.given
            inputs.names |= {str(given.path): str(file.name), given.path.name: file.name.name}
            if given.bundle is None:
                inputs.groups[given.group].append(file.content or _broken(file))
            elif file.content is None:
                inputs.left_out.append(str(file.error))
            else:
                key_of = given.group, given.bundle
                if key_of not in bundles:
                    bundles[key_of] = _BundleTar(Path(file.name.parts[0]))
                bundles[key_of].add(file)
        for (group, _), archive in bundles.items():
            inputs.groups[group].append(archive.held())
        return inputs

    def interface(self, text: str) -> str:
        """What FILE[#IFINDEX]=NAME becomes; of any other form it stays, for an error to name it."""
        match = _INTERFACE.fullmatch(text)
        if match is None:
            return text
        name = self.names.get(match[1]) or self.names.get(Path(match[1]).name, match[1])
        return f"{name}{match[2]}={self.redaction.redact(match[3])}"


class _BundleTar:
    """The files of a bundle, as a tar that keeps where they stand."""

    def __init__(self, name: Path) -> None:
        self._name = name
        self._stream = cast("IO[bytes]", tempfile.SpooledTemporaryFile(max_size=IN_MEMORY))  # noqa: SIM115
        self._tar = tarfile.open(fileobj=self._stream, mode="w", format=tarfile.PAX_FORMAT)  # noqa: SIM115

    def add(self, file: RedactedFile) -> None:
        assert file.content is not None
        member = tarfile.TarInfo(str(Path(*file.name.parts[1:])))
        member.size = file.content.size
        with file.content.open() as content:
            self._tar.addfile(member, cast("IO[bytes]", content))

    def held(self) -> Held:
        self._tar.close()
        return Held(self._name, self._stream, self._stream.tell())


def _broken(file: RedactedFile) -> Held:
    """An input that gives its error to whoever opens it."""
    error = file.error or CaptureError(f"{file.name}: cannot be read")
    return Held(file.name, io.BytesIO(), 0, error)
