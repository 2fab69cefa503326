# cython: language_level=3, annotation_typing=False, boundscheck=False, wraparound=False, cdivision=True
"""Find the records in a window of capture bytes.

In: a window of a pcap or pcapng file. Out: one row per record in a flat matrix of 64-bit integers, row by
row (``matrix[row * FIELDS + FIELD]``), and the place where the scan stopped and why.

These loops see every record, so they are written to run unchanged as plain Python or compiled by Cython with
the C types in ``scan.pxd``. Integers therefore stay within 64 bits by construction.

Sources: draft-ietf-opsawg-pcap and draft-ietf-opsawg-pcapng; libpcap's sf-pcap.c and sf-pcapng.c.
"""

from __future__ import annotations

from array import array

try:
    import cython
except ImportError:
    from pcapcheck import _cython_stub as cython

if not cython.compiled:
    from pcapcheck.capture import scan_layout as layout
    from pcapcheck.capture.octets import require, u16, u32, u32_within


def is_far(seconds: int, latest: int) -> bool:
    """Whether a record is more than a day away from the one before it; the first is not."""
    # Most records are of the same second as the one before.
    return seconds != latest and latest >= 0 and (seconds > latest + layout.DAY or latest > seconds + layout.DAY)


def write_record(
    matrix: array[int], entry: int, offset: int, captured: int, length: int, time: int, interface: int, direction: int
) -> None:  # fmt: skip
    """One row of the matrix. A frame is at least as long as what was captured of it."""
    matrix[entry + layout.OFFSET] = offset
    matrix[entry + layout.CAPTURED] = captured
    matrix[entry + layout.LENGTH] = length if length > captured else captured
    matrix[entry + layout.TIME] = time
    matrix[entry + layout.INTERFACE] = interface
    matrix[entry + layout.DIRECTION] = direction


def scan_pcap(
    buffer: bytearray, end: int, big: bool, header: int, swapped: int, nanoseconds: bool, largest: int,
    matrix: array[int], capacity: int, state: array[int]
) -> None:  # fmt: skip
    """Scan classic pcap records from ``state[POSITION]`` to ``end``.

    ``header`` is the size of a record header (see ``patched``), ``largest`` that of the largest frame. ``swapped`` is
    1 where captured and wire length changed places (files of version 2.2 and older, and 543), 2 where they did if the
    first is the larger (2.3). Of records that are all zeros ``state[ZEROS_ALLOWED]`` are taken, of others with a header
    that no recorder writes ``state[TRUSTED]``: more captured than was on the wire, a second or more in the fraction, or
    more than a day away from the record before.
    """
    with cython.nogil:
        position = state[layout.POSITION]
        latest = state[layout.LATEST]
        limit = 1000000000 if nanoseconds else 1000000
        count = 0
        status = layout.MORE
        needed = header
        while position + header <= end and count < capacity:
            require(buffer, position, header)
            captured = u32_within(buffer, position + 8, big)
            length = u32_within(buffer, position + 12, big)
            if swapped == 1 or (swapped == 2 and captured > length):
                captured, length = length, captured
            if captured > largest:
                status = layout.TOO_LARGE
                break
            seconds = u32_within(buffer, position, big)
            fraction = u32_within(buffer, position + 4, big)
            zeros = captured == 0 and length == 0 and seconds == 0 and fraction == 0
            odd = not zeros and (captured > length or fraction >= limit or is_far(seconds, latest))
            if odd and state[layout.TRUSTED] == 0:
                status = layout.SUSPECT
                break
            if position + header + captured > end:
                needed = header + captured
                break
            if zeros and state[layout.ZEROS_ALLOWED] == 0:
                status = layout.ZEROS
                break
            if zeros:
                state[layout.ZEROS_ALLOWED] = state[layout.ZEROS_ALLOWED] - 1
            elif captured:
                latest = seconds
            if odd:
                state[layout.TRUSTED] = state[layout.TRUSTED] - 1
            time = seconds * 1000000000 + (fraction if nanoseconds else fraction * 1000)
            write_record(matrix, count * layout.FIELDS, position + header, captured, length, time, 0, -1)
            count = count + 1
            position = position + header + captured
        state[layout.LATEST] = latest
        leave(state, position, count, status, needed, capacity)


