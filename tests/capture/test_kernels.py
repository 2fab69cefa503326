"""The loops: compiled or not, in batches and windows of any size, they yield the same."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.made.containers import Packet, pcap
from pcapcheck.errors import CaptureError
from pcapcheck.kernels import KERNELS, digest_of
from tests.support.captures import LAB, MADE, PUBLIC, TEXTS, name_of
from tests.support.kernels import NOT_COMPILED, PACKAGE, PLAIN, plain_loops, users
from tests.support.reading import Decoding, Reading, decode_bytes, read_bytes

compiled = pytest.mark.skipif(bool(NOT_COMPILED), reason=NOT_COMPILED)


def outcome(data: bytes, keep_all: bool = True) -> tuple[Reading, Decoding] | str:
    """All that is read and decoded, or why nothing is."""
    try:
        return read_bytes(data), decode_bytes(data, keep_all)
    except CaptureError as error:
        return str(error)


@compiled
def test_compiled_loops_are_of_the_present_source() -> None:
    """If this fails: python setup.py build_ext --inplace."""
    digests = json.loads((PACKAGE / "kernels.json").read_text())
    for name in KERNELS:
        assert digests[name] == digest_of(name), f"{name} is stale"


@pytest.mark.parametrize("name", KERNELS)
def test_loops_that_check_nothing_read_captures_only_by_functions_that_do(name: str) -> None:
    source = (PACKAGE.parent / (name.replace(".", "/") + ".py")).read_text()
    if "boundscheck=False" in source:
        assert not re.search(r"\bbuffer\[", source)


def test_every_loop_is_swapped() -> None:
    """Except functions that another loop uses, which then has the plain versions itself."""
    assert {kernel for _, _, kernel in users()} == set(KERNELS) - {
        "pcapcheck.decode.icmp_arp",
        "pcapcheck.decode.headers",
        "pcapcheck.decode.grouping",
        "pcapcheck.decode.datagrams",
        "pcapcheck.decode.dns_names",
        "pcapcheck.decode.dns_messages",
        "pcapcheck.decode.dns_streams",
        "pcapcheck.decode.events",
        "pcapcheck.decode.arp_messages",
        "pcapcheck.decode.segments",
        "pcapcheck.decode.sighting",
        "pcapcheck.decode.error_reading",
        "pcapcheck.decode.checksums",
        "pcapcheck.decode.row_writer",
        "pcapcheck.exchanges.answered_exchanges",
        "pcapcheck.exchanges.early_answers",
        "pcapcheck.exchanges.ended_conversations",
        "pcapcheck.exchanges.ended_exchanges",
        "pcapcheck.exchanges.exchange_key",
        "pcapcheck.exchanges.kept_answers",
        "pcapcheck.exchanges.repeated_questions",
        "pcapcheck.exchanges.resolution_rows",
        "pcapcheck.exchanges.tcp_holes",
        "pcapcheck.exchanges.tcp_progress",
        "pcapcheck.exchanges.transfer_rows",
        "pcapcheck.ruleset.field_values",
        "pcapcheck.ruleset.leaf_results",
        "pcapcheck.ruleset.rule_bins",
        "pcapcheck.ruleset.value_spreads",
    }
    with plain_loops():
        assert not list(users())
    assert all(str(module.__file__).endswith(".py") for module in PLAIN.values())


@compiled
@pytest.mark.parametrize("keep_all", [True, False])
@pytest.mark.parametrize("path", [*MADE, *LAB, *TEXTS], ids=name_of)
def test_compiled_and_plain_agree(path: Path, keep_all: bool) -> None:
    data = path.read_bytes()
    with plain_loops():
        plain = outcome(data, keep_all)
    assert outcome(data, keep_all) == plain


@compiled
@pytest.mark.corpus
@pytest.mark.skipif(not PUBLIC, reason="the public captures are not here")
def test_compiled_and_plain_agree_on_public_captures() -> None:
    differing = []
    for path in PUBLIC:
        data = path.read_bytes()
        with plain_loops():
            plain = outcome(data)
        if outcome(data) != plain:
            differing.append(name_of(path))
    assert differing == []


@compiled
@given(
    st.sampled_from((0, 1, 12, 101, 108, 113, 228, 229, 276, 0x24000001)), st.lists(st.binary(max_size=120), max_size=4)
)
def test_compiled_and_plain_agree_on_garbage(link: int, frames: list[bytes]) -> None:
    data = pcap([Packet(frame) for frame in frames], link=link)
    with plain_loops():
        plain = outcome(data)
    assert outcome(data) == plain


@compiled
@given(st.data())
def test_compiled_and_plain_agree_on_damage(data: st.DataObject) -> None:
    """Bytes of a small capture overwritten at random: lengths, kinds and headers that contradict each other."""
    capture = bytearray(data.draw(st.sampled_from(SMALL)))
    for _ in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(0, len(capture) - 1))
        capture[place] = data.draw(st.integers(0, 255))
    with plain_loops():
        plain = outcome(bytes(capture))
    assert outcome(bytes(capture)) == plain


@pytest.mark.parametrize("batch_frames", [1, 7])
@pytest.mark.parametrize("path", [*MADE, *LAB, *TEXTS], ids=name_of)
def test_batch_size_does_not_matter(path: Path, batch_frames: int) -> None:
    data = path.read_bytes()
    assert read_bytes(data, batch_frames) == read_bytes(data)
    assert decode_bytes(data, batch_frames=batch_frames) == decode_bytes(data)
    assert decode_bytes(data, False, batch_frames) == decode_bytes(data, False)


@pytest.mark.parametrize("window", [1, 24, 100, 257])
@pytest.mark.parametrize("path", [*MADE, *TEXTS], ids=name_of)
def test_window_size_does_not_matter(path: Path, window: int) -> None:
    data = path.read_bytes()
    assert read_bytes(data, window=window) == read_bytes(data)


SMALL = [path.read_bytes() for path in MADE]
