"""Compare our pairing of echo requests and replies with tshark's (-2), at each capture point by itself.

tshark pairs over all interfaces of a capture at once, so a capture of several points is cut into one for each.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from fixtures.made.containers import NANOSECONDS, Packet, pcap
from pcapcheck.decode.decoder import Decoder
from pcapcheck.decode.frame_layout import IFINDEX, INTERFACE
from pcapcheck.exchanges.echo_row import EchoRow
from pcapcheck.exchanges.paired_exchanges import PairedExchanges
from pcapcheck.exchanges.question_row import QuestionRow
from pcapcheck.raw_rows import RawRows
from tests.support.meant import Difference
from tests.support.reading import Record, frame_rows, open_bytes, read_bytes
from tests.support.tshark import dissect

# The type of a request, by protocol.
REQUESTS = {"icmp": 8, "icmpv6": 128}
LONGEST_WAIT = 1 << 62
DNS_WAIT = 5_000_000_000

Fields = Mapping[str, str]


@dataclass(frozen=True)
class Pairing:
    """Our echoes of a capture by the number of their request, and which frames are ICMP echoes to us at all."""

    echoes: dict[int, EchoRow]
    read: set[int]
    points: dict[tuple[int, int], list[int]]


@dataclass(frozen=True)
class Against(Difference):
    """A request whose reply is another to tshark than to us, with all that both say of its capture point.

    The field is "reply", or "request" where it is no request of its own to us. ``theirs`` and ``ours`` are the
    numbers of replies.
    """

    pairing: Pairing
    packets: Mapping[int, Fields]
    # Which request has a reply, to tshark.
    takers: Mapping[object, int]

    @property
    def request(self) -> Fields:
        return self.packets[self.frame]


def pair(data: bytes) -> Pairing:
    """Every echo of a capture that is held in memory."""
    reader = open_bytes(data)
    decoder = Decoder(keep_all=True)
    echoes = PairedExchanges(LONGEST_WAIT, DNS_WAIT, True, decoder.macs)
    done: list[QuestionRow] = []
    read = set()
    points: dict[tuple[int, int], list[int]] = {}
    for records in reader.batches():
        batch = decoder.decode(records)
        for row in frame_rows(batch):
            points.setdefault((row.field(INTERFACE), row.field(IFINDEX)), []).append(row.frames[0])
            if row.icmp_seq is not None:
                read.add(row.frames[0])
        done += objects(echoes.feed(batch))
    done += objects(echoes.finish(array("q", bytes(8 * len(decoder.groups()))), reader.frames))
    return Pairing({row.frames[0]: row for row in done if isinstance(row, EchoRow)}, read, points)


def objects(finished: Iterable[RawRows]) -> list[QuestionRow]:
    """Finished exchanges as objects, made before the next are."""
    return [row for rows in finished for row in rows if isinstance(row, QuestionRow)]


@cache
def compare(path: Path) -> tuple[Against, ...]:
    """Every request that is not paired as tshark pairs it."""
    data = path.read_bytes()
    packets = _packets(path)
    if not any(_is_request(fields) for fields in packets):
        return ()
    pairing = pair(data)
    if len(pairing.points) == 1:
        return tuple(_compare(pairing, dict(enumerate(packets, 1))))
    records = read_bytes(data)
    found: list[Against] = []
    with TemporaryDirectory() as folder:
        for (interface, _ifindex), numbers in pairing.points.items():
            if any(_is_request(packets[number - 1]) for number in numbers):
                alone = Path(folder, f"{path.name}-{numbers[0]}.pcap")
                link = records.interfaces[interface].link_type
                alone.write_bytes(_capture([records.records[number - 1] for number in numbers], link))
                found += _compare(pairing, dict(zip(numbers, _packets(alone, numbers), strict=True)))
    return tuple(found)


def _packets(path: Path, numbers: list[int] | None = None) -> list[Fields]:
    """tshark's packets; the numbers of replies are those that the frames had in the capture they come from."""
    packets = [fields for fields in dissect(path).frames if "frame.encap_type" in fields]
    known = {fields["frame.number"]: numbers[at] if numbers else at + 1 for at, fields in enumerate(packets)}
    named = ("icmp.resp_in", "icmpv6.resp_in")
    return [{**fields, **{name: str(known[fields[name]]) for name in named if name in fields}} for fields in packets]


def _capture(records: list[Record], link: int) -> bytes:
    # pcap has 32 bits of seconds; for pairing the order of packets is enough.
    times = [divmod((record.time or 0) % (10**9 << 32), 10**9) for record in records]
    packets = [Packet(record.data, *time, record.length) for record, time in zip(records, times, strict=True)]
    return pcap(packets, magic=NANOSECONDS, link=link)


def _is_request(fields: Fields) -> bool:
    return any(fields.get(f"{name}.type") == str(kind) for name, kind in REQUESTS.items())


def _reply(fields: Fields) -> int | None:
    number = fields.get("icmp.resp_in", fields.get("icmpv6.resp_in"))
    return int(number) if number else None


def _compare(pairing: Pairing, packets: Mapping[int, Fields]) -> Iterator[Against]:
    takers: dict[object, int] = {_reply(fields): number for number, fields in packets.items() if _reply(fields)}
    requests = {number for number, fields in packets.items() if _is_request(fields)}
    for number in sorted(requests | (pairing.echoes.keys() & packets.keys())):
        theirs = _reply(packets[number])
        echo = pairing.echoes.get(number)
        if echo is None or number not in requests:
            yield Against(number, "request", echo and echo.outcome, theirs, pairing, packets, takers)
        else:
            ours = echo.frames[1] if echo.replies else None
            if ours != theirs:
                yield Against(number, "reply", ours, theirs, pairing, packets, takers)
