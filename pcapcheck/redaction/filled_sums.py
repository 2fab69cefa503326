"""Checksums of redacted packets: right where they were right, wrong where they were wrong, left open where they were.

Sources: RFC 1071 (the sum), RFC 768 and RFC 8200 section 8.1 (pseudo headers), RFC 9260 appendix A (CRC32c of SCTP).
"""

from __future__ import annotations

from functools import cache

from pcapcheck.redaction.frame_draft import FrameDraft

_ALL = 0xFFFF
# What a wrong sum differs by afterwards: the old difference may say something of what was cut.
_ERROR = 0x5A5A
_CASTAGNOLI = 0x82F63B78


def folded(data: bytes | bytearray, total: int = 0) -> int:
    """The 16-bit sum of some bytes; 65535 and not 0 if they add up to a multiple of that."""
    value = int.from_bytes(data + b"\0" if len(data) % 2 else data, "big") + total
    return (value - 1) % _ALL + 1 if value else 0


def pseudo_header(data: bytes | bytearray, header: int, version: int, protocol: int, size: int) -> int:
    """The sum of a pseudo header, of the IP header that begins at ``header``."""
    first, last = (12, 20) if version == 4 else (8, 40)
    return folded(data[header + first : header + last], protocol + size)


def fill_header(draft: FrameDraft, header: int, size: int, end: int) -> None:
    """The checksum of an IPv4 header of ``size`` bytes, once its fields are mapped."""
    whole = header + size <= end
    sent = draft.u16(header + 10)
    was_right = folded(draft.old[header : header + size]) == _ALL
    if whole and not was_right and sent == 0:
        return
    _write(draft, header + 10, folded(_without(draft.new, header + 10, header, header + size)), whole and not was_right)


def fill_upper(
    draft: FrameDraft,
    start: int,
    end: int,
    field: int,
    whole: bool,
    pseudo: tuple[int, int] | None = None,
    may_be_open: bool = True,
) -> None:
    """The checksum of what stands between ``start`` and ``end``, at byte ``field`` of it.

    ``pseudo`` are the sums of the pseudo header as it was and as it is. Where not all is there (``whole``), the sum is
    made right for what is there. ``may_be_open``: a sender may leave it to its card, with the sum of the pseudo header
    in the field until then.
    """
    at = start + field
    if at + 2 > end:
        draft.wipe(at, end)
        return
    before, after = pseudo or (0, 0)
    sent = draft.u16(at)
    wrong = False
    if whole:
        wrong = folded(draft.old[start:end], before) != _ALL
        if wrong and may_be_open and sent == before:
            draft.new[at : at + 2] = after.to_bytes(2, "big")
            return
    _write(draft, at, folded(_without(draft.new, at, start, end), after), wrong)


def fill_sctp(draft: FrameDraft, start: int, end: int, whole: bool) -> None:
    """The CRC32c of a packet of SCTP; a wrong one, or one left to the card, stays."""
    at = start + 8
    if at + 4 > end:
        draft.wipe(at, end)
    elif not whole or crc32c(_cleared(draft.old, at, start, end)) == int.from_bytes(draft.old[at : at + 4], "little"):
        draft.new[at : at + 4] = crc32c(_cleared(draft.new, at, start, end)).to_bytes(4, "little")


def crc32c(data: bytes) -> int:
    """The CRC of SCTP."""
    table = _table()
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ table[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


@cache
def _table() -> tuple[int, ...]:
    table = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (_CASTAGNOLI if value & 1 else 0)
        table.append(value)
    return tuple(table)


def _write(draft: FrameDraft, at: int, rest: int, wrong: bool) -> None:
    """The complement of the sum of the rest, or something else; 0 would mean that there is none."""
    value = (_ALL - rest) or _ALL
    if wrong:
        value = (value + _ERROR) % _ALL or _ERROR
    draft.new[at : at + 2] = value.to_bytes(2, "big")


def _without(data: bytearray, at: int, start: int, end: int) -> bytes:
    return bytes(data[start:at]) + b"\0\0" + bytes(data[at + 2 : end])


def _cleared(data: bytes | bytearray, at: int, start: int, end: int) -> bytes:
    return bytes(data[start:at]) + bytes(4) + bytes(data[at + 4 : end])
