"""Reads one capture again for every row of one of its tables."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator

from pcapcheck.capture.rotated_set import Captured
from pcapcheck.capture.scan_layout import ABSENT_TIME
from pcapcheck.decode.decoder import Decoder
from pcapcheck.decode.frame_fields import raw_frames
from pcapcheck.exchanges.capture_exchanges import Exchanges, Finished, last_heard
from pcapcheck.exchanges.echoes import Echoes
from pcapcheck.links.read_capture import Reading
from pcapcheck.raw_rows import RawRows, TableRow
from pcapcheck.table_names import ANSWERS, ARP, FRAMES


def read_rows(source: Captured, reading: Reading, table: str) -> Iterator[RawRows | list[TableRow]]:
    """Every row of a table of frames or exchanges, in order, in batches, each valid until the next is asked for."""
    batches = _frames if table == FRAMES else _resolutions if table in (ARP, ANSWERS) else _questions
    for rows in batches(source, reading, table):
        if isinstance(rows, list) or rows.count:
            yield rows


def _frames(source: Captured, reading: Reading, _table: str) -> Iterator[RawRows]:
    decoder = Decoder(True, reading.scope.since, reading.scope.until)
    with source.open(reading.batch_frames) as reader:
        for records in reader.batches():
            yield raw_frames(decoder.decode(records))


def _questions(source: Captured, reading: Reading, table: str) -> Iterator[RawRows]:
    decoder = Decoder(False, reading.scope.since, reading.scope.until)
    echoes = Echoes(reading.echo_wait, reading.dns_wait, True, decoder.macs)
    with source.open(reading.batch_frames) as reader:
        for records in reader.batches():
            yield from _of(table, echoes.feed(decoder.decode(records)))
    groups = decoder.groups()
    heard = last_heard(groups)
    by_group = array("q", [heard.get(group.point, ABSENT_TIME) for group in groups])
    yield from _of(table, echoes.finish(by_group, reader.frames, reading.gateways))


def _of(table: str, batches: Iterable[RawRows]) -> Iterator[RawRows]:
    return (rows for rows in batches if rows.table == table)


def _resolutions(source: Captured, reading: Reading, table: str) -> Iterator[list[TableRow]]:
    decoder = Decoder(False, reading.scope.since, reading.scope.until)
    exchanges = Exchanges(reading.gateways, reading.arp_wait, reading.echo_wait, reading.dns_wait, False, decoder.macs)

    def taken(finished: Iterable[Finished]) -> list[TableRow]:
        return [row for name, row, _ in finished if name == table]

    try:
        with source.open(reading.batch_frames) as reader:
            for records in reader.batches():
                yield taken(exchanges.feed(decoder.decode(records)))
    finally:
        exchanges.close()
    yield taken(exchanges.finish(decoder.groups(), reader.frames))
