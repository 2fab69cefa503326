"""The bundle of a recording: a folder or an archive of captures, the nodes' states, the pods, and notes on all that."""

from __future__ import annotations

import json
import tarfile
import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, cast

import msgspec

from pcapcheck.capture.held import IN_MEMORY, Held
from pcapcheck.capture.recording_note import NOTES, SCHEMA, RecordingNote
from pcapcheck.errors import RecordingError
from pcapcheck.recording.cluster_access import KubePod
from pcapcheck.version import __version__

ARCHIVES = (".tar.gz", ".tgz", ".tar")
PODS = "pods.json"
# What reports call the bundle of a recording that is not kept.
UNNAMED = "recorded"


class RecordedBundle:
    """Where a recording goes: straight into ``output`` if that is a folder, else into a temporary one first.

    Raises RecordingError if it cannot be written. ``output`` None: nothing stays but what an analysis holds.
    """

    def __init__(self, output: Path | None) -> None:
        self.output = output
        self.is_archive = output is not None and output.name.endswith(ARCHIVES)
        self._temporary: tempfile.TemporaryDirectory[str] | None = None
        try:
            if output is None or self.is_archive:
                if output is not None:
                    # Before an hour of recording, not after it; nothing that is there is written over.
                    output.open("xb").close()
                self._temporary = tempfile.TemporaryDirectory(prefix="pcapcheck-record-", ignore_cleanup_errors=True)
                self.folder = Path(self._temporary.name) / UNNAMED
                self.folder.mkdir()
            else:
                output.mkdir(parents=True)
                self.folder = output
        except FileExistsError:
            raise RecordingError(f"--output {output}: is there already; name another, or remove it") from None
        except OSError as error:
            raise RecordingError(f"--output {output}: {error.strerror}; name a place that can be written") from None

    def write(self, name: str, text: str) -> None:
        """Write a text into it."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def write_notes(self, notes: Sequence[RecordingNote], more: Mapping[str, Any]) -> None:
        """Write what is known of each capture, and how all was recorded."""
        document = {
            "schema": SCHEMA,
            "version": __version__,
            "ended": datetime.now(UTC).isoformat(timespec="seconds"),
            "points": msgspec.to_builtins(notes),
            **more,
        }
        self.write(NOTES, json.dumps(document, indent=2) + "\n")

    def write_pods(self, pods: Sequence[KubePod]) -> None:
        """Write the pods as kubectl lists them."""
        if pods:
            listed = {"apiVersion": "v1", "kind": "List", "items": [pod.document for pod in pods]}
            self.write(PODS, json.dumps(listed, indent=1) + "\n")

    def finish(self) -> Path | Held:
        """Everything is in it: what to judge."""
        if self.output is None:
            content = cast("IO[bytes]", tempfile.SpooledTemporaryFile(max_size=IN_MEMORY))  # noqa: SIM115
            self._pack(content, "")
            size = content.tell()
            self.remove()
            return Held(Path(f"{UNNAMED}.tar"), content, size)
        if self.is_archive:
            try:
                with self.output.open("wb") as stream:
                    self._pack(cast("IO[bytes]", stream), "" if self.output.suffix == ".tar" else "gz")
            finally:
                self.remove()
        return self.output

    def _pack(self, stream: IO[bytes], compression: str) -> None:
        name = UNNAMED if self.output is None else self.output.name.partition(".")[0]
        with tarfile.open(fileobj=stream, mode=f"w:{compression}") as archive:  # type: ignore[call-overload]
            archive.add(self.folder, name)

    def remove(self) -> None:
        """Remove what was only there to be packed."""
        if self._temporary is not None:
            self._temporary.cleanup()

    def discard(self) -> None:
        """Remove all of it: nothing came of the recording."""
        self.remove()
        if self.is_archive and self.output is not None:
            self.output.unlink(missing_ok=True)
        elif self.output is not None:
            for path in sorted(self.folder.rglob("*"), reverse=True):
                path.rmdir() if path.is_dir() else path.unlink()
            self.folder.rmdir()
