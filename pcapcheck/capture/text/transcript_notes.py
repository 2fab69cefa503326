"""What is wrong with a transcript, noted while it is read: lines not understood, rows left out, wrong checksums."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pcapcheck.capture.record import (
    BAD_CHECKSUM,
    CUT,
    DNS_NOT_PRINTED,
    FIRST_ALONE,
    FLAGS_NOT_PRINTED,
    IN_FRAGMENTS,
    Problem,
    Text,
)

# The most lines that are shown of those not understood.
MOST_SHOWN = 20
WORDS_SHOWN = 100
# How many other lines are kept, and how much of each.
MOST_ASIDE = 1000
WORDS_ASIDE = 1000
# A prompt at which nothing was typed.
_AT_REST = re.compile(r"[^#$%>]{0,100}[#$%>]\s*")
# The outer header of VXLAN, which tcpdump calls OTV on the port of Linux (print-udp.c).
_WRONG_TUNNEL = re.compile(r"\[bad udp cksum [^]]*\] ?(?:VXLAN|OTV)\b")
# How many bytes tcpdump misses of a packet, and how many of its data it says that there are.
_CUT = re.compile(r"\btruncated-ip6? - (\d{1,5}) bytes missing\b.*\blength (\d{1,5})\b", re.DOTALL)


class TranscriptNotes:
    """Collects the problems of one transcript in ``problems``; ``finish`` adds those that are counted.

    ``left_out`` counts the frames that the numbers of tshark's rows leave out. ``other_after`` is the first other line
    after the description of the capture.
    """

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.left_out = 0
        self.other_after: int | None = None
        # Lines that are neither packets nor tcpdump's: other readers may know them.
        self._aside: list[tuple[int, str]] = []
        self._other_lines = self._first_other = self._last_other = 0
        self._not_understood = 0
        self._bad_sums = self._first_bad_sum = 0
        self._wrong_tunnels: list[int] = []
        self._fragments: list[int] = []
        self._cut: list[int] = []
        # Lines of first fragments by source and destination; None where others followed.
        self._firsts: dict[tuple[int | None, int | None], list[int] | None] = {}
        self._in_pieces = self._first_in_pieces = 0
        self._quiet = self._first_quiet = 0

    def not_understood(self, text: Text, frame: int) -> None:
        """Note that ``frame`` stands for a line that looks like a packet but is not understood."""
        self._not_understood += 1
        if self._not_understood <= MOST_SHOWN:
            shown = text.words.strip()[:WORDS_SHOWN]
            self.problems.append(
                Problem(
                    "not-understood",
                    f"line {text.first} looks like a packet but is not understood: {shown!r}",
                    frame=frame,
                )
            )

    def bad_sum(self, text: Text) -> None:
        """Note a packet with a wrong checksum."""
        self._bad_sums += 1
        self._first_bad_sum = self._first_bad_sum or text.first
        if len(self._wrong_tunnels) < MOST_ASIDE and _WRONG_TUNNEL.search(text.words):
            self._wrong_tunnels.append(text.first)

    def tunnel_in_fragments(self, text: Text) -> None:
        """Note the first fragment of a tunnel's packet, which holds only a part of the packet inside."""
        if len(self._fragments) < MOST_ASIDE:
            self._fragments.append(text.first)

    def cut(self, text: Text) -> None:
        """Note a packet that is shorter than its header says, if most of it is there: a tool cuts to a few bytes."""
        found = _CUT.search(text.words)
        if found and int(found[1]) * 2 < int(found[2]) and len(self._cut) < MOST_ASIDE:
            self._cut.append(text.first)

    def fragment(self, ends: tuple[int | None, int | None], later: bool, text: Text) -> None:
        """Note a fragment of a packet between two addresses, the first of its packet or a later one."""
        if later:
            self._firsts[ends] = None
        elif len(self._firsts) < MOST_ASIDE and (lines := self._firsts.setdefault(ends, [])) is not None:
            lines.append(text.first)

    def dns_in_pieces(self, line: int) -> None:
        """Note a segment of DNS over TCP whose messages are not printed."""
        self._in_pieces += 1
        self._first_in_pieces = self._first_in_pieces or line

    def without_flags(self, line: int) -> None:
        """Note a segment of TCP whose flags are not printed."""
        self._quiet += 1
        self._first_quiet = self._first_quiet or line

    def other(self, number: int, line: str) -> None:
        """Note a line that is neither a packet nor tcpdump's."""
        if len(self._aside) < MOST_ASIDE:
            self._aside.append((number, line[:WORDS_ASIDE]))
        if self.other_after is None and not _AT_REST.fullmatch(line):
            self.other_after = number
        if number != self._last_other:
            self._other_lines += 1
        self._first_other = min(self._first_other or number, number)
        self._last_other = number

    def finish(self) -> None:
        """Add the problems that are counted over the whole text."""
        self.problems += [*self._of_rows(), *self._of_packets(), *self._of_segments(), *self._of_others()]

    def _of_rows(self) -> Iterator[Problem]:
        """What looks like packets, or is left out of a list of them."""
        if self._not_understood > MOST_SHOWN:
            more = self._not_understood - MOST_SHOWN
            yield Problem("not-understood", f"{more} more lines look like packets but are not understood")
        if self.left_out:
            yield Problem(
                "rows-left-out",
                f"the numbers of the rows leave {self.left_out} frames out: with a display filter (-Y), or lines "
                "that were not pasted, a missing answer proves nothing",
            )

    def _of_packets(self) -> Iterator[Problem]:
        """Packets that are wrong, or not whole."""
        if self._bad_sums:
            packets = _number(self._bad_sums, "packet")
            yield Problem(
                BAD_CHECKSUM,
                f"tcpdump calls the checksum of {packets} wrong (first: line {self._first_bad_sum}): normal where "
                "they were sent, since the NIC computes it later; where they were received over a NIC or a tunnel, "
                "the receiver drops them (compare ethtool -k)",
                tunnels=tuple(self._wrong_tunnels),
            )
        if self._fragments:
            packets = _number(len(self._fragments), "tunnel packet")
            yield Problem(
                IN_FRAGMENTS,
                f"{packets} in fragments (first: line {self._fragments[0]}): what is inside is cut there",
                fragments=tuple(self._fragments),
            )
        firsts = sorted(line for lines in self._firsts.values() for line in lines or ())
        if firsts:
            packets = _number(len(firsts), "packet")
            yield Problem(
                FIRST_ALONE,
                f"of {packets} the first fragment alone (first: line {firsts[0]})",
                firsts=tuple(firsts),
            )
        if self._cut:
            packets = _number(len(self._cut), "packet")
            yield Problem(
                CUT,
                f"{packets} shorter than the header says (first: line {self._cut[0]})",
                cut=tuple(self._cut),
            )

    def _of_segments(self) -> Iterator[Problem]:
        """What a text does not print of TCP."""
        if self._in_pieces:
            segments = _number(self._in_pieces, "segment")
            yield Problem(
                DNS_NOT_PRINTED,
                f"tcpdump does not print the DNS messages of {segments} of TCP (first: line "
                f"{self._first_in_pieces}), since none is exactly one message: whether they are answered is not "
                "known; record with -w",
            )
        if self._quiet:
            segments = _number(self._quiet, "segment")
            yield Problem(
                FLAGS_NOT_PRINTED,
                f"the flags of {segments} of TCP are not printed (first: line {self._first_quiet}): whether "
                "connections are answered is not known; print without -q",
            )

    def _of_others(self) -> Iterator[Problem]:
        """Lines that are neither packets nor tcpdump's."""
        if self._other_lines:
            lines = _number(self._other_lines, "line")
            yield Problem(
                "other-text",
                f"{lines} ignored (neither packets nor tcpdump output), first: line {self._first_other}",
                aside=tuple(self._aside),
            )


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
