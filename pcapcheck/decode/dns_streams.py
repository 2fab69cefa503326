# cython: language_level=3, annotation_typing=False, boundscheck=False, wraparound=False, cdivision=True
# cython: initializedcheck=False
"""Messages of DNS over TCP: segments in the order of the capture in, messages out as far as they are questions.

A message stands behind its length; several may be in one segment, and one in several (RFC 7766, section 8). What is
needed of a message is its header and its question: where these are not in one segment, they are held back until
they are whole. In a stream that was met in the middle, or that lacks a segment, a message is looked for where
a segment begins.

Sources: RFC 1035 (DNS), RFC 7766 (DNS over TCP), RFC 9293 (TCP).

The steps run as plain Python or compiled by Cython with the C types in ``dns_streams.pxd``.
"""

from __future__ import annotations

try:
    import cython
except ImportError:
    from pcapcheck import _cython_stub as cython

if not cython.compiled:
    from pcapcheck import protocols
    from pcapcheck.capture.octets import i64, octet, u16be, u32be
    from pcapcheck.decode import frame_layout as layout
    from pcapcheck.decode import stream_layout
    from pcapcheck.decode.dns_messages import is_answer, is_message, query
    from pcapcheck.decode.frame import Frame
    from pcapcheck.decode.segments import datagram_end


def find_stream(frame: Frame) -> int:
    """Where the stream of a segment stands; what another one had there is forgotten."""
    header = frame.header
    if frame.version == 4:
        src_high = dst_high = 0
        src_low = u32be(frame.buffer, header + 12)
        dst_low = u32be(frame.buffer, header + 16)
    else:
        src_high = i64(frame.buffer, header + 8)
        src_low = i64(frame.buffer, header + 16)
        dst_high = i64(frame.buffer, header + 24)
        dst_low = i64(frame.buffer, header + 32)
    ports = u32be(frame.buffer, frame.payload)
    point = (frame.interface << 32) | (frame.ifindex + 1)
    mixed = ((src_low ^ (ports << 29) ^ point) * layout.MULTIPLY) & layout.LONG
    mixed = (((mixed ^ (mixed >> 29)) ^ dst_low) * layout.MULTIPLY) & layout.LONG
    row = ((mixed >> 40) % stream_layout.STREAMS) * stream_layout.FIELDS
    if (
        frame.streams[row + stream_layout.SRC_LOW] != src_low
        or frame.streams[row + stream_layout.DST_LOW] != dst_low
        or frame.streams[row + stream_layout.PORTS] != ports
        or frame.streams[row + stream_layout.POINT] != point
        or frame.streams[row + stream_layout.SRC_HIGH] != src_high
        or frame.streams[row + stream_layout.DST_HIGH] != dst_high
    ):
        frame.streams[row + stream_layout.SRC_HIGH] = src_high
        frame.streams[row + stream_layout.SRC_LOW] = src_low
        frame.streams[row + stream_layout.DST_HIGH] = dst_high
        frame.streams[row + stream_layout.DST_LOW] = dst_low
        frame.streams[row + stream_layout.PORTS] = ports
        frame.streams[row + stream_layout.POINT] = point
        frame.streams[row + stream_layout.KNOWN] = 0
    return row


def go_on_from(frame: Frame, row: int, sequence: int) -> None:
    """A message begins at this sequence number, before which nothing was read."""
    frame.streams[row + stream_layout.KNOWN] = 1
    frame.streams[row + stream_layout.NEXT] = sequence & stream_layout.WORD
    frame.streams[row + stream_layout.BASE] = sequence & stream_layout.WORD
    frame.streams[row + stream_layout.LEFT] = 0
    frame.streams[row + stream_layout.HELD] = 0


def begin_stream(frame: Frame) -> None:
    """A SYN or RST: what its sender said before is over."""
    row = find_stream(frame)
    if octet(frame.buffer, frame.payload + 13) & protocols.TCP_SYN:
        go_on_from(frame, row, u32be(frame.buffer, frame.payload + 4) + 1)
    else:
        frame.streams[row + stream_layout.KNOWN] = 0


def begin_segment(frame: Frame) -> bool:
    """Find the place in a segment where what was not read so far begins; False if there is no such place."""
    frame.stream = -1
    payload = frame.payload
    if payload + 20 > frame.payload_end:
        return False
    frame.reading = payload + (octet(frame.buffer, payload + 12) >> 4) * 4
    wire_end = datagram_end(frame)
    if frame.reading < payload + 20 or frame.reading >= wire_end:
        return False
    row = find_stream(frame)
    sequence = u32be(frame.buffer, payload + 4)
    size = wire_end - frame.reading
    if frame.streams[row + stream_layout.KNOWN]:
        behind = (frame.streams[row + stream_layout.NEXT] - sequence) & stream_layout.WORD
        if behind < stream_layout.HALF_WAY:
            if (sequence - frame.streams[row + stream_layout.BASE]) & stream_layout.WORD >= stream_layout.HALF_WAY:
                # From before what was read: it is looked at by itself.
                return begins_message(frame)
            if behind >= size:
                return False
            frame.reading = frame.reading + behind
        else:
            frame.streams[row + stream_layout.KNOWN] = 0
    if not frame.streams[row + stream_layout.KNOWN]:
        if not begins_message(frame):
            return False
        if u16be(frame.buffer, frame.reading) < stream_layout.HEADER or not is_message(
            frame.buffer, frame.reading + stream_layout.LENGTH, frame.payload_end
        ):
            # Its length was not seen, so its end is not known.
            return True
        go_on_from(frame, row, sequence)
    frame.stream = row
    frame.streams[row + stream_layout.NEXT] = (sequence + size) & stream_layout.WORD
    read = (frame.streams[row + stream_layout.NEXT] - frame.streams[row + stream_layout.BASE]) & stream_layout.WORD
    if read > 2 * stream_layout.NEAR:
        near = frame.streams[row + stream_layout.NEXT] - stream_layout.NEAR
        frame.streams[row + stream_layout.BASE] = near & stream_layout.WORD
    return True