def leave(state: array[int], position: int, count: int, status: int, needed: int, capacity: int) -> None:
    """Note where a scan stopped, and why."""
    state[layout.POSITION] = position
    state[layout.COUNT] = count
    state[layout.STATUS] = layout.FULL if status == layout.MORE and count == capacity else status
    state[layout.NEEDED] = needed


def packet_time(high: int, low: int, interfaces: array[int], row: int) -> int:
    """The time of a packet block in nanoseconds, from its interface's resolution and offset."""
    shift = interfaces[row + layout.SHIFT]
    if shift < 0:
        ticks = (high << 32) | low
        units = interfaces[row + layout.UNITS]
        seconds = ticks // units
        fraction = ticks - seconds * units
        if units <= 1000000000:
            fraction = fraction * (1000000000 // units)
        else:
            fraction = fraction // (units // 1000000000)
    else:
        ticks = (high << 32) | low
        seconds = ticks >> shift
        fraction = ticks - (seconds << shift)
        if shift > 32:
            # In two halves, since the product has more than 64 bits.
            fraction = (fraction >> 32) * 1000000000 + (((fraction & layout.LOW_WORD) * 1000000000) >> 32)
            fraction = fraction >> (shift - 32)
        else:
            fraction = (fraction * 1000000000) >> shift
    if seconds > layout.LARGEST_SECONDS:
        return layout.ABSENT_TIME
    whole = seconds
    whole = whole + interfaces[row + layout.SECONDS]
    if whole > layout.LARGEST_SECONDS or whole < -layout.LARGEST_SECONDS:
        return layout.ABSENT_TIME
    nanoseconds = fraction
    return whole * 1000000000 + nanoseconds


def is_packet(block_type: int) -> bool:
    """Whether a pcapng block holds a packet."""
    return (
        block_type == layout.ENHANCED_PACKET
        or block_type == layout.SIMPLE_PACKET
        or block_type == layout.OBSOLETE_PACKET
    )


def padded(size: int) -> int:
    """The next multiple of four."""
    return size + ((4 - (size & 3)) & 3)


def add_drops(
    buffer: bytearray, option: int, big: bool, interfaces: array[int], row: int
) -> None:  # fmt: skip
    """Add up an ``epb_dropcount``."""
    # 2^31 drops are as good as more: the sum must stay within 64 bits.
    dropped = u32(buffer, option + (8 if big else 4), big) & 0x7FFFFFFF
    if u32(buffer, option + (4 if big else 8), big):
        dropped = 0x7FFFFFFF
    interfaces[row + layout.DROPS] = interfaces[row + layout.DROPS] + dropped


def read_options(
    buffer: bytearray, option: int, last: int, big: bool, block_type: int, interfaces: array[int], row: int
) -> int:  # fmt: skip
    """The direction that the options up to ``last`` tell, -1 where they tell none; drops are added up."""
    direction = -1
    while option + 4 <= last:
        code = u16(buffer, option, big)
        size = u16(buffer, option + 2, big)
        if code == 0 or option + 4 + size > last:
            break
        if code == 2 and size == 4:
            direction = (u32(buffer, option + 4, big) & 3) - 1
            if direction > 1:
                direction = -1
        elif code == 4 and size == 8 and block_type == layout.ENHANCED_PACKET:
            add_drops(buffer, option, big, interfaces, row)
        option = option + 4 + padded(size)
    return direction


def simple_packet(
    buffer: bytearray, position: int, total: int, big: bool, interfaces: array[int], matrix: array[int], entry: int
) -> int:  # fmt: skip
    """Write the row of a simple packet block, which is of the first interface; MORE if that worked."""
    length = u32(buffer, position + 8, big)
    captured = length
    if interfaces[layout.SNAPLEN] > 0 and captured > interfaces[layout.SNAPLEN]:
        captured = interfaces[layout.SNAPLEN]
    if captured > total - 16:
        captured = total - 16
    if captured > interfaces[layout.LARGEST]:
        return layout.TOO_LARGE
    number = interfaces[layout.GLOBAL]
    write_record(matrix, entry, position + 12, captured, length, layout.ABSENT_TIME, number, -1)
    return layout.MORE


def packet(
    buffer: bytearray, position: int, total: int, big: bool, block_type: int, interfaces: array[int],
    interface_count: int, matrix: array[int], entry: int
) -> int:  # fmt: skip
    """Write the row of an enhanced or obsolete packet block; MORE if that worked."""
    if block_type == layout.ENHANCED_PACKET:
        interface = u32(buffer, position + 8, big)
    else:
        interface = u16(buffer, position + 8, big)
    if interface >= interface_count:
        return layout.NO_INTERFACE
    row = interface * layout.INTERFACE_FIELDS
    captured = u32(buffer, position + 20, big)
    length = u32(buffer, position + 24, big)
    if captured > total - 32:
        return layout.MALFORMED
    time = packet_time(u32(buffer, position + 12, big), u32(buffer, position + 16, big), interfaces, row)
    if block_type == layout.OBSOLETE_PACKET:
        dropped = u16(buffer, position + 10, big)
        if dropped != 65535:
            interfaces[row + layout.DROPS] = interfaces[row + layout.DROPS] + dropped
    direction = read_options(
        buffer, position + 28 + padded(captured), position + total - 4, big, block_type, interfaces, row
    )
    if captured > interfaces[row + layout.LARGEST]:
        return layout.TOO_LARGE
    number = interfaces[row + layout.GLOBAL]
    write_record(matrix, entry, position + 28, captured, length, time, number, direction)
    return layout.MORE


def scan_pcapng(
    buffer: bytearray, end: int, big: bool, interfaces: array[int], interface_count: int, matrix: array[int],
    capacity: int, state: array[int]
) -> None:  # fmt: skip
    """Scan pcapng packet blocks from ``state[POSITION]`` up to ``end`` or the next block of another type.

    ``interfaces`` holds a row per interface of the current section; ``epb_dropcount`` is added up there.
    """
    with cython.nogil:
        position = state[layout.POSITION]
        count = 0
        status = layout.MORE
        needed = 12
        while position + 12 <= end:
            if count == capacity:
                status = layout.FULL
                break
            block_type = u32(buffer, position, big)
            if not is_packet(block_type):
                status = layout.BLOCK
                break
            total = u32(buffer, position + 4, big)
            if total < 16 or total > layout.LARGEST_BLOCK or (block_type != layout.SIMPLE_PACKET and total < 32):
                status = layout.MALFORMED
                break
            # Old writers did not pad: the next block then begins at the next multiple of four.
            total = padded(total)
            if position + total > end:
                needed = total
                break
            if u32(buffer, position + 4, big) != u32(buffer, position + total - 4, big):
                status = layout.MALFORMED
                break
            entry = count * layout.FIELDS
            if block_type != layout.SIMPLE_PACKET:
                status = packet(
                    buffer, position, total, big, block_type, interfaces, interface_count, matrix, entry
                )  # fmt: skip
            elif interface_count == 0:
                status = layout.NO_INTERFACE
            else:
                status = simple_packet(buffer, position, total, big, interfaces, matrix, entry)
            if status != layout.MORE:
                break
            count = count + 1
            position = position + total
        state[layout.POSITION] = position
        state[layout.COUNT] = count
        state[layout.STATUS] = status
        state[layout.NEEDED] = needed
