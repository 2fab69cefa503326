"""Frame columns: decodes record batches.

In: record batches. Out: frame batches and, over the whole capture, frame groups.
"""

from __future__ import annotations

from array import array

from pcapcheck.capture.record import AddressOf, Interface, RecordBatch
from pcapcheck.decode import decode_loop, error_frame, frame, frame_layout, stream_layout
from pcapcheck.decode.asked_questions import AskedQuestions
from pcapcheck.decode.decoded_links import LINKS
from pcapcheck.decode.frame_batch import FrameBatch
from pcapcheck.decode.frame_group import FrameGroup, group_of, macs_of
from pcapcheck.reserved import zeros
from pcapcheck.values import address_of

MOST_GROUPS = 1 << 14
# Address pairs that are numbered while packets are followed from link to link.
MOST_PAIRS = 1 << 14
# The events of this many batches are kept, so that echoes can be paired while the next batches are decoded.
EVENTS_KEPT = 4
# A batch has room for this many events beyond one per frame: a segment may hold several messages of DNS.
MORE_EVENTS = 1 << 10
DISTANT = 1 << 62
# Columns of rows are a cache line further apart than a power of two, else all of them would want the same few lines.
APART = 8


class Decoder:
    """Decodes one capture's record batches; ``keep_all`` keeps a row for every frame.

    ``since`` and ``until`` (nanoseconds) bound what is decoded; frames without a time are always in. ``with_sums``:
    whether the checksums of rows are computed. ``few``: no more than this many frames are decoded, which takes less
    room.
    """

    def __init__(
        self,
        keep_all: bool = False,
        since: int | None = None,
        until: int | None = None,
        *,
        with_sums: bool = False,
        few: int = MOST_GROUPS,
    ) -> None:
        # A frame adds one group at most; the first is there before.
        self._most_groups = min(MOST_GROUPS, 1 << few.bit_length())
        self.keep_all = keep_all
        self.with_sums = with_sums
        self.since = -DISTANT * 2 if since is None else since
        self.until = DISTANT * 2 - 1 if until is None else until
        self._groups = zeros(frame_layout.GROUP_FIELDS * self._most_groups)
        self._slots = array("q", [-1]) * (2 * self._most_groups)
        self._state = array("q", bytes(8 * frame_layout.STATE_SIZE))
        # Group 0 belongs to no sender: it takes the frames that find no group when there are too many groups.
        self._groups[frame_layout.G_IFINDEX] = self._groups[frame_layout.G_SRC] = self._groups[frame_layout.G_DST] = (
            frame_layout.ABSENT
        )
        self._groups[frame_layout.G_KIND] = 2 * frame_layout.KIND_DIRECTION
        self._state[frame_layout.S_GROUPS] = 1
        self._error = error_frame.ErrorFrame()
        self._address_of: AddressOf = address_of
        # What is said over TCP to a port of DNS and from there, and the beginnings of its messages.
        self._streams = zeros(stream_layout.FIELDS * stream_layout.STREAMS)
        self._held = bytearray(stream_layout.HOLD * stream_layout.STREAMS)
        self._asked = AskedQuestions()
        self._links = array("q")
        self._rows = array("q")
        self._events: list[array[int]] = []
        self._segments: list[array[int]] = []
        self._messages = array("q")
        self._errors = array("q")
        self._turn = 0
        # Whether sightings are written down, and which bits of a loose key leave one out.
        self.follow = False
        self.sample = 0
        self._address_pairs = array("q")
        self._pair_slots = array("i")
        self._sightings = array("q")

    @property
    def undecoded(self) -> int:
        """Frames whose link type is not decoded."""
        return self._state[frame_layout.S_UNDECODED]

    @property
    def passed_over(self) -> int:
        """Segments of DNS over TCP with more messages than there was room for."""
        return self._state[frame_layout.S_PASSED_OVER]

    @property
    def overflowed(self) -> int:
        """Frames counted in group 0 because there were too many groups."""
        return self._groups[frame_layout.G_COUNT]

    def decode(self, batch: RecordBatch) -> FrameBatch:
        """The rows of a batch, valid until the next is decoded; its events and segments, until EVENTS_KEPT more are.

        Messages and errors are valid as long as rows.
        """
        capacity = batch.capacity + APART
        if len(self._messages) != frame_layout.MESSAGE_FIELDS * capacity:
            if self.keep_all:
                self._rows = zeros(frame_layout.FIELDS * capacity)
            self._errors = zeros(frame_layout.ERROR_FIELDS * capacity)
            room = frame_layout.EVENT_FIELDS * (capacity + MORE_EVENTS)
            self._events = [zeros(room) for _ in range(EVENTS_KEPT)]
            self._segments = [zeros(frame_layout.SEGMENT_FIELDS * capacity) for _ in range(EVENTS_KEPT)]
            self._messages = zeros(frame_layout.MESSAGE_FIELDS * capacity)
        if self.follow and len(self._sightings) != frame_layout.SIGHTING_FIELDS * capacity:
            self._begin_following(capacity)
        self._add_links(batch.interfaces)
        self._address_of = batch.address_of
        state = self._state
        self._turn = (self._turn + 1) % EVENTS_KEPT
        events = self._events[self._turn]
        segments = self._segments[self._turn]
        decode_loop.decode_frames(
            frame.Frame(
                batch.buffer,
                self._groups,
                self._slots,
                events,
                segments,
                self._messages,
                self._errors,
                self._sightings,
                self._address_pairs,
                self._pair_slots,
                self._streams,
                self._held,
                self._asked.hashes,
                self._asked.slots,
                self._asked.names,
            ),
            batch.matrix,
            batch.count,
            batch.first_number,
            self._links,
            self.since,
            self.until,
            self.keep_all,
            self.with_sums,
            self._most_groups,
            self._rows,
            capacity,
            self.follow,
            self.sample,
            self._error,
            state,
        )
        return FrameBatch(
            self._rows,
            capacity,
            state[frame_layout.S_ROWS],
            events,
            state[frame_layout.S_EVENTS],
            self._sightings,
            state[frame_layout.S_SIGHTINGS],
            segments,
            state[frame_layout.S_SEGMENTS],
            self._messages,
            state[frame_layout.S_MESSAGES],
            batch.address_of,
            self._groups,
            self._errors,
            state[frame_layout.S_ERRORS],
            self._asked.of,
        )

    def address_pairs(self) -> list[tuple[int, int]]:
        """Source and destination of the address pairs met so far, as sightings number them; pair 0 is none."""
        rows = [
            self._address_pairs[n : n + frame_layout.PAIR_FIELDS]
            for n in range(0, self._state[frame_layout.S_PAIRS] * frame_layout.PAIR_FIELDS, frame_layout.PAIR_FIELDS)
        ]
        address_of = self._address_of
        return [(address_of(row[0], row[1]), address_of(row[2], row[3])) for row in rows]

    def macs(self, group: int) -> tuple[int | None, int | None]:
        """Source and destination MAC of a group's frames."""
        return macs_of(self._groups, group)

    def close(self) -> None:
        """Release unused room, now that nothing more is decoded; the groups stay."""
        del self._groups[self._state[frame_layout.S_GROUPS] * frame_layout.GROUP_FIELDS :]
        del self._slots[:]

    def groups(self) -> list[FrameGroup]:
        """All groups met so far, by the number in a row's GROUP field; the first is the overflow."""
        return [self.group(number) for number in range(self._state[frame_layout.S_GROUPS])]

    def group(self, number: int) -> FrameGroup:
        """A group met so far."""
        row = self._groups[number * frame_layout.GROUP_FIELDS : (number + 1) * frame_layout.GROUP_FIELDS]
        return group_of(row, self._address_of)

    def _begin_following(self, capacity: int) -> None:
        self._sightings = zeros(frame_layout.SIGHTING_FIELDS * capacity)
        if not self._address_pairs:
            self._address_pairs = zeros(frame_layout.PAIR_FIELDS * MOST_PAIRS)
            self._pair_slots = array("i", [-1]) * (2 * MOST_PAIRS)
            self._state[frame_layout.S_PAIRS] = 1

    def _add_links(self, interfaces: list[Interface]) -> None:
        for interface in interfaces[len(self._links) // 2 :]:
            link = (
                frame_layout.LINK_PRINTED
                if interface.printed
                else LINKS.get(interface.link_type, frame_layout.LINK_UNKNOWN)
            )
            self._links.extend([link, interface.fcs_bytes])
