"""A point of a recording: an interface, where it is, and the recorder's words."""

from __future__ import annotations

from importlib.resources import files

from msgspec import Struct

from pcapcheck.recording.command_place import CommandPlace

TCPDUMP, DUMPCAP = "tcpdump", "dumpcap"
# How each recorder is asked for its counters while it goes on; dumpcap ends at every signal that it does not know.
ASKING = {TCPDUMP: "USR1", DUMPCAP: "0"}
# Of the kernel's buffer, in units of 1024 bytes: room for what comes while the recorder waits for its turn.
BUFFER = "16384"


class RecordingPoint(Struct, frozen=True):
    """``about`` says what the interface is there for; ``filter`` is empty where everything is recorded."""

    place: CommandPlace
    interface: str
    about: str = ""
    filter: str = ""
    recorder: str = TCPDUMP

    @property
    def title(self) -> str:
        """What messages call it."""
        return f"{self.interface} on {self.place.title}"

    @property
    def file(self) -> str:
        """Where the bundle has what was recorded here."""
        return f"{self.place.host}/{self.interface.replace('/', '_')}.pcap"

    @property
    def command(self) -> tuple[str, ...]:
        """What records there to standard output."""
        filters = [self.filter] if self.filter else []
        if self.recorder == DUMPCAP:
            return (DUMPCAP, "-i", self.interface, "-q", "-P", *(["-f", *filters] if filters else []), "-w", "-")
        return (TCPDUMP, "-i", self.interface, "-n", "-U", "-B", BUFFER, "-w", "-", *filters)

    def argv(self, limit: int) -> list[str]:
        """What runs that from here, and ends it after ``limit`` seconds or when nobody here holds its input open."""
        script = files("pcapcheck.recording").joinpath("far_end.sh").read_text(encoding="utf-8")
        return self.place.argv("sh", "-c", script, "recorder", str(limit), ASKING[self.recorder], *self.command)
