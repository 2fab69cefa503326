"""Numbers out of the bytes of a window: what ``octets.pxd`` does in C, for loops that run as plain Python."""

from __future__ import annotations


def half(buffer: bytearray, position: int) -> int:
    """Two bytes in network order."""
    return (buffer[position] << 8) | buffer[position + 1]


def word(buffer: bytearray, position: int) -> int:
    """Four bytes in network order."""
    return (buffer[position] << 24) | (buffer[position + 1] << 16) | (buffer[position + 2] << 8) | buffer[position + 3]


def half_little(buffer: bytearray, position: int) -> int:
    """Two bytes, the least first."""
    return buffer[position] | (buffer[position + 1] << 8)


def word_little(buffer: bytearray, position: int) -> int:
    """Four bytes, the least first."""
    return buffer[position] | (buffer[position + 1] << 8) | (buffer[position + 2] << 16) | (buffer[position + 3] << 24)


def word_of(buffer: bytearray, position: int, big: bool) -> int:
    """Four bytes as an unsigned number, in the byte order of the file."""
    return word(buffer, position) if big else word_little(buffer, position)


def half_of(buffer: bytearray, position: int, big: bool) -> int:
    """Two bytes as an unsigned number, in the byte order of the file."""
    return half(buffer, position) if big else half_little(buffer, position)


def mac(buffer: bytearray, position: int) -> int:
    """Six bytes in network order."""
    return (half(buffer, position) << 32) | word(buffer, position + 2)


def signed_long(buffer: bytearray, position: int) -> int:
    """Eight bytes in network order, as the signed number that has these bits."""
    high = word(buffer, position)
    if high >> 31:
        high -= 1 << 32
    return (high << 32) | word(buffer, position + 4)
