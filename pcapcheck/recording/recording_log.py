"""What is noted of a recording besides its packets: how it was made, and what went wrong."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import msgspec
from msgspec.structs import replace

from pcapcheck.capture.recording_note import SCHEMA, RecordingNote
from pcapcheck.errors import RecordingError
from pcapcheck.recording.probe_process import ProbeOutcome
from pcapcheck.recording.recorder_complaints import cure_of
from pcapcheck.recording.recording_plan import RecordingPlan
from pcapcheck.values import clean
from pcapcheck.version import __version__


class RecordingLog:
    """``notices`` are what went wrong, ``probe`` is what came of the question. ``say`` takes lines as they come.

    What ``shortfall`` says keeps the recording from showing what it was to show, so it is a problem of its captures.
    """

    def __init__(self, say: Callable[[str], None]) -> None:
        self.say = say
        self.notices: list[str] = []
        self.shortfall = ""
        self.probe: ProbeOutcome | None = None
        self._began = datetime.now(UTC)

    def notice(self, said: str) -> None:
        """Say what went wrong, and keep it."""
        self.notices.append(clean(said))
        self.say(said)

    def fall_short(self, said: str) -> None:
        """Notice what keeps the recording from showing what it was to show; the first of it counts."""
        self.notice(said)
        self.shortfall = self.shortfall or self.notices[-1]

    def with_shortfall(self, notes: Sequence[RecordingNote]) -> list[RecordingNote]:
        """The notes, each with the shortfall as its problem if it has no other."""
        return [replace(note, problem=note.problem or self.shortfall) for note in notes]

    def notice_ends(self, notes: Sequence[RecordingNote]) -> None:
        """Notice which recorders ended early. Raises RecordingError if nothing was recorded by any."""
        if notes and all(note.problem and not note.captured for note in notes):
            whys = "; ".join(f"{note.interface}: {note.problem}{cure_of(note.problem)}" for note in notes)
            raise RecordingError(f"nothing was recorded: {whys}")
        for note in notes:
            if note.problem:
                self.notice(
                    f"{note.interface} on {note.host}: the recording ended early: {note.problem}{cure_of(note.problem)}"
                )

    def text(self, plan: RecordingPlan, notes: Sequence[RecordingNote]) -> str:
        """What is known of each capture, and how all was recorded, as ``recording.json`` has it."""
        surveys = {end.node.host: end.survey for end in plan.ends}
        document = {
            "schema": SCHEMA,
            "version": __version__,
            "ended": datetime.now(UTC).isoformat(timespec="seconds"),
            "points": msgspec.to_builtins(notes),
            "began": self._began.isoformat(timespec="seconds"),
            "ends": [end.text for end in plan.ends],
            "probe": msgspec.to_builtins(self.probe),
            "notices": self.notices,
            "commands": list(plan.lines()),
            "nodes": {
                host: {"kernel": found.kernel, "recorder": found.recorder, "tcpdump": found.recorder_version}
                for host, found in surveys.items()
            },
        }
        return json.dumps(document, indent=2) + "\n"
