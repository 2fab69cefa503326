# cython: language_level=3, annotation_typing=False, boundscheck=True, wraparound=False, cdivision=True
"""Find records again after damage.

A place is taken for a record only where others follow from its length: in a pcap file CHAIN records in a row, or all
that remain up to the end of the file; in a pcapng file a block whose two lengths agree, followed by another or by the
end. Each byte is looked at a bounded number of times, whatever it holds.

The loops run as plain Python or compiled by Cython with the C types in ``salvage.pxd``.

Sources: draft-ietf-opsawg-pcap and draft-ietf-opsawg-pcapng.
"""

from __future__ import annotations

try:
    import cython
except ImportError:
    from pcapcheck import _cython_stub as cython

if not cython.compiled:
    from pcapcheck.capture import scan_layout as layout
    from pcapcheck.capture.octets import u16, u32


def record_size(buffer: bytearray, position: int, big: bool, header: int, swapped: int, limit: int, latest: int) -> int:
    """Size of the pcap record that begins here, header included; 0 if no recorder would have written it.

    ``limit`` is what its fraction stays below, ``latest`` the seconds that it is near to, -1 where none are known.
    """
    captured = u32(buffer, position + 8, big)
    length = u32(buffer, position + 12, big)
    if swapped == 1 or (swapped == 2 and captured > length):
        captured, length = length, captured
    if captured == 0 or captured > layout.LARGEST_FRAME or captured > length or length > layout.LARGEST_LENGTH:
        return 0
    if u32(buffer, position + 4, big) >= limit:
        return 0
    seconds = u32(buffer, position, big)
    if latest >= 0 and (seconds > latest + layout.DAY or latest > seconds + layout.DAY):
        return 0
    return header + captured


def find_record(
    buffer: bytearray,
    position: int,
    until: int,
    end: int,
    whole: bool,
    big: bool,
    header: int,
    swapped: int,
    nanoseconds: bool,
    latest: int,
    beyond: int,
) -> int:
    """The first place from ``position`` up to ``until`` where pcap records begin again, or -1.

    Up to ``end`` the buffer holds bytes, to the end of the file where it is ``whole``. Records before ``beyond`` are
    taken only where they lead past it without beginning there: else they lie inside of another record. ``latest``
    are the seconds of the last good record, -1 where there is none; then a single record up to the end is no proof.
    """
    with cython.nogil:
        found = -1
        limit = 1000000000 if nanoseconds else 1000000
        # What chains may take in all: they are followed further than CHAIN only to ``beyond``.
        hops = 8 * (until - position) + 64
        while position < until and position + header < end:
            size = record_size(buffer, position, big, header, swapped, limit, latest)
            if size:
                near = latest
                if near < 0:
                    near = u32(buffer, position, big)
                after = position + size
                count = 1
                crosses = position < beyond
                while (
                    after + header <= end
                    and hops > 0
                    and (count < layout.CHAIN or (crosses and after < beyond))
                    and not (crosses and after == beyond)
                ):
                    size = record_size(buffer, after, big, header, swapped, limit, near)
                    if size == 0:
                        break
                    after = after + size
                    count = count + 1
                    hops = hops - 1
                if crosses and after == beyond:
                    pass
                elif whole and after == end and (latest >= 0 or count > 1):
                    found = position
                elif count >= layout.CHAIN and after <= end and not (crosses and after < beyond):
                    found = position
                if found >= 0:
                    break
            position = position + 1
    return found


def is_known(block_type: int) -> bool:
    """Whether blocks of this type are written by recorders; custom blocks are left out, as anything may stand there."""
    return (
        layout.INTERFACE_DESCRIPTION <= block_type <= layout.ENHANCED_PACKET
        or block_type == layout.JOURNAL_ENTRY
        or block_type == layout.DECRYPTION_SECRETS
    )


def block_size(buffer: bytearray, position: int, end: int, big: bool, interface_count: int) -> int:
    """Size of the pcapng block that begins here; 0 if no consistent block does."""
    if position + 12 > end:
        return 0
    block_type = u32(buffer, position, big)
    if not is_known(block_type):
        return 0
    total = u32(buffer, position + 4, big)
    if total < 12 or total > layout.LARGEST_SALVAGED_BLOCK or total & 3 or position + total > end:
        return 0
    if u32(buffer, position + total - 4, big) != total:
        return 0
    if block_type == layout.SIMPLE_PACKET:
        return total if total >= 16 and interface_count > 0 else 0
    if block_type == layout.ENHANCED_PACKET or block_type == layout.OBSOLETE_PACKET:
        if total < 32 or u32(buffer, position + 20, big) > total - 32:
            return 0
        interface = u32(buffer, position + 8, big)
        if block_type == layout.OBSOLETE_PACKET:
            interface = u16(buffer, position + 8, big)
        return total if interface < interface_count else 0
    return total if block_type == layout.NAME_RESOLUTION or total >= 20 else 0


def section_size(buffer: bytearray, position: int, end: int) -> int:
    """Size of the pcapng section header that begins here, in either byte order, or 0."""
    if position + 28 > end or u32(buffer, position, True) != layout.SECTION_HEADER:
        return 0
    big = u32(buffer, position + 8, True) == layout.BYTE_ORDER_MAGIC
    if not big and u32(buffer, position + 8, False) != layout.BYTE_ORDER_MAGIC:
        return 0
    total = u32(buffer, position + 4, big)
    if total < 28 or total > layout.LARGEST_SALVAGED_BLOCK or total & 3 or position + total > end:
        return 0
    return total if u32(buffer, position + total - 4, big) == total else 0


def find_block(
    buffer: bytearray, position: int, until: int, end: int, whole: bool, big: bool, interface_count: int
) -> int:
    """The first place from ``position`` up to ``until`` where a pcapng section, or a block of this one, begins; or -1.

    Up to ``end`` the buffer holds bytes, to the end of the file where it is ``whole``. Where no ``interface_count`` is
    given only a section header is looked for.
    """
    with cython.nogil:
        found = -1
        while position < until:
            if section_size(buffer, position, end):
                found = position
                break
            if interface_count:
                size = block_size(buffer, position, end, big, interface_count)
                if size:
                    after = position + size
                    if (
                        (whole and after == end)
                        or section_size(buffer, after, end)
                        or block_size(buffer, after, end, big, interface_count)
                    ):
                        found = position
                        break
            position = position + 1
    return found
