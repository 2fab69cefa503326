"""The row of the table ``frames`` as an object: one frame with the early columns as attributes."""

from __future__ import annotations

from msgspec import Struct

from pcapcheck.capture.scan_layout import ABSENT_TIME
from pcapcheck.columns import COLUMNS
from pcapcheck.decode import frame_layout
from pcapcheck.raw_rows import RawRows
from pcapcheck.table_names import FRAMES
from pcapcheck.values import Value

BY_ATTRIBUTE = {column.attribute: name for name, column in COLUMNS[FRAMES].items() if not column.late}


class FrameRow(Struct, frozen=True):
    """A row of a batch of raw rows; its early columns are its attributes, absent ones None."""

    rows: RawRows
    row: int
    outcome: str = ""

    def __getattr__(self, name: str) -> Value | None:
        if name in BY_ATTRIBUTE:
            return self.rows.value(self.row, BY_ATTRIBUTE[name])
        raise AttributeError(name)

    def field(self, number: int) -> int:
        """A number of the row (``frame_layout``)."""
        return self.rows.number(self.row, number)

    @property
    def group(self) -> int:
        return self.field(frame_layout.GROUP)

    @property
    def frames(self) -> list[int]:
        return [self.field(frame_layout.NUMBER)]

    @property
    def time(self) -> int | None:
        value = self.field(frame_layout.TIME)
        return None if value == ABSENT_TIME else value
