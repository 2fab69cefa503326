"""Bundles in every layout come to what the same outputs come to when pasted; damage to a file adds no cause."""

from __future__ import annotations

import gzip
import random
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from pcapcheck import analyze, analyze_state
from pcapcheck.analysis import Analysis
from pcapcheck.capture.text.encodings import is_binary
from tests.support.lab import CAPTURES
from tests.support.layouts import LAYOUTS, Laid

SCENARIOS = sorted(folder.name for folder in CAPTURES.iterdir() if (folder / "state.txt").exists())
FEW = ("missing-host-route", "two-nodes-vxlan")


def captures(scenario: str) -> list[Path]:
    return sorted(path for path in (CAPTURES / scenario).iterdir() if path.suffix.startswith(".pcap"))


def comes_to(analysis: Analysis) -> tuple[str, set[str], set[str]]:
    """The verdict, the causes that are confirmed, and the rules that failed."""
    causes = {
        suspect.cause.id
        for diagnosis in analysis.diagnoses
        for suspect in diagnosis.suspects
        if suspect.status == "confirmed"
    }
    return analysis.verdict, causes, {finding.rule.id for finding in analysis.failures}


def judged(scenario: str, laid: Laid, folder: Path) -> Analysis:
    path = folder / laid.name
    path.write_bytes(laid.bytes())
    return analyze(*captures(scenario), path)


@cache
def from_the_whole(scenario: str) -> tuple[str, set[str], set[str]]:
    return comes_to(analyze(CAPTURES / scenario))


def every() -> list[Any]:
    return [*FEW, *(pytest.param(name, marks=pytest.mark.slow) for name in SCENARIOS if name not in FEW)]


@pytest.mark.parametrize("scenario", every())
def test_a_bundle_comes_to_what_its_outputs_do(scenario: str, tmp_path: Path) -> None:
    for layout, lay in LAYOUTS.items():
        laid = lay(scenario)
        bundle = judged(scenario, laid, tmp_path)
        paste = tmp_path / "paste.txt"
        paste.write_text(laid.text())
        assert comes_to(bundle) == comes_to(analyze(*captures(scenario), paste)), layout
        assert not bundle.not_understood, layout
        nodes = {host for host, _, _ in laid.outputs if host.startswith("node ")}
        assert len([host for host in bundle.described if host.startswith("node worker-")]) == len(nodes), layout


def damaged(laid: Laid, kind: str, chance: random.Random) -> str | None:
    """Damage a file of the bundle, and return its name; None if the bundle has none that could be."""
    texts = [
        name for name, data in laid.files.items() if data.strip() and not name.endswith((".gz", "hostname", "date"))
    ]
    if kind == "swapped":
        texts = [name for name in texts if "worker-1" in name and name.replace("worker-1", "worker-2") in laid.files]
    if not texts:
        return None
    name = chance.choice(texts)
    other = name.replace("worker-1", "worker-2")
    data = laid.files[name]
    if kind == "missing":
        del laid.files[name]
    elif kind == "swapped":
        laid.files[name], laid.files[other] = laid.files[other], data
    else:
        cut = data[: chance.randrange(1, len(data))].rstrip(b"\n")
        laid.files[name] = {"blank": b"", "cut": cut, "unreadable": chance.randbytes(2000)}[kind]
    return name


DAMAGE = ("missing", "blank", "cut", "unreadable", "swapped")


@pytest.mark.parametrize("scenario", every())
def test_a_damaged_file_makes_nothing_fail_and_confirms_nothing(scenario: str, tmp_path: Path) -> None:
    """Where a pod's inside is lost, less is known of whose an address is."""
    chance = random.Random(scenario)
    _, causes, failures = from_the_whole(scenario)
    # The state may show why a missing reply proves nothing (eBPF).
    failures = failures | comes_to(analyze(*captures(scenario)))[2]
    for kind in DAMAGE:
        layout = chance.choice(list(LAYOUTS))
        laid = LAYOUTS[layout](scenario)
        name = damaged(laid, kind, chance)
        if name is None or "/namespaces/" in name:
            continue
        _, known, failing = comes_to(judged(scenario, LAYOUTS[layout](scenario), tmp_path))
        analysis = judged(scenario, laid, tmp_path)
        _, confirmed, failed = comes_to(analysis)
        assert confirmed <= causes | known, (layout, kind, name)
        assert failed <= failures | failing, (layout, kind, name)
        if kind == "unreadable":
            told = [*(skipped.path for skipped in analysis.skipped), *analysis.not_understood]
            assert any(name in line for line in told), (layout, name)


@pytest.mark.parametrize("seed", [3, 106, 152])
def test_random_bytes_are_no_output_whatever_stands_in_them(seed: int, tmp_path: Path) -> None:
    """Some of their lines look like ones that ip route prints, by chance."""
    for path, data in {
        "ip-addr.txt": b"1: lo: <UP> mtu 65536\n",
        "ip-route.txt": random.Random(seed).randbytes(2000),
    }.items():
        (tmp_path / "worker-1").mkdir(exist_ok=True)
        (tmp_path / "worker-1" / path).write_bytes(data)
    (skipped,) = analyze_state(tmp_path).skipped
    assert "ip-route.txt: nothing in it was understood as describing a node or a pod (binary data)" in skipped.message


def test_text_in_any_encoding_is_no_binary_data() -> None:
    crash = b"10.244.1.11 dev cali0 scope link\n" * 5 + bytes(4096)
    appended = b"ip route\n" * 3 + ("default via 192.0.2.1\r\n" * 9).encode("utf-16-le")
    coloured = b"\x1b[1;31mdefault\x1b(B\x1b[m\x0f via 192.0.2.1\r\n" * 9
    for data in (crash, appended, coloured, "Физический адрес".encode("cp866"), "默认网关".encode("gbk"), b""):
        assert not is_binary(data), data


@pytest.mark.parametrize("name", ["ip-neigh.txt", "ip-route.txt"])
def test_a_blank_file_is_called_what_it_is(name: str, tmp_path: Path) -> None:
    """A node may know no neighbour, and has routes; neither file is an empty capture."""
    for path, data in {"worker-1/ip-addr.txt": b"1: lo: <UP> mtu 65536\n", f"worker-1/{name}": b""}.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_bytes(data)
    said = " ".join(skipped.message for skipped in analyze_state(tmp_path).skipped)
    said += " ".join(skipped.message for skipped in analyze(*captures("healthy"), tmp_path).skipped)
    assert ("the file is blank" in said) == (name == "ip-route.txt")
    assert "no packet was seen" not in said


def test_a_file_that_ends_within_a_line_lists_nothing_completely(tmp_path: Path) -> None:
    laid = LAYOUTS["cluster diags"]("healthy")
    (name,) = (name for name in laid.files if name.endswith("/ip-route.txt"))
    at = laid.files[name].index(b"10.244.1.11 dev")
    laid.files[name] = laid.files[name][: at + 20]
    analysis = judged("healthy", laid, tmp_path)
    assert not analysis.failures
    assert any("ends within a line" in line for line in analysis.not_understood)


def test_a_file_packed_and_unpacked_is_used_once(tmp_path: Path) -> None:
    capture = captures("proxy-arp-off")[0]
    (tmp_path / "a.pcap").write_bytes(capture.read_bytes())
    (tmp_path / "a.pcap.gz").write_bytes(gzip.compress(capture.read_bytes()))
    analysis = analyze(tmp_path)
    assert [file.path.name for file in analysis.captures] == ["a.pcap"]
    assert [Path(skipped.path).name for skipped in analysis.skipped] == ["a.pcap.gz"]
    assert analysis.verdict == "fail"
