"""The states of a recording's nodes, collected at the same time, next to whatever else goes on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Thread

from pcapcheck.errors import RecordingError
from pcapcheck.recording.command_place import CommandPlace, last_line
from pcapcheck.recording.recorder_complaints import cure_of
from pcapcheck.recording.recording_plan import Command, state_file
from pcapcheck.triage.scripts import node_script

# Seconds that a node with many pods may take.
PATIENCE = 120.0


class StateCollection:
    """``found`` are the states by their files in the bundle. ``notice`` takes what went wrong."""

    def __init__(self, commands: Sequence[Command], notice: Callable[[str], None]) -> None:
        self.found: dict[str, str] = {}
        self._commands = commands
        self._notice = notice
        self._threads: list[Thread] = []

    def begin(self) -> None:
        """Begin, if that was not done yet."""
        if self._threads:
            return
        self._threads = [Thread(target=self._collect, args=command, daemon=True) for command in self._commands]
        for thread in self._threads:
            thread.start()

    def wait(self) -> None:
        """Wait until all are there."""
        for thread in self._threads:
            thread.join()

    def _collect(self, place: CommandPlace, words: tuple[str, ...]) -> None:
        try:
            code, printed, complained = place.run(words, node_script(), PATIENCE)
        except RecordingError as error:
            self._notice(f"{place.title}: no state of it: {error}")
            return
        self.found[state_file(place)] = printed
        if code != 0:
            self._notice(f"{place.title}: its state is not whole: {last_line(complained)}{cure_of(complained)}")
