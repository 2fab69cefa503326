"""DNS messages in words: what was asked, and with which code it was answered (RFC 1035, section 4.1)."""

from __future__ import annotations

from pcapcheck.column_words import RCODES
from pcapcheck.protocols import DNS_TYPES

HEADER = 12
# The two upper bits of a length: a pointer to a name elsewhere, which no question needs.
POINTER = 0xC0
RESPONSE = 0x80
_WORDS = {number: word for word, number in DNS_TYPES.items()}


def dns_in_words(message: bytes) -> str:
    """As in ``query AAAA www.example.org``, ``response NXDOMAIN A db.example.org``; empty if the header is cut.

    The question is left out where it is cut, or is none.
    """
    if len(message) < HEADER:
        return ""
    is_response, code = message[2] & RESPONSE, message[3] & 0xF
    parts = ["response", RCODES[min(code, len(RCODES) - 1)].upper()] if is_response else ["query"]
    return " ".join((*parts, *_question(message)))


def _question(message: bytes) -> tuple[str, ...]:
    """The type and the name of the first question; none if it has none, or was cut."""
    if not message[4:6].strip(b"\0"):
        return ()
    return question_in_words(message[HEADER:]) or ()


def question_in_words(question: bytes) -> tuple[str, str] | None:
    """The type and the name of a question, which begins with its name; None if it was cut."""
    labels: list[str] = []
    at = 0
    while at < len(question) and 0 < question[at] < POINTER:
        labels.append(question[at + 1 : at + 1 + question[at]].decode("ascii", "backslashreplace"))
        at += 1 + question[at]
    if at + 3 > len(question) or question[at]:
        return None
    number = int.from_bytes(question[at + 1 : at + 3], "big")
    return _WORDS.get(number, f"Type{number}"), ".".join(labels) or "."
