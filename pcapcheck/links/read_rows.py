"""Reads one capture again for every row of one of its tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

from pcapcheck.capture.rotated_set import Captured
from pcapcheck.decode.decoder import Decoder
from pcapcheck.decode.frame_fields import raw_frames
from pcapcheck.exchanges.capture_exchanges import Exchanges, Finished
from pcapcheck.links.read_capture import Reading
from pcapcheck.raw_rows import RawRows
from pcapcheck.table_names import FRAMES, PAIRED, TRANSFERS


def read_rows(source: Captured, reading: Reading, table: str, batches_read: int | None = None) -> Iterator[RawRows]:
    """Every row of a table of frames or exchanges, in order, in batches, each valid until the next is asked for.

    ``batches_read``: read only this number of batches of records, as if the capture ended there.
    """
    batches = (
        _frames(source, reading, batches_read) if table == FRAMES else _exchanges(source, reading, table, batches_read)
    )
    return (rows for rows in batches if rows.count)


def _frames(source: Captured, reading: Reading, batches_read: int | None) -> Iterator[RawRows]:
    decoder = Decoder(True, reading.scope.since, reading.scope.until, with_sums=True)
    with reading.open(source) as reader:
        for records in islice(reader.batches(), batches_read):
            yield raw_frames(decoder.decode(records))


def _exchanges(source: Captured, reading: Reading, table: str, batches_read: int | None) -> Iterator[RawRows]:
    decoder = Decoder(False, reading.scope.since, reading.scope.until)
    every = table in PAIRED
    waits = reading.arp_wait, reading.echo_wait, reading.dns_wait
    exchanges = Exchanges(reading.gateways, *waits, every, decoder.macs, every_transfer=table == TRANSFERS)
    try:
        with reading.open(source) as reader:
            for records in islice(reader.batches(), batches_read):
                yield from _of(table, exchanges.feed(decoder.decode(records)))
    finally:
        exchanges.close()
    yield from _of(table, exchanges.finish(decoder.groups(), reader.frames))


def _of(table: str, finished: Iterable[Finished]) -> Iterator[RawRows]:
    return (rows for name, rows, _ in finished if name == table and isinstance(rows, RawRows))
