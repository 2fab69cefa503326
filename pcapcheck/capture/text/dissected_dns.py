"""DNS messages from the fields that tshark prints of them, over TCP put together from segments and in one frame."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from pcapcheck.capture.text.dissected_fields import Fields, number_in, truth_in
from pcapcheck.capture.text.dns_bytes import question_bytes
from pcapcheck.capture.text.printed_packet import Dns

# A frame with more messages is none of DNS.
MOST_MESSAGES = 64
_COUNTS = ("dns.count.queries", "dns.count.answers", "dns.count.auth_rr", "dns.count.add_rr")
_ROOT = "<Root>"


def messages_of(fields: Fields) -> tuple[Dns, ...]:
    """The messages of a packet, in their order; none where it is not known which of their fields are whose."""
    idents = [number_in(value) for value in fields.get("dns.id", ())]
    responses = [truth_in(value) for value in fields.get("dns.flags.response", ())]
    codes = [number_in(value) for value in fields.get("dns.flags.rcode", ())]
    if not 0 < len(idents) == len(responses) <= MOST_MESSAGES or None in idents or None in responses:
        return ()
    if any(responses) and (len(codes) != sum(map(bool, responses)) or None in codes):
        return ()
    found, code_of, questions = [], iter(codes), _questions(fields, len(idents))
    for ident, response, (name, record_type) in zip(idents, responses, questions, strict=True):
        message = Dns((ident or 0) & 0xFFFF, name=name, record_type=record_type)
        if response:
            message.code = (next(code_of) or 0) & 15
        found.append(message)
    return tuple(found)


def _questions(fields: Fields, count: int) -> Iterator[tuple[str | None, int | None]]:
    """Name and type of the first question of each message; nothing where it is not known which they are."""
    names, types = fields.get("dns.qry.name", []), fields.get("dns.qry.type", [])
    counts = [number_in(value) for value in fields.get(_COUNTS[0], ())]
    if len(counts) != count or None in counts:
        # Not printed: then each message has one question, as nearly all have.
        counts = [1] * count if len(names) == count else [len(names)] if count == 1 else []
    total = sum(each or 0 for each in counts)
    is_known = bool(counts) and total == len(names) and len(types) in (0, total)
    at = 0
    for number in range(count):
        asked = counts[number] if is_known else 0
        if asked:
            yield names[at].removeprefix(_ROOT), number_in(types[at]) if types else None
        else:
            yield None, None
        at += asked or 0


def head_of(fields: Fields, message: Dns) -> bytes | None:
    """The bytes that the only message of a packet begins with; None where not all of its header is printed."""
    numbers = [number_in(fields.get(name, [None])[0]) for name in ("dns.flags", *_COUNTS)]
    if None in numbers:
        return None
    head = struct.pack(">6H", message.ident, *((number or 0) & 0xFFFF for number in numbers))
    if not any(numbers[1:]):
        return head
    if not numbers[1] or message.name is None or message.record_type is None:
        return None
    # What tshark writes instead of other characters is not what was sent.
    is_plain = message.name.isascii() and "\\" not in message.name and len(message.name) < 254
    return head + question_bytes(message.name, message.record_type & 0xFFFF) if is_plain else None
