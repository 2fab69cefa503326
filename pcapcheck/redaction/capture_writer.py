"""Write a redacted capture: pcap as pcap, pcapng as pcapng; what is damaged is left out and counted as lost packets."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterator
from typing import BinaryIO

from pcapcheck.capture import pcapng_blocks, scan_layout
from pcapcheck.capture.pcap import PcapReader
from pcapcheck.capture.record import Interface, Reader, RecordBatch
from pcapcheck.capture.source import Source
from pcapcheck.redaction.frame_redaction import redact_frame
from pcapcheck.redaction.mapping import Mapping
from pcapcheck.values import MAPPED, is_ipv4
from pcapcheck.version import __version__

APPLICATION = "pcapcheck "
_WORD = 0xFFFFFFFF
_MICROSECONDS, _NANOSECONDS = 0xA1B2C3D4, 0xA1B23C4D
_SHOWS_FCS = 1 << 26
# A frame: the number of its interface, its time in nanoseconds, its direction, its bytes, its length on the wire.
_Frame = tuple[int, int, int, bytes, int]


def write_capture(source: Source, stream: BinaryIO, mapping: Mapping, redact_text: Callable[[str], str]) -> list[str]:
    """Write what a capture becomes, and return what is wrong with it.

    ``redact_text`` is for names and descriptions of interfaces. Raises CaptureError if the capture cannot be read.
    """
    with source.open() as reader:
        is_pcap = isinstance(reader, PcapReader)
        stream.writelines(_pcap(reader, mapping) if is_pcap else _pcapng(reader, mapping, redact_text))
        missing = any(interface.missing for interface in reader.interfaces)
        problems = [problem.message for problem in reader.problems]
    if is_pcap and missing:
        # Only pcapng can say how many packets are missing.
        stream.seek(0)
        stream.truncate()
        with source.open() as reader:
            stream.writelines(_pcapng(reader, mapping, redact_text))
    return problems


# Names of hosts in a filter (pcap-filter(7)).
_HOST = re.compile(r"\b((?:host|net|gateway) )([A-Za-z][\w.-]*)")


def _frames(batch: RecordBatch, mapping: Mapping) -> Iterator[_Frame]:
    fields = batch.matrix
    for row in range(batch.count):
        at = row * scan_layout.FIELDS
        start, captured = fields[at + scan_layout.OFFSET], fields[at + scan_layout.CAPTURED]
        length = max(captured, fields[at + scan_layout.LENGTH])
        number = fields[at + scan_layout.INTERFACE]
        interface = batch.interfaces[number]
        data = bytes(batch.buffer[start : start + captured])
        new = redact_frame(data, interface.link_type, length, interface.fcs_bytes, mapping)
        yield number, fields[at + scan_layout.TIME], fields[at + scan_layout.DIRECTION], new, length


def _pcap(reader: PcapReader | Reader, mapping: Mapping) -> Iterator[bytes]:
    interface = reader.interfaces[0]
    exact = bool(getattr(reader, "nanoseconds", False))
    link = interface.link_type
    if interface.fcs_bytes:
        link |= _SHOWS_FCS | interface.fcs_bytes // 2 << 28
    magic = _NANOSECONDS if exact else _MICROSECONDS
    yield struct.pack("<IHHiIII", magic, 2, 4, 0, 0, interface.snaplen, link)
    for batch in reader.batches():
        for _number, time, _direction, data, length in _frames(batch, mapping):
            seconds, rest = divmod(max(0, time), pcapng_blocks.SECOND)
            ticks = rest if exact else rest // 1000
            yield struct.pack("<4I", seconds & _WORD, ticks, len(data), length) + data


def _pcapng(reader: Reader, mapping: Mapping, redact_text: Callable[[str], str]) -> Iterator[bytes]:
    yield pcapng_blocks.section(f"{APPLICATION}{__version__}", "redacted")
    described = 0
    latest: dict[int, int] = {}
    for batch in reader.batches():
        yield from _described(reader.interfaces[described:], mapping, redact_text)
        described = len(reader.interfaces)
        for number, time, direction, data, length in _frames(batch, mapping):
            if time == scan_layout.ABSENT_TIME and number == 0:
                yield pcapng_blocks.simple_packet(data, length)
                continue
            latest[number] = max(0, time)
            yield pcapng_blocks.packet(number, latest[number], data, length, direction)
    yield from _described(reader.interfaces[described:], mapping, redact_text)
    for interface in reader.interfaces:
        if interface.missing:
            yield pcapng_blocks.statistics(interface.number, latest.get(interface.number, 0), interface.missing)
    names = getattr(reader, "names", None)
    resolved = names.resolved if names is not None else {}
    yield from (
        pcapng_blocks.name_record(
            mapping.ipv4(address ^ MAPPED) | MAPPED if is_ipv4(address) else mapping.ipv6(address), mapping.name(name)
        )
        for address, name in resolved.items()
    )


def _described(interfaces: list[Interface], mapping: Mapping, redact_text: Callable[[str], str]) -> Iterator[bytes]:
    for interface in interfaces:
        yield pcapng_blocks.interface(
            interface.link_type,
            interface.snaplen,
            interface.name and redact_text(interface.name),
            redact_text(interface.description) if interface.pod and interface.description else "",
            interface.filter and redact_text(_HOST.sub(lambda host: host[1] + mapping.name(host[2]), interface.filter)),
            interface.fcs_bytes,
        )
