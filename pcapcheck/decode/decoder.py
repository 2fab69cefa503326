"""Frame columns: decodes record batches and names the fields.

In: record batches. Out: frame batches and, over the whole capture, frame groups.
"""

from __future__ import annotations

from array import array

import msgspec

from pcapcheck.brief import Brief
from pcapcheck.capture.printed_layout import NO_MAC
from pcapcheck.capture.record import AddressOf, Interface, RecordBatch
from pcapcheck.capture.scan_layout import ABSENT_TIME
from pcapcheck.column_words import CARRIES, DIRECTIONS
from pcapcheck.decode import decode_loop, error_frame, frame, frame_layout, stream_layout
from pcapcheck.reserved import zeros
from pcapcheck.values import MAPPED, address_of

# LINKTYPE_ numbers (tcpdump.org/linktypes.html) that are decoded; 12 and 14 are RAW as some systems write it.
LINKS = {
    0: frame_layout.LINK_NULL,
    1: frame_layout.LINK_ETHERNET,
    12: frame_layout.LINK_RAW,
    14: frame_layout.LINK_RAW,
    101: frame_layout.LINK_RAW,
    108: frame_layout.LINK_LOOP,
    113: frame_layout.LINK_COOKED,
    228: frame_layout.LINK_RAW,
    229: frame_layout.LINK_RAW,
    276: frame_layout.LINK_COOKED2,
}
LINK_NAMES = {
    0: "NULL",
    1: "Ethernet",
    12: "RAW",
    14: "RAW",
    101: "RAW",
    105: "IEEE 802.11",
    108: "LOOP",
    113: "SLL",
    127: "radiotap",
    192: "PPI",
    228: "IPv4",
    229: "IPv6",
    239: "NFLOG",
    276: "SLL2",
}
COOKED = 113
COOKED2 = 276

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
HANDSHAKE = frame_layout.TCP_OPENS | frame_layout.TCP_GOES_ON


def link_name(link_type: int) -> str:
    return LINK_NAMES.get(link_type, f"link type {link_type}")


class FrameGroup(Brief, msgspec.Struct, frozen=True):
    """Frames alike in capture point, MACs, direction, what they carry and what their TTL says.

    ``sender`` is the source MAC or, of frames whose text shows none, a number that stands for the sender's address,
    which is ``address``. ``source`` is the IP source of the first frame; ``frames`` are the numbers of the first few;
    ``shakes_hands``: whether TCP connections began and went on; ``has_tcp``: whether any frame carries TCP. Too little
    of some frames was recorded to know which packet they are (``cut_packets``) or which address ARP or ND asks for
    (``cut_arp``).
    ``ip_src`` and ``ip_dst`` stand in the first frame's innermost IP header.
    """

    interface: int
    ifindex: int | None
    sender: int | None
    dst: int | None
    carries: str
    ttl: int
    direction: str | None
    count: int
    first: int | None
    last: int | None
    source: int | None
    frames: list[int]
    shakes_hands: bool
    has_tcp: bool = False
    cut_packets: bool = False
    cut_arp: bool = False
    ip_src: int | None = None
    ip_dst: int | None = None
    address: int | None = None

    @property
    def key(self) -> tuple[int | str | None, ...]:
        """What no other group of its capture has in common with it."""
        return self.interface, self.ifindex, self.sender, self.dst, self.carries, self.ttl, self.direction

    @property
    def src(self) -> int | None:
        """The source MAC."""
        return None if self.by_address else self.sender

    @property
    def by_address(self) -> bool:
        """Whether only the address of the sender is known."""
        return self.sender is not None and self.sender >= NO_MAC

    @property
    def point(self) -> tuple[int, int | None]:
        return self.interface, self.ifindex


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

    def sighting_field(self, number: int) -> memoryview:
        """A field of all sightings, valid until the next batch is decoded."""
        start = number * self.field_step
        return memoryview(self.sightings)[start : start + self.sighting_count]

    def field(self, number: int) -> array[int]:
        start = number * self.field_step
        return self.rows[start : start + self.count]


