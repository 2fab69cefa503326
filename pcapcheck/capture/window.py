"""A window that slides over the bytes of a capture, so that a file of any size needs little memory."""

from __future__ import annotations

from typing import BinaryIO

WINDOW_BYTES = 1 << 20


class Window:
    """The bytes of ``stream`` from offset ``base`` on, as far as they were read: ``buffer[position:end]`` is unread."""

    def __init__(self, stream: BinaryIO, size: int = WINDOW_BYTES) -> None:
        self.stream = stream
        self.buffer = bytearray(size)
        self.base = 0
        self.position = 0
        self.end = 0
        self.at_eof = False

    @property
    def offset(self) -> int:
        """Offset in the file of the next unread byte."""
        return self.base + self.position

    @property
    def unread(self) -> int:
        return self.end - self.position

    def ensure(self, count: int) -> bool:
        """Have at least ``count`` unread bytes in the buffer; False where the stream ends before that."""
        while self.unread < count and not self.at_eof:
            self._fill(count)
        return self.unread >= count

    def more(self) -> bool:
        """Read on behind what is there; False at the end of the stream."""
        before = self.unread
        self._fill(before + 1)
        return self.unread > before

    def take(self, count: int) -> bytes:
        """The next ``count`` bytes, or fewer at the end of the stream."""
        self.ensure(count)
        data = bytes(self.buffer[self.position : min(self.position + count, self.end)])
        self.position += len(data)
        return data

    def peek(self, count: int) -> bytes:
        self.ensure(count)
        return bytes(self.buffer[self.position : min(self.position + count, self.end)])

    def skip(self, count: int) -> bool:
        """Pass over ``count`` bytes without keeping them; False where the stream ends before that."""
        while count > 0:
            if not self.unread and not self.more():
                return False
            step = min(count, self.unread)
            self.position += step
            count -= step
        return True

    def _fill(self, wanted: int) -> None:
        if self.position:
            rest = self.unread
            self.buffer[:rest] = self.buffer[self.position : self.end]
            self.base += self.position
            self.position, self.end = 0, rest
        if wanted > len(self.buffer):
            # A new buffer, since views of the old one may still be held by the last batch.
            grown = bytearray(max(wanted, 2 * len(self.buffer)))
            grown[: self.end] = self.buffer[: self.end]
            self.buffer = grown
        with memoryview(self.buffer) as view:
            read = self.stream.readinto(view[self.end :])  # type: ignore[attr-defined]
        if not read:
            self.at_eof = True
        else:
            self.end += read
