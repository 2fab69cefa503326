"""DNS messages of texts as bytes: what was printed of them, behind a header as RFC 1035 has it (section 4.1)."""

from __future__ import annotations

import struct
from functools import lru_cache

from pcapcheck.capture.text.printed_packet import Dns

_QUERY, _RESPONSE = 0x0100, 0x8180


def dns_bytes(message: Dns) -> bytes:
    """The printed part of a message: without its question where that is not printed."""
    flags = _QUERY if message.code is None else _RESPONSE | message.code
    head = struct.pack(">HH", message.ident or 0, flags)
    if message.name is None or message.record_type is None:
        return head
    return head + _counted_question(message.name, message.record_type)


def dns_over_tcp_bytes(messages: tuple[Dns, ...]) -> bytes:
    """Messages one after the other, each behind the length of what is printed of it (RFC 7766, section 8)."""
    return b"".join(struct.pack(">H", len(data)) + data for data in map(dns_bytes, messages))


@lru_cache(maxsize=1 << 10)
def _counted_question(name: str, record_type: int) -> bytes:
    """The counts, and the question for a name; many messages share it."""
    return struct.pack(">HHHH", 1, 0, 0, 0) + question_bytes(name, record_type)


def question_bytes(name: str, record_type: int) -> bytes:
    """The question for a name, of the class IN."""
    labels = [label.encode("utf-8", "replace")[:63] for label in name.split(".") if label]
    return b"".join(bytes([len(label)]) + label for label in labels) + struct.pack(">BHH", 0, record_type, 1)
