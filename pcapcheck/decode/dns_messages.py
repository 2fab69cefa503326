# cython: language_level=3, annotation_typing=False, boundscheck=False, wraparound=False, cdivision=True
# cython: initializedcheck=False
"""Messages of DNS: the events of queries and of responses to them.

Sources: RFC 1035 (DNS), draft-vixie-dnsext-dns0x20 (names in mixed case).

The steps run as plain Python or compiled by Cython with the C types in ``dns_messages.pxd``.
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
    from pcapcheck.decode.dns_names import note_question
    from pcapcheck.decode.frame import Frame


def question_of(buffer: bytearray, position: int, end: int) -> int:
    """A hash of the question that begins here: name, type and class (RFC 1035, section 4.1.2); never 0.

    Case does not count: resolvers play with it (draft-vixie-dnsext-dns0x20). What was cut is cut in the answer too.
    """
    stop = position
    size = octet(buffer, stop)
    while size != 0:
        stop = stop + 1 + size
        size = octet(buffer, stop) if stop < end else 0
    if stop > end:
        stop = end
    # The last eight bytes may be mixed in twice: names that differ in length alone must differ all the same.
    mixed = layout.MULTIPLY ^ (stop - position)
    last = stop - 8 if stop - position > 8 else position
    while position + 8 <= stop:
        mixed = ((mixed ^ (i64(buffer, position) | layout.SMALL_LETTERS)) * layout.MULTIPLY) & layout.LONG
        mixed = mixed ^ (mixed >> 29)
        position = position + 8
        if position > last and position < stop:
            position = last
    while position < stop:
        mixed = ((mixed ^ (octet(buffer, position) | 32)) * layout.MULTIPLY) & layout.LONG
        position = position + 1
    if stop + 5 <= end:
        mixed = mixed ^ (mixed >> 29) ^ u32be(buffer, stop + 1)
        mixed = (mixed * layout.MULTIPLY) & layout.LONG
    return (mixed >> 2) | 1


def is_of_dns(frame: Frame) -> bool:
    """Whether one of the ports is that of DNS."""
    return (
        u16be(frame.buffer, frame.payload) == protocols.DNS_PORT
        or u16be(frame.buffer, frame.payload + 2) == protocols.DNS_PORT
    )


def asks_dns(frame: Frame) -> int:
    """Whether the ports are those of a query (1) or of a response (0); -1 where both are, as between servers."""
    if u16be(frame.buffer, frame.payload + 2) != protocols.DNS_PORT:
        return 0
    return -1 if u16be(frame.buffer, frame.payload) == protocols.DNS_PORT else 1


def query(frame: Frame, buffer: bytearray, message: int, end: int, event: int) -> int:
    """The kind of event of a message that is a DNS query or a response to one (RFC 1035, section 4.1.1).

    The asker's port and the message's identifier, question and code are written down. A message cut behind its
    identifier is known by the ports alone. ABSENT for other messages.
    """
    if message + 2 > end:
        return layout.ABSENT
    asking = asks_dns(frame)
    asks = asking != 0
    question = 0
    code = layout.ABSENT
    if message + 4 <= end:
        flags = u16be(buffer, message + 2)
        # Where both ports are those of DNS only the message decides.
        if asks == (flags >> 15) and asking >= 0:
            return layout.ABSENT
        asks = flags >> 15 == 0
        # Notifications and updates are not questions.
        if (flags >> 11) & 15:
            return layout.ABSENT
        code = flags & 15
    if message + 12 < end and u16be(buffer, message + 4) > 0:
        question = question_of(buffer, message + 12, end)
        if asks:
            note_question(frame, buffer, message + 12, end, question)
    elif asks and message + 12 <= end:
        return layout.ABSENT
    port = u16be(frame.buffer, frame.payload) if asks else u16be(frame.buffer, frame.payload + 2)
    frame.events[event + layout.E_IDENT_SEQ] = layout.QUERY | (port << 16) | u16be(buffer, message)
    frame.events[event + layout.E_RCODE] = code
    frame.events[event + layout.E_QUESTION] = question
    return (layout.E_REQUEST if asks else layout.E_REPLY) | layout.E_QUERY


def is_message(buffer: bytearray, message: int, end: int) -> bool:
    """Whether a message of DNS with one question begins here, as far as its header shows it, which must be whole.

    What is read two bytes off shows a query with a code, or the flag of the other direction.
    """
    if message + 17 > end or u16be(buffer, message + 4) != 1:
        return False
    flags = u16be(buffer, message + 2)
    return (flags >> 15 == 1 or flags & 15 == 0) and not (flags >> 11) & 15 and not flags & 64


def is_answer(buffer: bytearray, message: int) -> bool:
    """Whether the header that is whole here is that of a response without a question, as some refuse."""
    return u16be(buffer, message + 2) >> 15 == 1 and u16be(buffer, message + 4) == 0
