"""Any text is read, or raises the documented error and no other."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pcapcheck.decode.decoder import Decoder
from pcapcheck.errors import CaptureError
from tests.support.captures import TEXTS
from tests.support.reading import open_bytes, read_bytes

GOOD = [path.read_text() for path in TEXTS]
LINES = [line for text in GOOD for line in text.splitlines()]
JUNK = st.sampled_from(
    ["# ", "> ", "\t", "    ", "\x1b[0m", "&gt;", "(", "[", ": ", ", length ", "\u00a0", "|", "\0", "\r"]
)


def digest(text: str) -> None:
    """Read and decode everything."""
    with suppress(CaptureError):
        reader = open_bytes(text.encode("utf-8", "surrogatepass"))
        decoder = Decoder(keep_all=True)
        for batch in reader.batches():
            decoder.decode(batch)
            assert len(batch.texts) == batch.count


@given(st.sampled_from(GOOD), st.integers(0, 6000), st.integers(0, 6000))
def test_cut_anywhere(text: str, start: int, end: int) -> None:
    digest(text[start:end])


@given(st.lists(st.one_of(st.sampled_from(LINES), st.text(max_size=60)), max_size=12), st.integers(10, 200), JUNK)
def test_shuffled_wrapped_and_prefixed(lines: list[str], width: int, prefix: str) -> None:
    broken = [line[start : start + width] for line in lines for start in range(0, max(1, len(line)), width)]
    digest("\n".join(prefix + line for line in broken))


@given(st.sampled_from(GOOD), st.lists(st.tuples(st.integers(0, 6000), JUNK), max_size=20))
def test_junk_between(text: str, places: list[tuple[int, str]]) -> None:
    for place, junk in places:
        text = text[:place] + junk + text[place:]
    digest(text)


@given(st.sampled_from([line for line in LINES if "length" in line]), st.data())
def test_numbers_beyond_all_bounds(line: str, data: st.DataObject) -> None:
    number = data.draw(st.sampled_from(["65536", "4294967296", "9" * 30, "0", "-1"]))
    words = line.split(" ")
    place = data.draw(st.integers(0, len(words) - 1))
    words[place] = "".join(number if letter.isdigit() else letter for letter in words[place])
    digest(" ".join(words))


@pytest.mark.parametrize(
    "line",
    [
        "16:22:59.584235 aa:64:43:69:fd:8d > ee:ee:ee:ee:ee:ee, ethertype IPv4 (0x0800), length 99999999999999999999: "
        "10.0.0.1 > 10.0.0.2: ICMP echo request, id 15, seq 0, length 64",
        "16:22:59.584235 IP6 (hlim 64, next-header unknown (999) payload length: 20) fd00::1 > fd00::2: unknown",
    ],
)
def test_numbers_that_no_field_holds(line: str) -> None:
    assert read_bytes(line.encode()).problems == []


@pytest.mark.parametrize(
    "part",
    ["16:22:59.584235 ", "(", "16:22:59.584235 IP ", "> # | ", "HBH (a) ", "kubectl a -- ", "<a ", "aa:", "a > b: "],
)
def test_long_lines_do_not_take_long(part: str) -> None:
    """Where an expression goes back and forth over a line, this takes minutes."""
    digest("16:22:59.584235 ARP, Request who-has 10.0.0.1 tell 10.0.0.2, length 28\n" + part * (300_000 // len(part)))


def test_names_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pcapcheck.capture.host_names.MOST_NAMES", 0)
    text = "16:22:59.584235 IP never-seen-before > 10.0.0.2: ICMP echo request, id 1, seq 1, length 64\n"
    good = "16:22:59.584235 ARP, Request who-has 10.0.0.1 tell 10.0.0.2, length 28\n"
    assert [problem.kind for problem in read_bytes((good + text).encode()).problems] == ["not-understood"]
