"""The row of the table ``transfers`` as an object: one TCP connection, with the early columns as attributes."""

from __future__ import annotations

from typing import ClassVar

from pcapcheck.columns import COLUMNS
from pcapcheck.exchanges import transfer_layout as layout
from pcapcheck.plural import does
from pcapcheck.raw_rows import RowView
from pcapcheck.table_names import TRANSFERS
from pcapcheck.values import Value, format_duration

# The sender and the receiver, each by address and port.
Ends = tuple[Value | None, Value | None, Value | None, Value | None]
# Which of them, its address, and both ports.
Side = tuple[str, Value | None, Value | None, Value | None]

# Which column says whether the rules are content with a row, by its outcome.
TELLING = {
    "stalled": frozenset({"progresses"}),
    "missing": frozenset({"progresses"}),
    "reset": frozenset({"reset_midway"}),
}


class TransferRow(RowView, frozen=True):
    """One TCP connection as it went on after its handshake; its numbers stand where ``transfer_layout`` says.

    Words for sentences about data that got stuck, as of questions: it got ``silence``.
    """

    by_attribute: ClassVar = {column.attribute: name for name, column in COLUMNS[TRANSFERS].items() if not column.late}
    several: ClassVar[bool] = False
    silence: ClassVar[str] = "no answer"

    @property
    def group(self) -> int:
        return self.field(layout.GROUP)

    @property
    def outcome(self) -> str:
        return str(self.rows.value(self.row, "outcome"))

    @property
    def time(self) -> int | None:
        value = self.rows.value(self.row, "time")
        return value if isinstance(value, int) else None

    @property
    def frames(self) -> list[int]:
        """The frames that show what became of it; if nothing is wrong with it, its first."""
        if self.field(layout.SENDER) == layout.ABSENT:
            return [self.field(layout.NUMBER)]
        return list(dict.fromkeys((self.field(layout.FROM), self.field(layout.TO))))

    @property
    def ends(self) -> Ends:
        """Whose data got stuck, or who reset the connection, and whom that was for, each by address and port."""
        names = ("sender", "sender_port", "receiver", "receiver_port")
        sender, sender_port, receiver, receiver_port = (self.rows.value(self.row, name) for name in names)
        return sender, sender_port, receiver, receiver_port

    @property
    def sides(self) -> tuple[Side, Side]:
        """What the translation of one of its addresses leaves of a connection: the other address, and both ports."""
        sender, sender_port, receiver, receiver_port = self.ends
        return ("sender", sender, sender_port, receiver_port), ("receiver", receiver, sender_port, receiver_port)

    @property
    def answering(self) -> frozenset[str]:
        """The columns by which a rule decides whether what became of it is a fault."""
        return TELLING.get(self.outcome, frozenset())

    @property
    def often(self) -> str:
        """How often data was sent that got stuck."""
        return f" (sent {self.field(layout.ATTEMPTS)} times over {self._lasted})"

    @property
    def _lasted(self) -> str:
        return format_duration(self.field(layout.LASTED))

    @classmethod
    def unheard(cls) -> str:
        """That no acknowledgement came, as the end of a sentence."""
        return f"{does('get', cls.several)} {cls.silence}"

    @property
    def is_missing(self) -> bool:
        """Whether what got stuck was never recorded, while later data was, and the receiver goes on asking for it."""
        return self.field(layout.OUTCOME) == layout.MISSING

    @property
    def fate(self) -> str | None:
        """What became of data that got stuck, as the end of a sentence; None if none did."""
        if self.is_missing:
            return f"never arrives here ({self.field(layout.SIZE)} bytes missing for {self._lasted})"
        return f"{self.unheard()}{self.often}" if self.field(layout.OUTCOME) == layout.STALLED else None

    @property
    def course(self) -> str | None:
        """How data got stuck, in the words of an observation; None if none did."""
        port = self.rows.value(self.row, "sender_port")
        source = f"from port {port}" if isinstance(port, int) else "from a port that is not known"
        if self.is_missing:
            return f"{source} were not recorded, and after {self._lasted} the receiver still asks for them"
        if self.field(layout.OUTCOME) != layout.STALLED:
            return None
        return f"sent {self.field(layout.ATTEMPTS)}x over {self._lasted} {source}, never acknowledged"
