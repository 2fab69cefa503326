"""The words of tcpdump for DNS messages (its print-domain.c)."""

from __future__ import annotations

import re
import zlib
from functools import lru_cache

from pcapcheck.capture.text.printed_packet import Dns, Transport
from pcapcheck.protocols import DNS_PORT, DNS_TYPES, TCP

_CODES = ("", "FormErr", "ServFail", "NXDomain", "NotImp", "Refused", "YXDomain", "YXRRSet", "NXRRSet", "NotAuth",
          "NotZone")  # fmt: skip
OTHER_CODE = 15
# 4660+ [1au] A? api.example.org. (44); with an operation after the number it is an update or the like.
_QUERY = re.compile(
    r"(\d{1,5})[+%]*(?: \[[^\]]{1,20}\])*"
    r"(?: (?P<type>[A-Za-z0-9-]{1,16})(?: [A-Za-z0-9_()-]{1,12})?\? (?P<name>\S{1,1024})|\s*(?:\[\||\(\d|\.\.\.|…|$))"
)
# 4660 NXDomain*- 0/1/0 (140); with -vv the question stands before the counts.
_RESPONSE = re.compile(
    r"(\d{1,5})(?: (?P<code>[A-Z][A-Za-z0-9]{3,9}))?[*|$-]*(?: \[\d+q\])?(?: q: .{1,1100}?)?"
    r"(?: \d+/\d+/\d+|\s*(?:\[\||\(\d|$))"
)
# What people leave of such lines: A? api.example.org. and NXDomain, without the number.
_BARE_QUERY = re.compile(r"(?P<type>[A-Z][A-Z0-9]{0,9})\? (?P<name>[\w.*/-]{1,255})(?=[\s,]|$)")
_BARE_RESPONSE = re.compile(
    rf"(?:(?P<code>{'|'.join(filter(None, _CODES))})\b|\d+/\d+/\d+(?=\s|$)"
    r"|(?:A|AAAA|CNAME|PTR|SRV) [\w.:-]{2,255}(?=[\s,]|$))"
)


def dns(text: str, src_port: int | None, dst_port: int | None) -> Dns | None:
    """A message from what follows the two ends of a datagram; None if it is neither a query nor a response."""
    if src_port == DNS_PORT and (match := _RESPONSE.match(text)) is not None:
        code = match["code"] or ""
        return Dns(int(match[1]) & 0xFFFF, _CODES.index(code) if code in _CODES else OTHER_CODE)
    if dst_port == DNS_PORT and (match := _QUERY.match(text)) is not None:
        name = match["name"]
        return Dns(int(match[1]) & 0xFFFF, name=name, record_type=type_number(match["type"]) if name else None)
    return _without_number(text, src_port, dst_port)


def _without_number(text: str, src_port: int | None, dst_port: int | None) -> Dns | None:
    """A message whose line was shortened by hand."""
    if src_port == DNS_PORT and (match := _BARE_RESPONSE.match(text)) is not None:
        return Dns(None, _CODES.index(match["code"] or ""))
    if dst_port == DNS_PORT and (match := _BARE_QUERY.match(text)) is not None:
        return Dns(None, name=match["name"], record_type=type_number(match["type"]))
    return None


def is_dns_in_pieces(upper: object, words: str) -> bool:
    """Whether a printed segment of TCP has parts of DNS messages, or several: its length is not that of a message."""
    return (
        isinstance(upper, Transport)
        and upper.protocol == TCP
        and upper.dns is None
        and bool(upper.size)
        and DNS_PORT in (upper.src_port, upper.dst_port)
        and "[prefix length(" in words
    )


@lru_cache(maxsize=1 << 8)
def type_number(word: str) -> int:
    """The number of a record type (IANA) by its word."""
    number = re.fullmatch(r"Type(\d{1,5})", word)
    # A type without a number here gets one from its word, to keep it apart from others.
    return int(number[1]) & 0xFFFF if number else DNS_TYPES.get(word) or zlib.crc32(word.encode()) & 0xFFFF | 0x8000
