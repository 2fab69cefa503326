"""Raw rows: each field gives, row by row, the value that the row as an object has."""

from __future__ import annotations

import pytest

from pcapcheck.columns import COLUMNS
from pcapcheck.decode import frame_layout
from pcapcheck.decode.decoder import Decoder
from pcapcheck.decode.frame_fields import raw_frames
from pcapcheck.exchanges.raw_tables import RAW_TABLES
from pcapcheck.raw_rows import Wording
from pcapcheck.values import Value
from tests.support.lab import CAPTURES
from tests.support.raw_batches import all_data, batches
from tests.support.reading import open_bytes


@pytest.mark.parametrize("table", RAW_TABLES)
def test_every_early_column_lies_somewhere(table: str) -> None:
    assert set(RAW_TABLES[table].columns) == {name for name, column in COLUMNS[table].items() if not column.late}


@pytest.mark.parametrize("data", all_data())
def test_fields_hold_what_objects_hold(data: bytes) -> None:
    # A text is made once of all rows that are alike in the fields that it is said to be of.
    texts: dict[tuple[Value | None, ...], Value | None] = {}
    for rows in batches(data):
        columns = [COLUMNS[rows.table][name] for name in rows.fields.columns]
        for number, row in enumerate(rows):
            found = {column.name: rows.value(number, column.name) for column in columns}
            held = {column.name: getattr(row, column.attribute) for column in columns}
            assert {name: (value, type(value)) for name, value in found.items()} == {
                name: (value, type(value)) for name, value in held.items()
            }
            assert rows.fields.group.value(rows, number) == row.group
            assert rows.fields.outcome is None or rows.fields.outcome.value(rows, number) == row.outcome
            for name, field in rows.fields.columns.items():
                if isinstance(field, Wording):
                    alike = (rows.table, name, *(part.value(rows, number) for part in field.of))
                    assert texts.setdefault(alike, found[name]) == found[name]


def test_each_frame_is_the_right_one() -> None:
    kept = []
    for records in open_bytes((CAPTURES / "outside-prohibits" / "eth0.pcap").read_bytes()).batches():
        batch = Decoder(keep_all=True).decode(records)
        kept += [row.frames for row in raw_frames(batch)]
        assert kept == [[number] for number in batch.field(frame_layout.NUMBER)]
    assert len(kept) > 1
