"""A TCP segment as tcpdump prints it (its print-tcp.c): flags, numbers, window, options and how much data."""

from __future__ import annotations

import re

from pcapcheck.capture.text.printed_packet import Transport
from pcapcheck.protocols import TCP, TCP_ACK, TCP_AE, TCP_CWR, TCP_ECE, TCP_FIN, TCP_PSH, TCP_RST, TCP_SYN, TCP_URG

SEGMENT = re.compile(r"Flags \[([A-Za-z.+]*)\]")
_BITS = {
    "F": TCP_FIN,
    "S": TCP_SYN,
    "R": TCP_RST,
    "P": TCP_PSH,
    ".": TCP_ACK,
    "U": TCP_URG,
    "E": TCP_ECE,
    "W": TCP_CWR,
    "e": TCP_AE,
}
_NO_FLAGS = "none"
# Flags [P.], cksum 0x17a6 (correct), seq 1:34, ack 1, win 63, options [nop,nop,TS val 7 ecr 6], length 33: HTTP: …
_BEHIND = re.compile(
    r"(?:, cksum 0x[0-9a-f]{1,4} \([^)]{0,40}\))?(?:, seq (?P<seq>\d{1,10})(?::(?P<end>\d{1,10}))?)?"
    r"(?:, ack (?P<ack>\d{1,10}))?(?:, win (?P<window>\d{1,10}))?(?:, urg \d{1,5})?"
    r"(?:, options \[(?P<options>[^\]]{0,400})\])?(?:, length (?P<size>\d{1,10}))?"
)
# What options take, kind and length included (RFC 9293, 7323, 2018).
_OPTIONS = {"eol": 1, "nop": 1, "mss": 4, "wscale": 3, "sackOK": 2, "TS": 10}
_BLOCKS = re.compile(r"sack (\d) ")
WORD = 0xFFFFFFFF
SHORTEST = 20


def segment(flags: str, text: str) -> Transport:
    """The segment with these flags; ``text`` is what follows them, which may have been cut anywhere."""
    bits = 0 if flags == _NO_FLAGS else sum(_BITS.get(letter, 0) for letter in flags)
    found = Transport(TCP, flags=bits)
    match = _BEHIND.match(text)
    assert match is not None
    number = {name: int(match[name]) & WORD for name in ("seq", "end", "ack", "window", "size") if match[name]}
    found.seq, found.ack, found.window = number.get("seq"), number.get("ack"), number.get("window")
    if "size" in number:
        found.size = number["size"]
        found.header = SHORTEST if match["options"] is None else _header(match["options"])
    elif "end" in number:
        found.size = (number["end"] - number["seq"]) & WORD
    return found


def _header(options: str) -> int | None:
    """The bytes of a header with these options; None if an option is not known."""
    size = SHORTEST
    for option in re.sub(r"\{[^}]*\}", "", options).split(","):
        word = option.split(" ", 1)[0]
        if word == "sack" and (blocks := _BLOCKS.match(option)) is not None:
            size += 2 + 8 * int(blocks[1])
        elif word in _OPTIONS:
            size += _OPTIONS[word]
        else:
            return None
    return min(-(-size // 4) * 4, 60)
