"""Raw rows: each field gives, row by row, the value that the row as an object has."""

from __future__ import annotations

from array import array
from collections.abc import Iterator

import pytest

from pcapcheck.capture.scan_layout import ABSENT_TIME
from pcapcheck.columns import COLUMNS
from pcapcheck.decode.decoder import Decoder
from pcapcheck.decode.frame_fields import raw_frames
from pcapcheck.exchanges.paired_exchanges import PairedExchanges
from pcapcheck.exchanges.raw_tables import RAW_TABLES
from pcapcheck.raw_rows import RawRows, Wording
from pcapcheck.values import Value
from tests.support.captures import CALICO, LAB, MADE, TEXTS
from tests.support.reading import open_bytes

WAIT = 10**9
NAMES = b"""\
15:36:20.827 IP web-1.45942 > kube-dns.kube-system.svc.cluster.local.53: 27464+ A? example.org. (29)
15:36:20.828 IP web-1 > 10.0.0.7: ICMP echo request, id 3, seq 1, length 64
15:36:20.829 IP web-2 > web-1: ICMP web-3 unreachable - admin prohibited, length 92
\tIP web-1 > 10.0.0.7: ICMP echo request, id 3, seq 1, length 64
15:36:20.830 ARP, Request who-has 169.254.1.1 tell bogon, length 28
15:36:20.831 IP web-1.http > web-2.nosuchport: Flags [S], seq 1, win 64240, length 0
"""


def batches(data: bytes) -> Iterator[RawRows]:
    """All frames and finished exchanges of a capture, each batch valid until the next is asked for."""
    reader = open_bytes(data, batch_frames=64)
    decoder = Decoder(keep_all=True)
    echoes = PairedExchanges(WAIT, WAIT, True, decoder.macs)
    for records in reader.batches():
        frames = decoder.decode(records)
        yield raw_frames(frames)
        yield from echoes.feed(frames)
    yield from echoes.finish(array("q", [ABSENT_TIME] * len(decoder.groups())), reader.frames)


@pytest.mark.parametrize("table", RAW_TABLES)
def test_every_early_column_lies_somewhere(table: str) -> None:
    assert set(RAW_TABLES[table].columns) == {name for name, column in COLUMNS[table].items() if not column.late}


@pytest.mark.parametrize("data", [*(path.read_bytes() for path in (*MADE, *LAB, *CALICO, *TEXTS)), NAMES])
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
