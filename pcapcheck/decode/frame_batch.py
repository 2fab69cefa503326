"""Frame batches: what the decoding loop makes of one record batch, and where its fields are."""

from __future__ import annotations

from array import array

import msgspec

from pcapcheck.asked_question import AskedOf, nothing_asked
from pcapcheck.capture.record import AddressOf
from pcapcheck.values import address_of


class FrameBatch(msgspec.Struct):
    """The decoded content of one record batch.

    Field ``f`` of frame row ``r`` is ``rows[f * field_step + r]``, of sightings likewise. Field ``f`` of echo event
    ``e`` is ``events[e * EVENT_FIELDS + f]``, of segments, messages, errors and ``groups`` (all met so far) likewise
    (see ``frame_layout``).
    """

    rows: array[int]
    field_step: int
    count: int
    events: array[int]
    event_count: int
    sightings: array[int] = msgspec.field(default_factory=lambda: array("q"))
    sighting_count: int = 0
    segments: array[int] = msgspec.field(default_factory=lambda: array("q"))
    segment_count: int = 0
    messages: array[int] = msgspec.field(default_factory=lambda: array("q"))
    message_count: int = 0
    address_of: AddressOf = address_of
    groups: array[int] = msgspec.field(default_factory=lambda: array("q"))
    errors: array[int] = msgspec.field(default_factory=lambda: array("q"))
    error_count: int = 0
    asked_of: AskedOf = nothing_asked

    def sighting_field(self, number: int) -> memoryview:
        """A field of all sightings, valid until the next batch is decoded."""
        start = number * self.field_step
        return memoryview(self.sightings)[start : start + self.sighting_count]

    def field(self, number: int) -> array[int]:
        start = number * self.field_step
        return self.rows[start : start + self.count]
