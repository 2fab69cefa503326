"""Tables of packets, a line for each: what tshark prints with -T fields, and what Wireshark exports as CSV."""

from __future__ import annotations

import csv
import re
from itertools import zip_longest

from msgspec import Struct, field

from pcapcheck.capture.text.dissected_fields import COLUMNS, NUMBER, Fields, in_words, known_name, number_in
from pcapcheck.capture.text.names import PrintedAddresses, mac_of
from pcapcheck.capture.text.packet_list import packet_in, stamp_in
from pcapcheck.capture.text.printed_packet import Datagram, PrintedPacket

# More of a line is not looked at.
MOST_CHARACTERS = 1 << 14
MOST_COLUMNS = 256
# The name of a field, as the header has it.
_NAME = re.compile(r"[a-z_]\w{0,40}(?:\.\w{1,60}){1,6}\.?")
_EXPORTED = re.compile(r'"No\.","Time",.{0,400}"Info"')
# Columns that say whether a line is a row at all.
_CERTAIN = (
    *(NUMBER, "time", "frame.time_epoch", "frame.time_relative", "frame.time_delta"),
    *("ip.src", "ip.dst", "eth.src", "arp.opcode", "icmp.type", "ipv6.src"),
)
# With any of these the fields tell more than the words of the packet list.
_DISSECTED = ("frame.protocols", "arp.opcode", "icmp.type", "icmpv6.type", "tcp.flags", "tcp.srcport", "udp.srcport")
# What separates values of a field that occurs several times.
AGGREGATOR = ","


class Row(Struct):
    """A line of a table; ``fields`` is None where its columns cannot be distinguished."""

    fields: Fields | None
    words: str


class PacketTables(Struct):
    """The table that the lines of a text belong to, once its columns are known: by a header, or by the command."""

    columns: list[str | None] = field(default_factory=list)
    separator: str = "\t"
    # Whether the columns were printed in quotes, as CSV has them.
    quoted: bool = False

    def begin(self, names: tuple[str, ...], separator: str) -> None:
        """Take the columns of a command."""
        self.columns = [known_name(name) for name in names[:MOST_COLUMNS]]
        self.separator, self.quoted = separator, False

    def heads(self, line: str) -> bool:
        """Whether a line is the header of a table, which begins here."""
        text = line[:MOST_CHARACTERS].strip()
        if _EXPORTED.match(text):
            titles = next(csv.reader([text]))
            self.columns = [COLUMNS.get(title.lower()) for title in titles]
            self.separator, self.quoted = ",", True
            return True
        separator = next((mark for mark in "\t,;|" if mark in text), "")
        names = [name.strip(' "') for name in (text.split(separator) if separator else text.split())]
        if len(names) < 2 or len(names) > MOST_COLUMNS or not all(map(_NAME.fullmatch, names)):
            return False
        columns = [known_name(name) for name in names]
        if sum(column is not None for column in columns) < 2:
            return False
        self.columns, self.separator, self.quoted = columns, separator, text.startswith('"')
        return True

    def row(self, line: str) -> Row | None:
        """The row that a line is; None if it is none of the table."""
        if not self.columns:
            return None
        text = line[:MOST_CHARACTERS].rstrip("\r\n")
        cells = self._cells(text)
        if cells is None:
            return None
        fields: Fields = {}
        for name, cell in zip_longest(self.columns, cells[: len(self.columns)]):
            if name is not None and cell and name not in fields:
                fields[name] = self._values(name, cell)
        if not self._is_row(fields, cells):
            return None
        return Row(fields if len(cells) <= len(self.columns) else None, in_words(fields) or text.strip())

    def _cells(self, text: str) -> list[str] | None:
        """A line in its cells; None if it has none."""
        if self.separator == "":
            cells = text.split(None, len(self.columns) - 1 if self.columns[-1] == "info" else -1)
            # Blanks that separate hide which columns are empty.
            return cells if len(cells) == len(self.columns) else None
        if self.separator not in text:
            return None
        quote = next((mark for mark in "\"'" if text.startswith(mark) or self.separator + mark in text), None)
        if quote is not None and (self.quoted or text.endswith((quote, self.separator))):
            # tshark prints the header without the quotes of the rows (-E quote).
            try:
                cells = next(csv.reader([text], delimiter=self.separator, quotechar=quote), [])
            except csv.Error:
                return None
        else:
            cells = text.split(self.separator)
        if self.separator != "\t" and len(cells) < len(self.columns):
            return None
        return cells

    def _values(self, name: str, cell: str) -> list[str]:
        if "." not in name or name in ("frame.time", "frame.time_utc", "dns.qry.name") or self.separator == AGGREGATOR:
            return [cell.strip()]
        return [value.strip() for value in cell.split(AGGREGATOR)]

    def _is_row(self, fields: Fields, cells: list[str]) -> bool:
        """Whether the cells hold what their columns are for; a packet without any of the fields is a row of blanks."""
        if not any(cell.strip() for cell in cells):
            return True
        for name in _CERTAIN:
            if name in fields:
                return _fits(name, fields[name][0])
        return len(cells) == len(self.columns)


def _fits(name: str, value: str) -> bool:
    if name in (NUMBER, "arp.opcode", "icmp.type"):
        return number_in(value) is not None
    if name == "eth.src":
        return value.count(":") == 5
    if name.startswith("ip"):
        return "." in value or ":" in value
    # Recorders with several queues step back, so that a time since the first packet may be negative.
    return stamp_in(value.removeprefix("-")) is not None or ":" in value


def listed(fields: Fields, addresses: PrintedAddresses) -> PrintedPacket | None:
    """The packet that the columns of the packet list tell; None if they are not among the fields."""
    if "info" not in fields or "protocol" not in fields or any(name in fields for name in _DISSECTED):
        return None
    source, destination = (
        next((fields[name][0] for name in names if name in fields), "")
        for names in (("source", "ip.src", "ipv6.src", "eth.src"), ("destination", "ip.dst", "ipv6.dst", "eth.dst"))
    )
    packet = packet_in(source, destination, fields["protocol"][0], fields["info"][0], addresses)
    packet.length = number_in(fields.get("frame.len", [None])[0])
    for name in ("eth.src", "eth.dst"):
        if len(fields.get(name, ())) == 1:
            setattr(packet, name.replace(".", "_"), mac_of(fields[name][0]))
    if isinstance(packet.body, Datagram) and len(fields.get("ip.ttl", ())) == 1:
        packet.body.ttl = number_in(fields["ip.ttl"][0])
    return packet
