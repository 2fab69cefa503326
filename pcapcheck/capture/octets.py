"""Numbers out of the bytes of a window: what ``octets.pxd`` does in C, for loops that run as plain Python."""

from __future__ import annotations


def require(buffer: bytearray, position: int, count: int) -> None:
    """See that ``count`` bytes are there; the functions ``…_within``, which read them, do not check that again.

    Raises IndexError if they are not.
    """
    buffer[position]
    buffer[position + count - 1]


def octet(buffer: bytearray, position: int) -> int:
    """One byte."""
    return buffer[position]


def u16be(buffer: bytearray, position: int) -> int:
    """Two bytes in network order."""
    return (buffer[position] << 8) | buffer[position + 1]


def u32be(buffer: bytearray, position: int) -> int:
    """Four bytes in network order."""
    return (buffer[position] << 24) | (buffer[position + 1] << 16) | (buffer[position + 2] << 8) | buffer[position + 3]


def u16le(buffer: bytearray, position: int) -> int:
    """Two bytes, the least first."""
    return buffer[position] | (buffer[position + 1] << 8)


def u32le(buffer: bytearray, position: int) -> int:
    """Four bytes, the least first."""
    return buffer[position] | (buffer[position + 1] << 8) | (buffer[position + 2] << 16) | (buffer[position + 3] << 24)


def u32(buffer: bytearray, position: int, big: bool) -> int:
    """Four bytes as an unsigned number, in the byte order of the file."""
    return u32be(buffer, position) if big else u32le(buffer, position)


def u16(buffer: bytearray, position: int, big: bool) -> int:
    """Two bytes as an unsigned number, in the byte order of the file."""
    return u16be(buffer, position) if big else u16le(buffer, position)


def mac(buffer: bytearray, position: int) -> int:
    """Six bytes in network order."""
    return (u16be(buffer, position) << 32) | u32be(buffer, position + 2)


def i64(buffer: bytearray, position: int) -> int:
    """Eight bytes in network order, as the signed number that has these bits."""
    high = u32be(buffer, position)
    if high >> 31:
        high -= 1 << 32
    return (high << 32) | u32be(buffer, position + 4)


# Of what ``require`` has seen to be there; compiled they check nothing.
octet_within, u16be_within, u32be_within, u32_within, mac_within, i64_within = octet, u16be, u32be, u32, mac, i64
