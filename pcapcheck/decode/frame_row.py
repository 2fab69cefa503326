"""The row of the table ``frames`` as an object: one frame with the early columns as attributes."""

from __future__ import annotations

from typing import ClassVar

from pcapcheck.capture.scan_layout import ABSENT_TIME
from pcapcheck.columns import COLUMNS
from pcapcheck.decode import frame_layout
from pcapcheck.raw_rows import RowView
from pcapcheck.table_names import FRAMES


class FrameRow(RowView, frozen=True):
    """One frame; the positions of its numbers are those of ``frame_layout``."""

    by_attribute: ClassVar = {column.attribute: name for name, column in COLUMNS[FRAMES].items() if not column.late}
    outcome: str = ""

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
