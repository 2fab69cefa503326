"""Times in all the styles of tcpdump."""

from __future__ import annotations

import pytest

from tests.support.reading import read_bytes

SECOND = 10**9
DAY = 24 * 3600 * SECOND
PACKET = "IP 10.0.0.1 > 10.0.0.2: ICMP echo request, id 1, seq 1, length 64"


def times(*stamps: str) -> list[int | None]:
    text = "".join(f"{stamp} {PACKET}\n" if stamp else f"{PACKET}\n" for stamp in stamps)
    return [record.time for record in read_bytes(text.encode()).records]


@pytest.mark.parametrize(
    ("stamps", "expected"),
    [
        (("", ""), [None, None]),
        (("00:00:01.000002", "00:00:01.000001"), [SECOND + 2000, SECOND + 1000]),
        (("00:00:01.000000002",), [SECOND + 2]),
        (("00:00:01",), [SECOND]),
        (("1700000000.000001", "1700000000.5"), [1_700_000_000 * SECOND + 1000]),
        (("1970-01-02 00:00:01.000001",), [DAY + SECOND + 1000]),
        (("23:59:59.900000", "00:00:00.100000", "00:00:00.200000"), [DAY - 10**8, DAY + 10**8, DAY + 2 * 10**8]),
        ((" 00:00:00.000000", " 00:00:02.000000", " 00:00:01.000000"), [0, 2 * SECOND, 3 * SECOND]),
        ((" 00:00:00.000000", " 00:00:01.000000", " 00:00:02.000000"), [0, SECOND, 2 * SECOND]),
    ],
    ids=["-t", "default", "nano", "whole", "-tt", "-tttt", "midnight", "-ttt", "-ttttt"],
)
def test_styles(stamps: tuple[str, ...], expected: list[int | None]) -> None:
    assert times(*stamps) == expected


def test_differences_are_summed_up_however_late_the_first_smaller_one_comes() -> None:
    stamps = ["00:00:00.000000", *(f"00:00:00.{1000 * n:06d}" for n in range(1, 50)), "00:00:00.000010"]
    assert times(*stamps)[-1] == (1000 * sum(range(50)) + 10) * 1000


SEVERAL_INTERFACES = "00:00:0{0}.000032 00:00:0{0}.000028 00:00:0{0}.003980 00:00:0{0}.003990"


def test_times_since_the_first_may_fall_back_a_little() -> None:
    """Packets of several interfaces are printed in the order of their files."""
    stamps = [stamp for n in range(4) for stamp in (f"00:00:0{n}.000000", *SEVERAL_INTERFACES.format(n).split())]
    expected = [n * 10**9 + micros * 1000 for n in range(4) for micros in (0, 32, 28, 3980, 3990)]
    assert times(*stamps) == expected


def test_few_times_that_fall_back_a_little_may_be_either() -> None:
    """Pings recorded in one direction, with times since the packet before; or packets seen on several interfaces."""
    assert (
        times("00:00:00.000000", "00:00:00.000015", "00:00:00.000006", "00:00:01.003177", "00:00:01.023992")
        == [None] * 5
    )


def test_many_times_since_the_first() -> None:
    stamps = [f"00:00:00.{n:06d}" for n in range(500)]
    assert times(*stamps) == [1000 * n for n in range(500)]


@pytest.mark.parametrize("stamp", ["25:00:00.000000", "00:61:00.000000", "2026-13-45 00:00:00.000000"])
def test_impossible_times_are_absent(stamp: str) -> None:
    assert times("00:00:01.000000", stamp)[1:] in ([None], [])
