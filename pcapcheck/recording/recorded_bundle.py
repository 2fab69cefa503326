"""The bundle of a recording: a folder or an archive of captures, the nodes' states, the pods, and notes on all that."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import shutil
import tarfile
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, cast

from pcapcheck.capture.held import IN_MEMORY, Held
from pcapcheck.errors import RecordingError
from pcapcheck.recording.cluster_access import KubePod
from pcapcheck.recording.passing_folder import PassingFolder

ARCHIVES = (".tar.gz", ".tgz", ".tar")
PODS = "pods.json"
# What reports call the bundle of a recording that is not kept.
UNNAMED = "recorded"
# What the folder of an archive is called after the archive until that is packed.
UNPACKED = ".recording"
# Bytes for notes and states, so that a disk that a recording fills does not cost what is known of it.
ROOM = 1 << 20
MOST_NUMBERS = 1000


class RecordedBundle:
    """Where a recording goes: straight into ``output`` if that is a folder, else into a folder of its own first.

    That of an archive is next to it, so that a recording that is killed leaves what it has where somebody looks. Room
    for what is written last is taken at once. Raises RecordingError if it cannot be written.

    ``output`` None: nothing stays but what an analysis holds. ``is_numbered``: if ``output`` is there already, a number
    is added to its name.
    """

    def __init__(self, output: Path | None, is_numbered: bool = False) -> None:
        self.output = output
        self.is_archive = output is not None and output.name.endswith(ARCHIVES)
        self._passing: PassingFolder | None = None
        self._room: IO[bytes] | None = None
        try:
            if output is None:
                self._passing = PassingFolder()
                self.folder = self._passing.path / UNNAMED
                self.folder.mkdir()
            elif self.is_archive:
                # Before an hour of recording, not after it; nothing that is there is written over.
                output.open("xb").close()
                self.folder = Path(tempfile.mkdtemp(prefix=f"{output.name}.", suffix=UNPACKED, dir=output.parent))
            else:
                self.output = self.folder = _make_folder(output, is_numbered)
            self._take_room()
        except FileExistsError:
            raise RecordingError(f"--output {output}: is there already; name another, or remove it") from None
        except OSError as error:
            raise RecordingError(f"--output {output}: {error.strerror}; name a place that can be written") from None

    def _take_room(self) -> None:
        try:
            # Without a buffer: what was not written must not be tried again when it is closed.
            self._room = tempfile.TemporaryFile(dir=self.folder, buffering=0)  # noqa: SIM115 (it goes before the rest)
            if (self._room.write(bytes(ROOM)) or 0) < ROOM:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        except OSError:
            self.discard()
            raise

    def write_each(self, texts: Mapping[str, str]) -> dict[str, str]:
        """Write texts into it by their names, each whole or not at all; returns why those are missing that are."""
        missing = {}
        for name, text in texts.items():
            path = self.folder / name
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
            except OSError as error:
                path.unlink(missing_ok=True)
                missing[name] = error.strerror or str(error)
        return missing

    def has_room(self) -> bool:
        """Whether something can still be written beyond what room was taken for."""
        with contextlib.suppress(OSError):
            held = os.statvfs(self.folder)
            # Some file systems do not say.
            return not held.f_blocks or (held.f_bfree if os.geteuid() == 0 else held.f_bavail) > 0
        return True

    def make_room(self) -> None:
        """Give back the room for what is written last."""
        if self._room is not None:
            self._room.close()

    def finish(self) -> Path | Held:
        """Everything is in it: what to judge. Raises OSError if there is no room to pack it; then it is as it was."""
        if self.output is None:
            content = cast("IO[bytes]", tempfile.SpooledTemporaryFile(max_size=IN_MEMORY))  # noqa: SIM115
            self._pack(content, "")
            size = content.tell()
            self.remove()
            return Held(Path(f"{UNNAMED}.tar"), content, size)
        if self.is_archive:
            with self.output.open("wb") as stream:
                self._pack(cast("IO[bytes]", stream), "" if self.output.suffix == ".tar" else "gz")
            self.remove()
        return self.output

    def leave_unpacked(self) -> Path:
        """What to judge if it cannot be packed: the folder that it is in, which stays."""
        if self.is_archive and self.output is not None:
            self.output.unlink(missing_ok=True)
            self.output = self.folder
        return self.folder

    def _pack(self, stream: IO[bytes], compression: str) -> None:
        name = UNNAMED if self.output is None else self.output.name.partition(".")[0]
        with tarfile.open(fileobj=stream, mode=f"w:{compression}") as archive:  # type: ignore[call-overload]
            archive.add(self.folder, name)

    def remove(self) -> None:
        """Remove what was only there to be packed."""
        if self._passing is not None:
            self._passing.remove()
        elif self.is_archive:
            shutil.rmtree(self.folder, ignore_errors=True)

    def discard(self) -> None:
        """Remove all of it: nothing came of the recording."""
        self.make_room()
        self.remove()
        if self.is_archive and self.output is not None:
            self.output.unlink(missing_ok=True)
        elif self.output is not None:
            shutil.rmtree(self.folder)


def pods_texts(pods: Sequence[KubePod]) -> dict[str, str]:
    """The pods as kubectl lists them, by the name of their file; nothing if there are none."""
    listed = {"apiVersion": "v1", "kind": "List", "items": [pod.document for pod in pods]}
    return {PODS: json.dumps(listed, indent=1) + "\n"} if pods else {}


def _make_folder(wanted: Path, is_numbered: bool) -> Path:
    """Make a folder of that name, or if it ``is_numbered`` of the first one that is free."""
    names = (wanted.with_name(f"{wanted.name}-{number}") for number in range(2, MOST_NUMBERS))
    for name in (wanted, *names):
        try:
            name.mkdir(parents=True)
        except FileExistsError:
            if not is_numbered:
                raise
        else:
            return name
    raise FileExistsError(wanted)
