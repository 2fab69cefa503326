"""Cut, shuffled, huge and senseless states: an answer or one clear error, never an exception of another kind."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pcapcheck.errors import StateError
from pcapcheck.nodestate.read_state import MOST_BYTES, MOST_LINES, read_state
from pcapcheck.pipeline import analyze_state
from tests.support.lab import CAPTURES
from tests.support.states import PASTES, state_of

TEXTS = [path.read_text() for path in (*sorted(PASTES.iterdir()), CAPTURES / "duplicate-ip" / "state.txt")]
CALM = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def judged(text: str, folder: Path) -> None:
    """Judge a text; nothing but StateError may come."""
    path = folder / "paste.txt"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    try:
        analysis = analyze_state(path)
    except StateError as error:
        said = str(error)
    else:
        said = analysis.to_dict()["headline"]
    assert said
    assert "\n" not in said


@CALM
@given(st.sampled_from(TEXTS), st.integers(0, 1 << 20), st.integers(0, 1 << 20))
def test_cut(tmp_path: Path, text: str, start: int, end: int) -> None:
    start, end = sorted((start % len(text), end % len(text)))
    judged(text[start:end], tmp_path)


@pytest.mark.slow
@CALM
@given(st.sampled_from(TEXTS), st.integers(0, 1 << 30))
def test_shuffled(tmp_path: Path, text: str, seed: int) -> None:
    lines = text.split("\n")
    random.Random(seed).shuffle(lines)
    judged("\n".join(lines), tmp_path)


@pytest.mark.slow
@CALM
@given(st.sampled_from(TEXTS), st.integers(0, 1 << 30))
def test_words_swapped_for_others(tmp_path: Path, text: str, seed: int) -> None:
    chance = random.Random(seed)
    words = text.split(" ")
    for _ in range(30):
        words[chance.randrange(len(words))] = chance.choice(
            ("", "-1", "if", "@", "::", "1e999", "{", "]", "9" * 30, "%s", "\0")
        )
    judged(" ".join(words), tmp_path)


@CALM
@given(st.text(max_size=400))
def test_any_text(tmp_path: Path, text: str) -> None:
    judged(text, tmp_path)
    judged(f"# ip addr\n{text}\n$ ip -j route\n[{text}", tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        "{" * 100_000,
        '[{"a":' * 50_000,
        '{"a":[\n' * 50_000,
        "[" * 100_000 + "\n# ip route\ndefault via 10.0.0.1 dev eth0\n",
        "# cat /proc/sys/net/ipv4/conf/" + "{a,b}" * 60 + "/proxy_arp\n1\n",
        "sudo " * 100_000 + "ip route\n",
        "$ " + "(" * 15_000 + "\n",
        "331: cali14e7d81007d@if" + "9" * 5000 + ": <UP> mtu " + "9" * 5000 + " qdisc\n",
        "root@" + "a" * 100_000 + ":~# ip route\n",
        "1: " + "a" * 3000 + ": <UP> mtu 1500\n",
        "a@" * 7000 + "\n",
        "-" * 70 + " node " + "=" * 70 + "\n",
    ],
    ids=lambda text: text[:12],
)
def test_grown_without_measure(text: str, tmp_path: Path) -> None:
    judged(text, tmp_path)


def test_a_file_without_anything_of_a_node(tmp_path: Path) -> None:
    for text in ("", "\n\n", "Dear all,\nit does not work.\n", "\x7fELF\0\0\0", "$ ping 10.0.0.1\nPING 10.0.0.1\n"):
        with pytest.raises(
            StateError,
            match=r"paste\.txt: (the file is blank|nothing in it was understood).*'pcapcheck node-script'",
        ):
            state_of(text, tmp_path)


def test_one_file_of_several_without_anything(tmp_path: Path) -> None:
    (tmp_path / "empty.txt").write_text("nothing\n")
    with pytest.raises(StateError, match=r"empty\.txt"):
        read_state([CAPTURES / "healthy" / "state.txt", tmp_path / "empty.txt"])


def test_what_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(StateError, match="No such file"):
        read_state([tmp_path / "missing.txt"])
    with pytest.raises(StateError, match="directory"):
        read_state([tmp_path])


def test_larger_than_any_node(tmp_path: Path) -> None:
    path = tmp_path / "large.txt"
    with path.open("wb") as stream:
        stream.truncate(MOST_BYTES + 1)
    with pytest.raises(StateError, match="larger than 16 MiB"):
        read_state([path])
    path.write_text("\n" * (MOST_LINES + 1))
    with pytest.raises(StateError, match="lines"):
        read_state([path])


def test_more_interfaces_than_any_node(tmp_path: Path) -> None:
    lines = "".join(f"10.{n >> 16}.{n >> 8 & 255}.{n & 255} dev cali{n:011x} scope link\n" for n in range(6000))
    with pytest.raises(StateError, match="more than 5000 pod links"):
        state_of(f"# ip route\n{lines}", tmp_path)


@pytest.mark.slow
def test_more_of_anything_than_any_node(tmp_path: Path) -> None:
    prompts = "".join(f"root@h{n}:~# ip route\ndefault via 10.0.0.1 dev eth0\n" for n in range(3000))
    with pytest.raises(StateError, match="more than 2000 nodes and pods"):
        state_of(prompts, tmp_path)
    with pytest.raises(StateError, match="more than 20000 outputs"):
        state_of("# ip route\ndefault via 10.0.0.1 dev eth0\n" * 21_000, tmp_path)
    routes = "".join(f"10.{n >> 16}.{n >> 8 & 255}.{n & 255} dev eth0 scope link\n" for n in range(210_000))
    with pytest.raises(StateError, match="more than 200000 routes"):
        state_of(f"# ip route\n{routes}", tmp_path)


def test_the_first_of_many_strange_lines_are_reported(tmp_path: Path) -> None:
    state = state_of("# ip route\ndefault via 10.0.0.1 dev eth0\n" + "what is this\n" * 1000, tmp_path)
    assert len(state.problems) + state.more_problems == 1000
    assert len(state.problems) < 100


def test_control_characters_are_shown_not_sent(tmp_path: Path) -> None:
    path = tmp_path / "paste.txt"
    path.write_text("# ip route\ndefault via 10.0.0.1 dev eth0\nevil \x1b]0;title\x07\x9b2J\n")
    (line,) = analyze_state(path).not_understood
    assert line.isprintable()
