"""What ``pcapcheck record`` knows of a capture that a pcap file has no place for: its interface, losses and end."""

from __future__ import annotations

import msgspec
from msgspec import Struct

from pcapcheck.capture.record import Problem, Reader
from pcapcheck.errors import DAMAGED, CaptureError

# The file of a bundle that holds the notes, and its ``schema``.
NOTES, SCHEMA = "recording.json", "pcapcheck-recording/1"
# Far more than a recording of every interface of a node needs.
LARGEST_NOTES = 1 << 20
# The kind of problem of a capture that ended before it was to.
RECORDING_ENDED = "recording-ended"


class RecordingNote(Struct, frozen=True):
    """What is known of one file of a bundle. ``file`` is its path below the folder of the notes.

    ``filter`` is what tcpdump was given; ``dropped`` counts packets that matched it and were not written. Until
    ``until`` (nanoseconds since 1970, on the recording machine's clock) everything else was written: silence up to then
    was recorded. None: that is not known. ``problem`` says why it ended before it was to, or shows less than it was to.
    """

    file: str
    host: str
    interface: str
    filter: str = ""
    captured: int | None = None
    received: int | None = None
    dropped: int = 0
    until: int | None = None
    problem: str = ""

    def complete(self, reader: Reader) -> None:
        """Add what is known to a reader of the file. A container of several interfaces knows itself."""
        if self.problem:
            reader.problems.append(Problem(RECORDING_ENDED, f"{self.interface}: {self.problem}"))
        if len(reader.interfaces) != 1:
            return
        interface = reader.interfaces[0]
        interface.name = interface.name or self.interface
        interface.filter = interface.filter or self.filter or None
        interface.drops = max(interface.drops, self.dropped)
        interface.until = self.until

    def hold_against(self, reader: Reader) -> None:
        """Note what the file lacks of the packets that were taken, once it is read to its end.

        tcpdump goes on where its output cannot be written, as on a full disk, and counts the packets all the same.
        """
        lacking = (self.captured or 0) - reader.frames
        if lacking <= 0 or len(reader.interfaces) != 1:
            return
        interface = reader.interfaces[0]
        interface.drops = max(interface.drops, self.dropped + lacking)
        interface.until = None
        said = f"the file lacks {lacking:,} of the {self.captured:,} packets that were taken (was the disk full?)"
        reader.problems.append(Problem(RECORDING_ENDED, f"{self.interface}: {said}"))


class RecordingNotes(Struct, frozen=True):
    """The notes of a bundle."""

    schema: str
    points: list[RecordingNote]


def read_notes(data: bytes, name: str) -> list[RecordingNote]:
    """The notes in a file called ``name``. Raises CaptureError if it holds none."""
    try:
        notes = msgspec.json.decode(data, type=RecordingNotes)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        said = f"{name}: what pcapcheck record noted cannot be read ({error}); losses and filters are not known"
        raise CaptureError(said, DAMAGED) from None
    if notes.schema != SCHEMA:
        raise CaptureError(f"{name}: not {SCHEMA}; read it with the version of pcapcheck that wrote it", DAMAGED)
    return notes.points
