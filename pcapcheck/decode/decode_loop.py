# cython: language_level=3, annotation_typing=False, boundscheck=False, wraparound=False, cdivision=True
# cython: initializedcheck=False
"""Decode frames, step by step: record batch in, frame groups, events, segments, sightings and frame rows out.

The headers of every frame are read (``headers``), and it is counted in its *group* (``grouping``): the frames alike in
capture point, link addresses, direction, what they carry and what their TTL says. What the pairing of exchanges needs
is written down as an *event* (``events``) or, of ARP and neighbour discovery, as a *message* (``arp_messages``), what
conversations need as a *segment* (``segments``), what follows packets from link to link as a *sighting*
(``sighting``), what ICMP errors say as an *error* (``error_reading``). A *row* with all fields (``row_writer``) is
written only where ``keep_all`` is set.

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
    from pcapcheck.capture import checksum_layout, scan_layout
    from pcapcheck.decode import frame_layout as layout
    from pcapcheck.decode.arp_messages import emit_message
    from pcapcheck.decode.checksums import checksums_of
    from pcapcheck.decode.error_frame import ErrorFrame
    from pcapcheck.decode.error_reading import emit_error, emit_event_of_error, may_be_error, read_error
    from pcapcheck.decode.events import emit_event
    from pcapcheck.decode.frame import Frame
    from pcapcheck.decode.grouping import count_in_group
    from pcapcheck.decode.headers import read_headers
    from pcapcheck.decode.icmp_arp import blank_row
    from pcapcheck.decode.row_writer import write_row
    from pcapcheck.decode.segments import emit_segment, emit_segment_of_error
    from pcapcheck.decode.sighting import emit_sighting


def decode_frames(
    frame: Frame, records: array[int], count: int, first_number: int, links: array[int], since: int, until: int,
    keep_all: bool, with_sums: bool, group_limit: int, rows: array[int], field_step: int, follow: bool, sample: int,
    said: ErrorFrame, state: array[int]
) -> None:  # fmt: skip
    """Decode the records of a batch.

    Field ``f`` of frame row ``r`` is ``rows[f * field_step + r]``, of sightings likewise; there are rows only where
    ``keep_all``.

    ``links`` has two numbers per interface: the link type as in ``frame_layout`` and the length of the frame check
    sequence. Sightings are written down only where ``follow``, and only those whose loose key has no bit of ``sample``.
    Frames before ``since`` or from ``until`` on (nanoseconds) are passed over. ``frame`` and ``said`` are used for one
    frame after the other. ``with_sums``: rows have their checksums.
    """
    with cython.nogil:
        row = 0
        event = 0
        segment = 0
        message = 0
        error = 0
        sighting = 0
        record = 0
        frame.group = 0
        frame.before = 0
        frame.group_count = state[layout.S_GROUPS]
        frame.pair_count = state[layout.S_PAIRS]
        frame.latest_pair = 0
        frame.asked_count = state[layout.S_ASKED]
        while record < count:
            begin_frame(records, record, links, frame)
            frame.number = first_number + record
            record = record + 1
            frame.following = count - record
            if (frame.time < since or frame.time >= until) and frame.time != scan_layout.ABSENT_TIME:
                continue
            read_headers(frame)
            if frame.carries == layout.UNDECODED:
                state[layout.S_UNDECODED] = state[layout.S_UNDECODED] + 1
            count_in_group(frame, group_limit)
            if frame.carries == layout.ARP or frame.carries == layout.ND:
                message = emit_message(frame, message)
            else:
                event = emit_event(frame, event)
            if frame.protocol == protocols.TCP:
                segment = emit_segment(frame, segment)
            if follow:
                sighting = emit_sighting(frame, sample, field_step, sighting)
            if may_be_error(frame):
                read_error(frame, said)
                segment = emit_segment_of_error(frame, said, segment)
                event = emit_event_of_error(frame, said, event)
                error = emit_error(frame, said, error)
            if keep_all:
                write_row(frame, said, rows, field_step, row)
                sums = checksums_of(frame) if with_sums else checksum_layout.NO_SUMS
                rows[layout.CHECKSUMS * field_step + row] = sums
                if frame.link == layout.LINK_PRINTED:
                    blank_row(frame.buffer, frame.start, rows, field_step, row)
                row = row + 1
        state[layout.S_GROUPS] = frame.group_count
        state[layout.S_PAIRS] = frame.pair_count
        state[layout.S_ASKED] = frame.asked_count
        state[layout.S_ROWS] = row
        state[layout.S_EVENTS] = event // layout.EVENT_FIELDS
        state[layout.S_SIGHTINGS] = sighting
        state[layout.S_SEGMENTS] = segment // layout.SEGMENT_FIELDS
        state[layout.S_MESSAGES] = message // layout.MESSAGE_FIELDS
        state[layout.S_ERRORS] = error // layout.ERROR_FIELDS
        state[layout.S_PASSED_OVER] = state[layout.S_PASSED_OVER] + frame.passed_over


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
