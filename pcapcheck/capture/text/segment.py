"""A TCP segment as tcpdump prints it (its print-tcp.c): flags, numbers, window, options and how much data."""

from __future__ import annotations

import re
from functools import lru_cache

from pcapcheck.capture.text.printed_packet import RIGHT, Transport
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
    r"(?:, cksum 0x([0-9a-f]{1,4}) \((correct)?[^)]{0,40}\))?(?:, seq (\d{1,10})(?::(\d{1,10}))?)?"
    r"(?:, ack (\d{1,10}))?(?:, win (\d{1,10}))?(?:, urg \d{1,5})?"
    r"(?:, options \[([^\]]{0,400})\])?(?:, length (\d{1,10}))?"
)
# What options take, kind and length included (RFC 9293, 7323, 2018).
_OPTIONS = {"eol": 1, "nop": 1, "mss": 4, "wscale": 3, "sackOK": 2, "TS": 10}
_MSS = re.compile(r"\bmss (\d{1,5})\b")
_BLOCKS = re.compile(r"sack (\d) ")
_BRACES = re.compile(r"\{[^}]*\}")
# What nearly all segments carry: the times of RFC 7323.
_TIMED = "nop,nop,TS "
WORD = 0xFFFFFFFF
SHORTEST = 20
_WITH_TIMES = SHORTEST + 12


def segment(flags: str, text: str) -> Transport:
    """The segment with these flags; ``text`` is what follows them, which may have been cut anywhere."""
    match = _BEHIND.match(text)
    assert match is not None
    return segment_of(flags, *match.groups())


def segment_of(
    flags: str,
    checksum: str | None,
    correct: str | None,
    seq: str | None,
    end: str | None,
    ack: str | None,
    window: str | None,
    options: str | None,
    size: str | None,
) -> Transport:
    """The segment of these fields, each as it is printed; ``end`` is the sequence number after its data."""
    found = Transport(
        TCP,
        flags=_bits(flags),
        seq=None if seq is None else int(seq) & WORD,
        ack=None if ack is None else int(ack) & WORD,
        window=None if window is None else int(window) & WORD,
        checksum=None if checksum is None else RIGHT if correct else int(checksum, 16),
    )
    if size is not None:
        found.size = int(size) & WORD
        found.header = SHORTEST if options is None else _header(options)
        if options is not None and (offered := _MSS.search(options)) is not None:
            found.mss = int(offered[1]) & 0xFFFF
    elif end is not None and found.seq is not None:
        found.size = (int(end) - found.seq) & WORD
    return found


@lru_cache(maxsize=1 << 8)
def _bits(flags: str) -> int:
    return 0 if flags == _NO_FLAGS else sum(_BITS.get(letter, 0) for letter in flags)


def _header(options: str) -> int | None:
    """The bytes of a header with these options; None if an option is not known."""
    if options.startswith(_TIMED) and options.find(",", len(_TIMED)) < 0 and "{" not in options:
        return _WITH_TIMES
    size = SHORTEST
    for option in (_BRACES.sub("", options) if "{" in options else options).split(","):
        word = option.split(" ", 1)[0]
        if word == "sack" and (blocks := _BLOCKS.match(option)) is not None:
            size += 2 + 8 * int(blocks[1])
        elif word in _OPTIONS:
            size += _OPTIONS[word]
        else:
            return None
    return min(-(-size // 4) * 4, 60)
