# cython: language_level=3, annotation_typing=False, boundscheck=True, wraparound=False, cdivision=True
"""Decode frames, step by step: record batch in, frame groups, events, segments, sightings and frame rows out.

The headers of every frame are read (``headers``), and it is counted in its *group* (``grouping``): the frames alike in
capture point, link addresses, direction, what they carry and what their TTL says. What the pairing of exchanges needs
is written down as an *event* (``events``) or, of ARP and neighbour discovery, as a *message* (``arp_messages``), what
conversations need as a *segment* (``segments``), what follows packets from link to link as a *sighting*
(``sighting``). A *row* with all fields (``row_writer``) is written only for frames that are read later: ICMP errors, or
all where ``keep_all`` is set.

The loop runs as plain Python or compiled by Cython with the C types in ``decode_loop.pxd``.
"""

from __future__ import annotations

from array import array

try:
    import cython
except ImportError:
    from pcapcheck import _cython_stub as cython

if not cython.compiled:
    from pcapcheck import protocols
    from pcapcheck.capture import scan_layout
    from pcapcheck.decode import frame_layout as layout
    from pcapcheck.decode.arp_messages import emit_message
    from pcapcheck.decode.checksums import checksums_of
    from pcapcheck.decode.events import emit_event
    from pcapcheck.decode.frame import Frame
    from pcapcheck.decode.grouping import count_in_group
    from pcapcheck.decode.headers import read_headers
    from pcapcheck.decode.icmp_arp import blank_row, event_of_error, is_icmp_error
    from pcapcheck.decode.row_writer import write_row
    from pcapcheck.decode.segments import emit_segment, emit_segment_of_error
    from pcapcheck.decode.sighting import emit_sighting


def decode_frames(
    buffer: bytearray, records: array[int], count: int, first_number: int, links: array[int], since: int, until:
    int, keep_all: bool, with_sums: bool, groups: array[int], slots: array[int], limit: int, rows: array[int],
    capacity: int, field_step: int, row_step: int, events: array[int], follow: bool, sample: int, address_pairs:
    array[int], pair_slots: array[int], pair_limit: int, sightings: array[int], segments: array[int], messages:
    array[int], frame: Frame, state: array[int]
) -> None:  # fmt: skip
    """Decode the records from ``state[S_RECORD]`` on, until all are done or the rows, ``capacity``, are full.

    Field ``f`` of frame row ``r`` is ``rows[f * field_step + r * row_step]``.

    ``links`` has two numbers per interface: the link type as in ``frame_layout`` and the length of the frame check
    sequence. ``events``, ``segments``, ``messages`` and ``sightings`` have room for one per record; sightings are
    written down only where ``follow``, and only those whose loose key has no bit of ``sample``. Frames before ``since``
    or from ``until`` on (nanoseconds) are passed over. ``frame`` is used for one frame after the other. ``with_sums``:
    rows have their checksums.
    """
    with cython.nogil:
        row = 0
        event = 0
        segment = 0
        message = 0
        sighting = 0
        record = state[layout.S_RECORD]
        frame.group = 0
        frame.before = 0
        while record < count and row < capacity:
            begin_frame(records, record, links, frame)
            frame.number = first_number + record
            record = record + 1
            if (frame.time < since or frame.time >= until) and frame.time != scan_layout.ABSENT_TIME:
                continue
            read_headers(buffer, frame)
            if frame.carries == layout.UNDECODED:
                state[layout.S_UNDECODED] = state[layout.S_UNDECODED] + 1
            count_in_group(buffer, frame, groups, slots, limit, state)
            if frame.carries == layout.ARP or frame.carries == layout.ND:
                message = emit_message(buffer, frame, messages, message)
            else:
                event = emit_event(buffer, frame, events, event)
            if frame.protocol == protocols.TCP or frame.protocol == protocols.UDP or frame.protocol == protocols.SCTP:
                segment = emit_segment(buffer, frame, segments, segment)
            if follow:
                sighting = emit_sighting(
                    buffer, frame, address_pairs, pair_slots, pair_limit, sample, state, sightings, sighting
                )
            if keep_all or is_read_later(frame):
                at = row * row_step
                write_row(buffer, frame, rows, field_step, at)
                if with_sums:
                    rows[layout.CHECKSUMS * field_step + at] = checksums_of(buffer, frame)
                if is_icmp(frame):
                    segment = emit_segment_of_error(rows, field_step, at, frame, segments, segment)
                    if is_icmp_error(rows, field_step, at, frame.version):
                        event_of_error(rows, field_step, at, frame.version, events, event)
                        event = event + layout.EVENT_FIELDS
                if frame.link == layout.LINK_PRINTED:
                    blank_row(buffer, frame.start, rows, field_step, at)
                row = row + 1
        state[layout.S_RECORD] = record
        state[layout.S_ROWS] = row
        state[layout.S_EVENTS] = event // layout.EVENT_FIELDS
        state[layout.S_SIGHTINGS] = sighting // layout.SIGHTING_FIELDS
        state[layout.S_SEGMENTS] = segment // layout.SEGMENT_FIELDS
        state[layout.S_MESSAGES] = message // layout.MESSAGE_FIELDS


def begin_frame(records: array[int], record: int, links: array[int], frame: Frame) -> None:
    """What a record says of its frame."""
    entry = record * scan_layout.FIELDS
    frame.start = records[entry + scan_layout.OFFSET]
    frame.captured = records[entry + scan_layout.CAPTURED]
    frame.length = records[entry + scan_layout.LENGTH]
    frame.time = records[entry + scan_layout.TIME]
    frame.interface = records[entry + scan_layout.INTERFACE]
    frame.direction = records[entry + scan_layout.DIRECTION]
    frame.link = links[frame.interface * 2]
    frame.trailer = links[frame.interface * 2 + 1]
    frame.end = frame.start + frame.captured
    if frame.captured == frame.length and frame.captured >= frame.trailer:
        frame.end = frame.end - frame.trailer


def is_icmp(frame: Frame) -> bool:
    """Whether a frame carries an ICMP message, or the beginning of one."""
    return frame.fragment == 0 and (
        (frame.version == 4 and frame.protocol == protocols.ICMP)
        or (frame.version == 6 and frame.protocol == protocols.ICMPV6)
    )


def is_read_later(frame: Frame) -> bool:
    """Whether a frame's row is read by the exchanges: ICMP but for echoes and neighbour discovery."""
    return is_icmp(frame) and not frame.is_echo and frame.carries != layout.ND