def begins_message(frame: Frame) -> bool:
    """Whether a message begins where a segment does, behind its length or, if that was sent by itself, without it."""
    return is_message(frame.buffer, frame.reading + stream_layout.LENGTH, frame.payload_end) or is_message(
        frame.buffer, frame.reading, frame.payload_end
    )


def next_message(frame: Frame, event: int) -> int:
    """The kind of event of the next message in a segment that is a query or a response; ABSENT: there is none left."""
    if frame.stream < 0:
        return only_message(frame, event)
    row = frame.stream
    end = frame.payload_end
    kind = layout.ABSENT
    while kind == layout.ABSENT and frame.reading < end:
        left = frame.streams[row + stream_layout.LEFT]
        if left > 0:
            # The rest of a message whose question has been read.
            left = left if left < end - frame.reading else end - frame.reading
            frame.reading = frame.reading + left
            frame.streams[row + stream_layout.LEFT] = frame.streams[row + stream_layout.LEFT] - left
        elif frame.streams[row + stream_layout.HELD] == 0 and is_whole_here(frame):
            kind = message_here(frame, event)
        else:
            kind = hold(frame, event)
        if not frame.streams[row + stream_layout.KNOWN]:
            return layout.ABSENT
    if kind == layout.ABSENT:
        pass_over_missing(frame)
    return kind


def only_message(frame: Frame, event: int) -> int:
    """The message at the beginning of a segment that is in no stream; ABSENT once it has been read."""
    message = frame.reading
    if message >= frame.payload_end:
        return layout.ABSENT
    frame.reading = frame.payload_end
    if is_message(frame.buffer, message + stream_layout.LENGTH, frame.payload_end):
        message = message + stream_layout.LENGTH
    return over_tcp(frame, query(frame, frame.buffer, message, frame.payload_end, event), event)


def is_whole_here(frame: Frame) -> bool:
    """Whether all that is needed of the message that begins here is in this segment, or no more of it was captured."""
    here = frame.payload_end - frame.reading - stream_layout.LENGTH
    if here < 0:
        return False
    size = u16be(frame.buffer, frame.reading)
    is_cut = frame.captured < frame.length and frame.payload_end >= frame.end
    return here >= stream_layout.ENOUGH or here >= size or (is_cut and here >= stream_layout.LENGTH)


def message_here(frame: Frame, event: int) -> int:
    """The kind of event of a message that is read from the segment."""
    size = u16be(frame.buffer, frame.reading)
    if size < stream_layout.HEADER:
        # No message is so short: this is no DNS, or not the beginning of a message.
        frame.streams[frame.stream + stream_layout.KNOWN] = 0
        return layout.ABSENT
    message = frame.reading + stream_layout.LENGTH
    end = message + size
    end = end if end < frame.payload_end else frame.payload_end
    frame.reading = message
    frame.streams[frame.stream + stream_layout.LEFT] = size
    return over_tcp(frame, in_stream(frame, frame.buffer, message, end, event), event)


def hold(frame: Frame, event: int) -> int:
    """Hold back the next byte of a message; the kind of its event once its question is whole."""
    row = frame.stream
    held = frame.streams[row + stream_layout.HELD]
    first = row // stream_layout.FIELDS * stream_layout.HOLD
    frame.held[first + held] = octet(frame.buffer, frame.reading)
    held = held + 1
    frame.reading = frame.reading + 1
    frame.streams[row + stream_layout.HELD] = held
    if held < stream_layout.LENGTH:
        return layout.ABSENT
    size = u16be(frame.held, first)
    needed = size if size < stream_layout.ENOUGH else stream_layout.ENOUGH
    if size < stream_layout.HEADER:
        frame.streams[row + stream_layout.KNOWN] = 0
    if size < stream_layout.HEADER or held < stream_layout.LENGTH + needed:
        return layout.ABSENT
    frame.streams[row + stream_layout.HELD] = 0
    frame.streams[row + stream_layout.LEFT] = size - needed
    message = first + stream_layout.LENGTH
    return over_tcp(frame, in_stream(frame, frame.held, message, message + needed, event), event)


def in_stream(frame: Frame, buffer: bytearray, message: int, end: int, event: int) -> int:
    """The kind of event of a message whose place in its stream is known; ABSENT where it does not read like one."""
    if (
        end - message >= stream_layout.HEADER
        and not is_message(buffer, message, end)
        and not is_answer(buffer, message)
    ):
        return layout.ABSENT
    return query(frame, buffer, message, end, event)


def over_tcp(frame: Frame, kind: int, event: int) -> int:
    """Mark the event of a message: the same question by UDP is another one."""
    if kind >= 0:
        frame.events[event + layout.E_IDENT_SEQ] |= layout.OVER_TCP
        frame.events[event + layout.E_QUESTION] = ~frame.events[event + layout.E_QUESTION] & layout.MOST
    return kind


def pass_over_missing(frame: Frame) -> None:
    """What was not captured of a segment that has been read: its stream goes on only if that ends with the message."""
    row = frame.stream
    wire_end = datagram_end(frame)
    missing = wire_end - frame.reading
    if frame.streams[row + stream_layout.LEFT] < missing:
        frame.streams[row + stream_layout.KNOWN] = 0
    elif missing > 0:
        frame.streams[row + stream_layout.LEFT] = frame.streams[row + stream_layout.LEFT] - missing
