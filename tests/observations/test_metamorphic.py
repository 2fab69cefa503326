"""What must not change a verdict: unrelated traffic, another container, finer clocks, a VLAN tag, the other link end.

And what may only make it more careful: a recording cut short, or one without destination MACs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pcapcheck import CaptureError, analyze
from tests.support.lab import CAPTURES, EXPECTED, captures, statuses
from tests.support.transcripts import MISSING, printed
from tests.support.wire import (
    Frame,
    cooked,
    cooked2,
    ethernet,
    mac,
    read_frames,
    with_vlan,
    write_pcap,
    write_pcapng,
)

pytestmark = pytest.mark.corpus

NAME = "cali14e7d81007d"
ONE_LINK = sorted(
    scenario for scenario in EXPECTED if (CAPTURES / scenario / f"{NAME}.pcap").exists() and scenario != "snaplen-64"
)


def load(scenario: str) -> list[Frame]:
    return read_frames(CAPTURES / scenario / f"{NAME}.pcap")


def judge(path: Path) -> str:
    return statuses(analyze(path))


def original(scenario: str) -> str:
    return judge(CAPTURES / scenario / f"{NAME}.pcap")


@pytest.mark.parametrize("scenario", ONE_LINK)
class TestUnchanged:
    """The same traffic, recorded otherwise."""

    def test_pcapng(self, scenario: str, tmp_path: Path) -> None:
        assert judge(write_pcapng(tmp_path / "any.pcapng", load(scenario), NAME)) == original(scenario)

    def test_nanoseconds(self, scenario: str, tmp_path: Path) -> None:
        assert judge(write_pcap(tmp_path / f"{NAME}.pcap", load(scenario), nanoseconds=True)) == original(scenario)

    def test_vlan(self, scenario: str, tmp_path: Path) -> None:
        tagged = [(time, with_vlan(frame)) for time, frame in load(scenario)]
        assert judge(write_pcap(tmp_path / f"{NAME}.pcap", tagged)) == original(scenario)

    def test_unrelated_traffic(self, scenario: str, tmp_path: Path) -> None:
        """Frames of another protocol from machines already there, and a multicast of each."""
        frames = load(scenario)
        noise: list[Frame] = []
        for time, frame in frames:
            noise.append((time, ethernet(frame[6:12].hex(":"), "01:80:c2:00:00:0e", 0x88CC, b"\0" * 40)))
            noise.append((time, frame))
        assert judge(write_pcap(tmp_path / f"{NAME}.pcap", noise)) == original(scenario)


@pytest.mark.parametrize("scenario", ["healthy", "proxy-arp-off", "random-cali-mac", "pod-drops-icmp", "two-answers"])
def test_pod_end(scenario: str, tmp_path: Path) -> None:
    """Frames on a veth pair are the same at both ends; only the name differs."""
    inside = tmp_path / "eth0.pcap"
    inside.write_bytes((CAPTURES / scenario / f"{NAME}.pcap").read_bytes())
    assert judge(inside) == original(scenario)


Cook = Callable[[bytes, bool], bytes]


# In that of ebpf-bypass nothing but their MAC shows that frames are the node's; in -i any the direction does too.
@pytest.mark.parametrize("scenario", [one for one in ONE_LINK if "bridged" not in one and one != "ebpf-bypass"])
@pytest.mark.parametrize(("cook", "link_type"), [(cooked, 113), (cooked2, 276)])
def test_cooked_is_only_more_careful(scenario: str, cook: Cook, link_type: int, tmp_path: Path) -> None:
    """-i any loses destination MACs: a verdict may become not-checked, never another one."""
    frames = load(scenario)
    pods = {mac("5a:8a:10:57:e2:03"), mac("96:2f:c8:41:0d:5b"), mac("02:50:56:aa:20:0e"), mac("aa:64:43:69:fd:8d")}
    told = [(time, cook(frame, frame[6:12] not in pods)) for time, frame in frames]
    after = judge(write_pcap(tmp_path / f"{NAME}.pcap", told, link_type))
    assert_more_careful(original(scenario), after)


# Its replies come two seconds late: cut between request and reply it shows an echo without one.
@pytest.mark.parametrize("scenario", [one for one in ONE_LINK if one != "late-replies"])
def test_cut_short_is_only_more_careful(scenario: str, tmp_path: Path) -> None:
    """Wherever a healthy recording ends it is no failure; a fault may not yet show."""
    frames = load(scenario)
    healthy = "F" not in original(scenario)
    for count in range(1, len(frames)):
        after = judge(write_pcap(tmp_path / f"{NAME}.pcap", frames[:count]))
        assert not healthy or "F" not in after, f"cut after frame {count}: {after}"


WINDOWED = sorted(
    scenario
    for scenario, expected in EXPECTED.items()
    if "F" not in expected
    and all(one.suffix == ".pcap" for one in captures(scenario))
    # Of one direction that has no proof in a window a healthy node looks as a dead one does, which is said there.
    and not scenario.startswith(("direction-", "any"))
)


def windows(scenario: str, folder: Path, step: int) -> Iterator[list[Path]]:
    """Parts of all captures of a scenario over the same time, of some of its length and beginning everywhere."""
    frames = {one.name: read_frames(one) for one in captures(scenario)}
    times = sorted({time for some in frames.values() for time, _ in some})
    for begin in range(0, len(times), step):
        for end in range(begin, len(times), step):
            parts = {
                name: [(time, frame) for time, frame in some if times[begin] <= time <= times[end]]
                for name, some in frames.items()
            }
            yield [write_pcap(folder / name, part) for name, part in parts.items() if part]


@pytest.mark.parametrize("scenario", ["healthy", "healthy-dual-stack", "two-nodes-plain", "traceroute", "tcp-busy"])
def test_window_of_a_healthy_observation(scenario: str, tmp_path: Path) -> None:
    """Wherever recordings of several links begin and end, it is no failure."""
    for parts in windows(scenario, tmp_path, 7):
        assert "F" not in statuses(analyze(*parts))


@pytest.mark.slow
@pytest.mark.parametrize("scenario", WINDOWED)
def test_every_window_of_a_healthy_observation(scenario: str, tmp_path: Path) -> None:
    for parts in windows(scenario, tmp_path, 2):
        assert "F" not in statuses(analyze(*parts))


@pytest.mark.skipif(bool(MISSING), reason=MISSING)
@pytest.mark.parametrize("options", ["-nnt", "-nnte", "-nntev"])
@pytest.mark.parametrize("scenario", ["healthy", "healthy-dual-stack", "traceroute", "proxy-arp-off", "pod-drops-icmp"])
def test_text_without_times_is_only_more_careful(scenario: str, options: str, tmp_path: Path) -> None:
    """The time column cut off, and the text after any packet: what is there fails only where the whole did."""
    for path in captures(scenario):
        before = judge(path)
        lines = printed(path, options).splitlines()
        for count in range(1, len(lines) + 1):
            text = tmp_path / "paste.txt"
            text.write_text(f"listening on {path.stem}, link-type EN10MB (Ethernet)\n" + "\n".join(lines[1:count]))
            try:
                after = judge(text)
            except CaptureError:
                continue
            changed = [(was, now) for was, now in zip(before, after, strict=True) if now == "F" and was != "F"]
            assert not changed, f"after line {count}: {before} became {after}"


def assert_more_careful(before: str, after: str) -> None:
    changed = [(was, now) for was, now in zip(before, after, strict=True) if was != now]
    assert all(now == "-" for _, now in changed), f"{before} became {after}"


def test_several_captures_judge_like_each_alone() -> None:
    """An observation of two links fails where either does; what it says of hops is said by none alone."""
    files = captures("random-cali-mac")
    one_link = slice(len("PPPP PPP P P"))
    alone = [statuses(analyze(path))[one_link] for path in files]
    both = statuses(analyze(*files))[one_link]
    worst = "".join("F" if "F" in pair else "P" if "P" in pair else pair[0] for pair in zip(*alone, strict=True))
    assert both == worst
