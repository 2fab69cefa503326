"""Every record of every capture as tcpdump reads it, to the nanosecond and the byte, but for what is meant."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from pcapcheck.capture.record import Interface
from pcapcheck.errors import CaptureError
from tests.support.captures import LAB, NO_CORPUS, by_name, some_of_all
from tests.support.meant import Allowed, Difference, Rule
from tests.support.reading import Reading, Record, read_file
from tests.support.tcpdump import MISSING, Output, run

# One group, since all of them need what was read once.
pytestmark = [
    pytest.mark.corpus,
    pytest.mark.xdist_group("against tcpdump"),
    pytest.mark.skipif(bool(MISSING), reason=MISSING),
]

# What tcpdump says where it stops at damage, which we note and read past.
DAMAGE = (
    r"too short|don't match|has a length of \d+ < \d+|bigger than snaplen|no Interface Description Block for|tried to"
)
# The bits that hold fractions of a second, and seconds.
FRACTION = 1 << 32
SECONDS = (1 << 32) * 10**9


@dataclass(frozen=True)
class Against(Difference):
    """A difference from tcpdump, with our record and why tcpdump stopped, if it did."""

    record: Record | None = None
    interface: Interface | None = None
    error: str = ""


def compare(reading: Reading, output: Output) -> Iterator[Against]:
    """Every difference; packets that only one side has count as one difference of the whole capture."""
    if len(reading.records) != len(output.packets):
        yield Against(0, "frames", len(reading.records), len(output.packets), error=output.error)
    if len(output.lines) != len(output.packets):
        yield Against(0, "lines", len(output.packets), len(output.lines), error=output.error)
    for number, (ours, packet) in enumerate(zip(reading.records, output.packets, strict=False), 1):
        interface = reading.interfaces[ours.interface]
        line = output.lines[number - 1] if number <= len(output.lines) else None
        compared = {
            "link type": (interface.link_type, output.link_type),
            "time": (ours.time, packet.time),
            "captured": (len(ours.data), len(packet.data)),
            "length": (ours.length, packet.length),
            "data": (ours.data[: len(packet.data)], packet.data),
            "printed time": (ours.time, line.time if line and line.time is not None else ours.time),
            "printed length": (ours.length, line.length if line and line.length is not None else ours.length),
        }
        for name, (value, other) in compared.items():
            if value != other:
                yield Against(number, name, value, other, ours, interface)


def gives_up(why: str) -> Callable[[Against], bool]:
    return lambda difference: difference.more > 0 and re.search(why, difference.error) is not None


def other_byte_order(difference: Against) -> bool:
    """Whether the block that is too large for tcpdump is a small block in the other byte order."""
    found = re.search(r"block size (\d+) > maximum (\d+)", difference.error)
    return found is not None and int.from_bytes(int(found[1]).to_bytes(4, "big"), "little") < int(found[2])


def cut_to_snaplen(difference: Against) -> bool:
    return (
        difference.more > 0 and difference.interface is not None and difference.theirs == difference.interface.snaplen
    )


def raised(difference: Against) -> bool:
    return difference.more > 0 and difference.record is not None and difference.ours == len(difference.record.data)


def has_no_time(difference: Against) -> bool:
    return difference.ours is None and difference.theirs == 0


def wrapped(bits: int) -> Callable[[Against], bool]:
    return lambda difference: difference.more > 0 and difference.more % bits == 0


RULES = [
    Rule(
        "tcpdump reads one link type per file", "frames", gives_up("has a type .* different from the type of the first")
    ),
    Rule("tcpdump reads one snapshot length per file", "frames", gives_up("has a snapshot length .* different from")),
    Rule("tcpdump wants blocks padded, which old writers did not do", "frames", gives_up("not a multiple of 4")),
    Rule("tcpdump reads a section's length in the byte order of the section before", "frames", other_byte_order),
    Rule("damage is noted and reading goes on; tcpdump stops there", "frames", gives_up(DAMAGE)),
    Rule("tcpdump cuts what is longer than the snapshot length; all bytes are kept here", "captured", cut_to_snaplen),
    Rule("a wire length below the captured length is raised to it", "length", raised),
    Rule("a wire length below the captured length is raised to it (printed)", "printed length", raised),
    Rule("tcpdump says 1970 where a packet has no time", "time", has_no_time),
    Rule("tcpdump says 1970 where a packet has no time (printed)", "printed time", has_no_time),
    Rule("the pcap that tcpdump writes has 32 bits of seconds", "time", wrapped(SECONDS)),
    Rule("the pcap reader of libpcap keeps 32 bits of seconds (printed)", "printed time", wrapped(SECONDS)),
    Rule("tcpdump reckons fractions of a second in 32 bits", "time", wrapped(FRACTION)),
    Rule("tcpdump reckons fractions of a second in 32 bits (printed)", "printed time", wrapped(FRACTION)),
]
# Those whose odd frames are wanted for the rules whatever the choice.
WANTED = ("tcpdump/tests/timestamp_invalid_micro.pcap", "tcpdump/tests/aoe-oobr-1.pcap")
ALLOWED: Allowed[Against] = Allowed(RULES, {})


@cache
def found(path: Path) -> tuple[Against, ...]:
    output = run(path)
    try:
        reading = read_file(path)
    except CaptureError as error:
        return () if output.error else (Against(0, "refused", str(error), "read"),)
    return tuple(compare(reading, output))


def test_records_are_those_that_tcpdump_reads() -> None:
    disagreements, _used = ALLOWED.sort(by_name(some_of_all(WANTED), found))
    assert disagreements == {}


def test_lines_tell_time_and_length() -> None:
    """Of ordinary captures every printed line was there to be compared."""
    for path in LAB:
        lines = run(path).lines
        assert all(line.time is not None for line in lines)
        assert path.name != "cali14e7d81007d.pcap" or all(line.length is not None for line in lines)


@pytest.mark.skipif(bool(NO_CORPUS), reason=NO_CORPUS)
def test_every_meant_difference_is_there() -> None:
    """What no longer differs is struck off the list."""
    _disagreements, used = ALLOWED.sort(by_name(some_of_all(WANTED), found))
    assert ALLOWED.entries() - used == set()
