"""Packets in a text whose fields have names: tshark's JSON, XML, tables and details, Wireshark's packet list as CSV."""

from __future__ import annotations

from pcapcheck.capture.record import Text
from pcapcheck.capture.text.banner import Described
from pcapcheck.capture.text.dissected import packet_of
from pcapcheck.capture.text.dissected_fields import NUMBER, Fields, FieldTimes, in_words, number_in
from pcapcheck.capture.text.json_packets import JsonPackets, PrintedObject
from pcapcheck.capture.text.names import PrintedAddresses
from pcapcheck.capture.text.packet_list import ListedPacket
from pcapcheck.capture.text.packet_tables import PacketTables, listed
from pcapcheck.capture.text.printed_packet import PrintedPacket
from pcapcheck.capture.text.verbose_packets import VerbosePackets
from pcapcheck.capture.text.xml_packets import XmlPackets


class DissectedText:
    """Finds such packets in the lines of one text."""

    def __init__(self, addresses: PrintedAddresses) -> None:
        self._addresses = addresses
        self._objects = JsonPackets()
        self._elements = XmlPackets()
        self._table = PacketTables()
        self._verbose = VerbosePackets()
        self._times = FieldTimes()

    def begin(self, described: Described) -> None:
        """Another capture begins, printed by a command that may have named the fields."""
        self._table.begin(described.columns, described.separator)
        self._times = FieldTimes()

    def take(self, number: int, line: str) -> list[ListedPacket] | None:
        """The packets that end in a line; None if the line is of no such form."""
        objects = self._objects.take(number, line)
        if objects is not None:
            return self._of_objects(objects)
        elements = self._elements.take(number, line)
        if elements is not None:
            return self._of_objects(elements)
        if self._verbose.take(number, line):
            return self._finished()
        if self._table.heads(line):
            self._times = FieldTimes()
            return []
        row = self._table.row(line)
        return None if row is None else [self._of_fields(row.fields, Text(number, number, row.words))]

    def close(self) -> list[ListedPacket]:
        """The packet that was cut at the end of the text."""
        self._verbose.close()
        return [*self._finished(), *self._of_objects([*self._objects.close(), *self._elements.close()])]

    def _finished(self) -> list[ListedPacket]:
        return [
            self._of_fields(fields, Text(first, last, in_words(fields)))
            for fields, first, last in self._verbose.finished()
        ]

    def _of_objects(self, found: list[PrintedObject]) -> list[ListedPacket]:
        return [packet for each in found if (packet := self._of_object(each)) is not None]

    def _of_object(self, found: PrintedObject) -> ListedPacket | None:
        if found.damaged:
            return self._of_fields(None, Text(found.first, found.last, "a packet that is damaged, or not all there"))
        if found.fields is None:
            return None
        return self._of_fields(found.fields, Text(found.first, found.last, in_words(found.fields)))

    def _of_fields(self, fields: Fields | None, text: Text) -> ListedPacket:
        if fields is None:
            return ListedPacket(PrintedPacket(understood=False), None, None, text)
        packet = listed(fields, self._addresses) or packet_of(fields, self._addresses)
        number = number_in(fields.get(NUMBER, [None])[0])
        return ListedPacket(packet, number, self._times.take(fields), text)
