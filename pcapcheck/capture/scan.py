# cython: language_level=3, annotation_typing=False, boundscheck=True, wraparound=False, cdivision=True
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
    from pcapcheck.capture.octets import u16, u32


def scan_pcap(
    buffer: bytearray,
    end: int,
    big: bool,
    header: int,
    swapped: int,
    nanoseconds: bool,
    largest: int,
    matrix: array[int],
    capacity: int,
    state: array[int],
) -> None:
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
        while position + header <= end:
            if count == capacity:
                status = layout.FULL
                break
            captured = u32(buffer, position + 8, big)
            length = u32(buffer, position + 12, big)
            if swapped == 1 or (swapped == 2 and captured > length):
                captured, length = length, captured
            if captured > largest:
                status = layout.TOO_LARGE
                break
            seconds = u32(buffer, position, big)
            fraction = u32(buffer, position + 4, big)
            zeros = False
            odd = captured > length or fraction >= limit
            # Most records are of the same second as the one before.
            if seconds != latest and latest >= 0 and (seconds > latest + layout.DAY or latest > seconds + layout.DAY):
                odd = True
            if captured == 0 and length == 0 and seconds == 0 and fraction == 0:
                zeros = True
                odd = False
            if odd and state[layout.TRUSTED] == 0:
                status = layout.SUSPECT
                break
            if position + header + captured > end:
                needed = header + captured
                break
            if zeros:
                if state[layout.ZEROS_ALLOWED] == 0:
                    status = layout.ZEROS
                    break
                state[layout.ZEROS_ALLOWED] = state[layout.ZEROS_ALLOWED] - 1
            elif captured:
                latest = seconds
            if odd:
                state[layout.TRUSTED] = state[layout.TRUSTED] - 1
            if not nanoseconds:
                fraction = fraction * 1000
            entry = count * layout.FIELDS
            matrix[entry + layout.OFFSET] = position + header
            matrix[entry + layout.CAPTURED] = captured
            matrix[entry + layout.LENGTH] = length if length > captured else captured
            matrix[entry + layout.TIME] = seconds * 1000000000 + fraction
            matrix[entry + layout.INTERFACE] = 0
            matrix[entry + layout.DIRECTION] = -1
            count = count + 1
            position = position + header + captured
        if status == layout.MORE and count == capacity:
            status = layout.FULL
        state[layout.LATEST] = latest
        state[layout.POSITION] = position
        state[layout.COUNT] = count
        state[layout.STATUS] = status
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


def scan_pcapng(
    buffer: bytearray,
    end: int,
    big: bool,
    interfaces: array[int],
    interface_count: int,
    matrix: array[int],
    capacity: int,
    state: array[int],
) -> None:
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
            if (
                block_type != layout.ENHANCED_PACKET
                and block_type != layout.SIMPLE_PACKET
                and block_type != layout.OBSOLETE_PACKET
            ):
                status = layout.BLOCK
                break
            total = u32(buffer, position + 4, big)
            if total < 16 or total > layout.LARGEST_BLOCK or (block_type != layout.SIMPLE_PACKET and total < 32):
                status = layout.MALFORMED
                break
            if total & 3:
                # Old writers did not pad: the next block then begins at the next multiple of four.
                total = total + 4 - (total & 3)
            if position + total > end:
                needed = total
                break
            if u32(buffer, position + 4, big) != u32(buffer, position + total - 4, big):
                status = layout.MALFORMED
                break
            direction = -1
            if block_type == layout.SIMPLE_PACKET:
                if interface_count == 0:
                    status = layout.NO_INTERFACE
                    break
                interface = 0
                row = 0
                data = position + 12
                length = u32(buffer, position + 8, big)
                captured = length
                if interfaces[row + layout.SNAPLEN] > 0 and captured > interfaces[row + layout.SNAPLEN]:
                    captured = interfaces[row + layout.SNAPLEN]
                if captured > total - 16:
                    captured = total - 16
                time = layout.ABSENT_TIME
            else:
                if block_type == layout.ENHANCED_PACKET:
                    interface = u32(buffer, position + 8, big)
                else:
                    interface = u16(buffer, position + 8, big)
                if interface >= interface_count:
                    status = layout.NO_INTERFACE
                    break
                row = interface * layout.INTERFACE_FIELDS
                data = position + 28
                captured = u32(buffer, position + 20, big)
                length = u32(buffer, position + 24, big)
                if captured > total - 32:
                    status = layout.MALFORMED
                    break
                time = packet_time(u32(buffer, position + 12, big), u32(buffer, position + 16, big), interfaces, row)
                if block_type == layout.OBSOLETE_PACKET:
                    dropped = u16(buffer, position + 10, big)
                    if dropped != 65535:
                        interfaces[row + layout.DROPS] = interfaces[row + layout.DROPS] + dropped
                option = data + captured + ((4 - (captured & 3)) & 3)
                last = position + total - 4
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
                        # 2^31 drops are as good as more: the sum must stay within 64 bits.
                        dropped = u32(buffer, option + (8 if big else 4), big) & 0x7FFFFFFF
                        if u32(buffer, option + (4 if big else 8), big):
                            dropped = 0x7FFFFFFF
                        interfaces[row + layout.DROPS] = interfaces[row + layout.DROPS] + dropped
                    option = option + 4 + size + ((4 - (size & 3)) & 3)
            if captured > interfaces[row + layout.LARGEST]:
                status = layout.TOO_LARGE
                break
            entry = count * layout.FIELDS
            matrix[entry + layout.OFFSET] = data
            matrix[entry + layout.CAPTURED] = captured
            matrix[entry + layout.LENGTH] = length if length > captured else captured
            matrix[entry + layout.TIME] = time
            matrix[entry + layout.INTERFACE] = interfaces[row + layout.GLOBAL]
            matrix[entry + layout.DIRECTION] = direction
            count = count + 1
            position = position + total
        state[layout.POSITION] = position
        state[layout.COUNT] = count
        state[layout.STATUS] = status
        state[layout.NEEDED] = needed
