"""A reader: the programs whose output it reads, how it recognises a line, and the functions that read it."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from msgspec import Struct

from pcapcheck.nodestate.host import Host
from pcapcheck.nodestate.listing import Listing
from pcapcheck.nodestate.source_lines import Line
from pcapcheck.nodestate.state import State


class StateReader(Struct, frozen=True, kw_only=True):
    """A reader of one form of output.

    ``commands`` are programs whose output is of this kind whatever their arguments; ``command_listing`` knows those
    with several kinds of output (ip, kubectl, cat). ``looks_like`` gets a line without the space around it and its
    words, and says whether the line by itself shows this kind; None: only a command shows it. ``read_host`` keeps what
    is of the host that printed the lines, ``read_cluster`` what is of the cluster; both return the lines that they do
    not understand. If such lines are worth reporting, ``expected`` says what should stand there. ``reads_complaints``:
    complaints of the program are facts too.
    """

    name: str
    commands: tuple[str, ...] = ()
    looks_like: Callable[[str, list[str]], bool] | None = None
    read_host: Callable[[Iterable[Line], Host, Listing | None], list[Line]] | None = None
    read_cluster: Callable[[Iterable[Line], State, Listing | None], list[Line]] | None = None
    expected: str = ""
    reads_complaints: bool = False

    def read(self, lines: list[Line], host: Host, state: State, listing: Listing | None) -> list[Line]:
        """Read lines; returns those that are not understood."""
        strange = self.read_host(lines, host, listing) if self.read_host else []
        return strange + (self.read_cluster(lines, state, listing) if self.read_cluster else [])