class Decoder:
    """Decodes one capture's record batches; ``keep_all`` keeps a row for every frame.

    ``since`` and ``until`` (nanoseconds) bound what is decoded; frames without a time are always in. ``with_sums``:
    whether the checksums of rows are computed.
    """

    def __init__(
        self, keep_all: bool = False, since: int | None = None, until: int | None = None, *, with_sums: bool = False
    ) -> None:
        self.keep_all = keep_all
        self.with_sums = with_sums
        self.since = -DISTANT * 2 if since is None else since
        self.until = DISTANT * 2 - 1 if until is None else until
        self._groups = zeros(frame_layout.GROUP_FIELDS * MOST_GROUPS)
        self._slots = array("q", [-1]) * (2 * MOST_GROUPS)
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
            ),
            batch.matrix,
            batch.count,
            batch.first_number,
            self._links,
            self.since,
            self.until,
            self.keep_all,
            self.with_sums,
            MOST_GROUPS,
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
        address_of = self._address_of
        kind = row[frame_layout.G_KIND]
        direction = kind // frame_layout.KIND_DIRECTION
        count = row[frame_layout.G_COUNT]
        first, last = row[frame_layout.G_FIRST], row[frame_layout.G_LAST]
        has_source = row[frame_layout.G_HAS_SOURCE]
        holds = row[frame_layout.G_HOLDS]
        has_ip = row[frame_layout.G_IP_VERSION]
        sender = absent(row[frame_layout.G_SRC])
        source = address_of(row[frame_layout.G_SOURCE_HIGH], row[frame_layout.G_SOURCE_LOW]) if has_source else None
        return FrameGroup(
            interface=row[frame_layout.G_INTERFACE],
            ifindex=absent(row[frame_layout.G_IFINDEX]),
            sender=sender,
            dst=absent(row[frame_layout.G_DST]),
            carries=CARRIES[kind % frame_layout.KIND_TTL],
            ttl=kind % frame_layout.KIND_DIRECTION // frame_layout.KIND_TTL,
            direction=DIRECTIONS[direction] if direction < len(DIRECTIONS) else None,
            count=count,
            first=None if first == ABSENT_TIME else first,
            last=None if last == ABSENT_TIME else last,
            source=source,
            shakes_hands=holds & HANDSHAKE == HANDSHAKE,
            has_tcp=bool(holds & HANDSHAKE),
            cut_packets=bool(holds & frame_layout.CUT_PACKET),
            cut_arp=bool(holds & frame_layout.CUT_ARP),
            ip_src=address_of(row[frame_layout.G_IP_SRC_HIGH], row[frame_layout.G_IP_SRC_LOW]) if has_ip else None,
            ip_dst=address_of(row[frame_layout.G_IP_DST_HIGH], row[frame_layout.G_IP_DST_LOW]) if has_ip else None,
            address=self._sender_address(sender, source),
            frames=list(
                row[frame_layout.G_EVIDENCE : frame_layout.G_EVIDENCE + min(count, frame_layout.EVIDENCE_FRAMES)]
            ),
        )

    def _sender_address(self, sender: int | None, source: int | None) -> int | None:
        """The address by which a sender is known; None where it is known by its MAC, or not at all."""
        if sender is None or sender < NO_MAC:
            return None
        return self._address_of(0, MAPPED | sender & 0xFFFFFFFF) if sender < 2 * NO_MAC else source

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


def macs_of(groups: array[int], group: int) -> tuple[int | None, int | None]:
    """Source and destination MAC of the frames of a group; ``groups`` are the loop's."""
    row = group * frame_layout.GROUP_FIELDS
    sender = groups[row + frame_layout.G_SRC]
    return (None if sender >= NO_MAC else absent(sender)), absent(groups[row + frame_layout.G_DST])


def absent(value: int) -> int | None:
    """A field, or None if it is absent."""
    return None if value == frame_layout.ABSENT else value
