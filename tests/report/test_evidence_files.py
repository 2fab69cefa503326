"""Evidence as files: what Wireshark's own tools read in them, and what becomes of files that are there already."""

from __future__ import annotations

import gzip
import json
import struct
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from fixtures.made import containers
from pcapcheck import CaptureError, analyze
from pcapcheck.analysis import Analysis
from pcapcheck.cli.main import main
from tests.support.lab import CAPTURES, FIXTURES, captures
from tests.support.links import LINK_A, LINK_B, ping, write_links
from tests.support.reading import Record, read_file
from tests.support.transcripts import ASK, judge
from tests.support.tshark import MISSING
from tests.support.wire import (
    BEGIN,
    MS,
    NODE,
    POD,
    SECOND,
    answer,
    ask,
    cooked,
    cooked2,
    request,
    with_vlan,
    write_pcap,
    write_pcapng,
)

needs_tshark = pytest.mark.skipif(bool(MISSING), reason=MISSING)
BROKEN = CAPTURES / "proxy-arp-off" / "cali14e7d81007d.pcap"
HEALTHY = CAPTURES / "healthy" / "cali14e7d81007d.pcap"
RANDOM_MAC = FIXTURES / "calico" / "gateway-arp-proxy-mac" / "fail.pcap"
ASKED = [(BEGIN, ask()), (BEGIN + SECOND, ask()), (BEGIN + 2 * SECOND, ask())]
FIELDS = ("frame.time_epoch", "frame.interface_name", "frame.comment", "frame.cap_len", "frame.len")


def tshark(file: Path) -> list[tuple[str, ...]]:
    """Per frame what tshark shows of it."""
    command = ["tshark", "-r", str(file), "-T", "fields"]
    for name in FIELDS:
        command += ["-e", name]
    output = subprocess.run(command, capture_output=True, check=True).stdout.decode()
    return [tuple(line.split("\t")) for line in output.splitlines()]


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["analyze", *map(str, arguments)])


def status(analysis: Analysis, rule: str) -> str:
    return next(finding.status for finding in analysis.findings if finding.rule.id == rule)


def records(file: Path) -> list[Record]:
    return read_file(file).records


def evidence(folder: Path, *paths: Path, rule: str = "gateway-arp-answered") -> Path:
    """The file of one rule's evidence."""
    return next(file for file in analyze(*paths).write_evidence(folder / "out") if file.stem == rule)


@needs_tshark
def test_tshark_shows_what_is_wrong_with_which_frame(tmp_path: Path) -> None:
    shown = tshark(evidence(tmp_path, BROKEN))
    assert len(shown) == 3
    for number, (_time, name, comment, _captured, _length) in enumerate(shown, 1):
        assert name == "cali14e7d81007d"
        assert comment.startswith("gateway-arp-answered: expected an answer to 10.244.1.10's")
        assert "; observed asked 3x; answers: 0" in comment
        assert comment.endswith(f"{BROKEN} frame {number}")


@needs_tshark
def test_both_ends_of_a_hop(tmp_path: Path) -> None:
    """The packet is in two captures: both sightings are there, in order of time, each on its interface."""
    pairs = [ping(seq, BEGIN + seq * SECOND, ttl=64) for seq in range(1, 4)]
    a, b = ([frame for pair in pairs for frame in pair[end]] for end in (0, 1))
    paths = write_links(tmp_path, a, b)
    shown = tshark(evidence(tmp_path, *paths, rule="hop-ttl-decremented"))
    assert [name for _, name, *_ in shown] == [LINK_A, LINK_B, LINK_B, LINK_A] * 3
    times = [time for time, *_ in shown]
    assert times == sorted(times)
    for _, name, comment, *_ in shown:
        assert comment.startswith("hop-ttl-decremented: expected")
        assert f"{tmp_path}/{name}.pcap frame " in comment


def test_both_ends_of_a_hop_where_only_the_second_is_judged(tmp_path: Path) -> None:
    paths = write_links(tmp_path, *ping(1, BEGIN, ttl=64))
    run(*paths, "--pod", "10.244.1.11", "--evidence", tmp_path / "out")
    file = tmp_path / "out" / "hop-ttl-decremented.pcapng"
    assert [read_file(file).interfaces[record.interface].name for record in records(file)] == [
        LINK_A,
        LINK_B,
        LINK_B,
        LINK_A,
    ]


def test_a_packet_lost_on_the_way_shows_every_sighting(tmp_path: Path) -> None:
    analysis = analyze(*captures("second-node-drops"))
    (file,) = (path for path in analysis.write_evidence(tmp_path) if path.stem == "request-reaches-pod")
    assert {interface.name for interface in read_file(file).interfaces} == {"cali14e7d81007d", "eth0"}
    document = analysis.to_dict()
    (finding,) = (rule for rule in document["rules"] if rule["id"] == "request-reaches-pod")
    shown = {frame for row in finding["evidence"] for frame in row["frames"]}
    others = {sighting["frame"] for row in finding["evidence"] for sighting in row["other_sightings"]}
    assert (len(shown), len(others), len(records(file))) == (4, 4, 8)
    assert {sighting["capture"] for row in finding["evidence"] for sighting in row["other_sightings"]} == {
        str(analysis.captures[0].path)
    }


@pytest.mark.parametrize(
    "scenario", ["two-answers", "bridged", "any-proxy-arp-off", "vxlan-blocked", "ipv6-random-mac"]
)
def test_frames_are_those_of_the_captures(scenario: str, tmp_path: Path) -> None:
    """Bytes, lengths, times to the nanosecond and directions; each frame once."""
    paths = captures(scenario)
    there = [(record.time, record.data, record.length, record.direction) for path in paths for record in records(path)]
    files = analyze(*paths).write_evidence(tmp_path)
    assert files
    for file in files:
        kept = [(record.time, record.data, record.length, record.direction) for record in records(file)]
        assert all(there.count(line) >= kept.count(line) for line in kept)
        assert kept == sorted(kept, key=lambda record: record[0] or 0)


def test_evidence_fails_the_same_rule(tmp_path: Path) -> None:
    file = evidence(tmp_path, RANDOM_MAC, rule="gateway-arp-proxy-mac")
    again = analyze(file)
    assert [finding.rule.id for finding in again.findings if finding.status == "fail"] == ["gateway-arp-proxy-mac"]
    assert len(records(file)) == 2


@needs_tshark
def test_a_frame_in_several_rows_is_there_once(tmp_path: Path) -> None:
    """A packet over three links is two hops; the middle frame is in both, and its comment names both."""
    paths = [
        write_pcap(
            tmp_path / f"cali{n:011x}.pcap",
            [(BEGIN + n * MS, request(eth=(f"{POD[:-1]}{n}", NODE), ttl=64 - (n == 2)))],
            nanoseconds=True,
        )
        for n in range(3)
    ]
    rule = tmp_path / "rule.yml"
    rule.write_text(
        "id: odd\ntitle: x\nwhy: x\nseverity: error\nselect: {table: hops}\nexpect: {ttl_lost: 7}\n"
        "observed: '{ttl_lost} less'\n"
    )
    (file,) = analyze(*paths, rules=rule).write_evidence(tmp_path / "out")
    shown = tshark(file)
    assert [name for _, name, *_ in shown] == [path.stem for path in paths]
    told = [[less for less in ("0 less", "1 less") if less in comment] for _, _, comment, *_ in shown]
    assert told == [["0 less"], ["0 less", "1 less"], ["1 less"]]


def test_what_was_cut_keeps_its_length(tmp_path: Path) -> None:
    path = tmp_path / "cali14e7d81007d.pcap"
    packets = [containers.Packet(ask() + bytes(22), seconds=1_700_000_000 + n, length=1500) for n in range(3)]
    path.write_bytes(containers.pcap(packets, snaplen=64))
    reading = read_file(evidence(tmp_path, path))
    assert [(len(record.data), record.length) for record in reading.records] == [(64, 1500)] * 3
    assert reading.interfaces[0].snaplen == 64


@pytest.mark.parametrize(
    ("link_type", "frames"),
    [
        (113, [(time, cooked(frame, False)) for time, frame in ASKED]),
        (276, [(time, cooked2(frame, False)) for time, frame in ASKED]),
        (1, [(time, with_vlan(frame)) for time, frame in ASKED]),
    ],
    ids=["SLL", "SLL2", "VLAN"],
)
def test_link_types(link_type: int, frames: list[tuple[int, bytes]], tmp_path: Path) -> None:
    path = write_pcap(tmp_path / "x.pcap", frames, link_type)
    file = evidence(tmp_path, path)
    reading = read_file(file)
    assert [interface.link_type for interface in reading.interfaces] == [link_type]
    assert [record.data for record in reading.records] == [frame for _, frame in frames]
    assert status(analyze(file), "gateway-arp-answered") == "fail"


def test_raw_packets(tmp_path: Path) -> None:
    rule = tmp_path / "rule.yml"
    rule.write_text("id: odd\ntitle: x\nwhy: x\nseverity: error\nselect: {table: frames}\nexpect: {ip.ttl: 1}\n")
    packet = request()[14:]
    path = write_pcap(tmp_path / "tunl0.pcap", [(BEGIN, packet)], link_type=101)
    (file,) = analyze(path, rules=rule).write_evidence(tmp_path / "out")
    assert [record.data for record in records(file)] == [packet]
    assert [(interface.link_type, interface.name) for interface in read_file(file).interfaces] == [(101, "tunl0")]


@needs_tshark
@pytest.mark.parametrize(
    "name", ["cali\x1b[31m\nx\t", "a,b|c\\n", "ü" * 30000, "\ufffd" * 21845, "../../etc/passwd"], ids=range(5)
)
def test_hostile_names(name: str, tmp_path: Path) -> None:
    """Kept as they are, and still a file that tshark opens."""
    path = write_pcapng(tmp_path / "x.pcapng", ASKED, name)
    file = evidence(tmp_path, path)
    assert file.parent == tmp_path / "out"
    assert [interface.name for interface in read_file(file).interfaces] == [name]
    assert len(tshark(file)) == 3


@needs_tshark
def test_a_name_that_is_no_text(tmp_path: Path) -> None:
    """It grows by being made one, beyond what an option holds."""
    data = containers.section() + containers.interface(
        options=containers.option("<", containers.NAME, b"\xff" * 65000) + containers.end_of_options("<")
    )
    data += b"".join(containers.enhanced(containers.Packet(ask(), 1_700_000_000 + n)) for n in range(3))
    path = tmp_path / "x.pcapng"
    path.write_bytes(data)
    file = evidence(tmp_path, path)
    assert [interface.name for interface in read_file(file).interfaces] == ["\ufffd" * 21845]
    assert len(tshark(file)) == 3


@needs_tshark
def test_twenty_four_captures(tmp_path: Path) -> None:
    paths = []
    for n in range(24):
        mac, ip = f"5a:8a:10:57:e2:{n:02x}", f"10.244.1.{n + 10}"
        frames = [(BEGIN + n * MS + k * SECOND, ask(src=mac, ip=ip)) for k in range(3)]
        paths.append(write_pcap(tmp_path / f"cali{n:011x}.pcap", frames, nanoseconds=True))
    shown = tshark(evidence(tmp_path, *paths))
    by_name = {name: comment for _, name, comment, *_ in shown}
    assert len(by_name) == 20
    assert all(f"{name}.pcap frame" in comment for name, comment in by_name.items())
    assert len(shown) == 60
    times = [time for time, *_ in shown]
    assert times == sorted(times)


def test_name_that_the_user_gave(tmp_path: Path) -> None:
    path = write_pcap(tmp_path / "x.pcap", ASKED)
    result = run(path, "--interface", "x.pcap=cali14e7d81007d", "--evidence", tmp_path / "out")
    assert result.exit_code == 1
    (interface,) = read_file(tmp_path / "out" / "gateway-arp-answered.pcapng").interfaces
    assert interface.name == "cali14e7d81007d"


def test_no_name_is_made_up(tmp_path: Path) -> None:
    """What stands in for a name in the report is none."""
    (interface,) = read_file(evidence(tmp_path, write_pcap(tmp_path / "x.pcap", ASKED))).interfaces
    assert interface.name is None


def test_filter_drops_and_directions_are_kept(tmp_path: Path) -> None:
    frames = [(BEGIN, ask()), (BEGIN + MS, answer(by="6e:31:9c:05:d4:b8"))]
    path = write_pcapng(
        tmp_path / "x.pcapng", frames, "cali14e7d81007d", 7, "arp", lambda frame: 1 if frame == ask() else 2
    )
    reading = read_file(evidence(tmp_path, path, rule="gateway-arp-proxy-mac"))
    assert [(interface.filter, interface.drops) for interface in reading.interfaces] == [("arp", 7)]
    assert [record.direction for record in reading.records] == [0, 1]


def test_check_sequence_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "cali14e7d81007d.pcap"
    packets = [containers.Packet(ask() + b"fcs!", 1_700_000_000 + n) for n in range(3)]
    path.write_bytes(containers.pcap(packets, link=0x24000001))
    reading = read_file(evidence(tmp_path, path))
    assert [interface.fcs_bytes for interface in reading.interfaces] == [4]
    assert [record.data for record in reading.records] == [packet.data for packet in packets]


@needs_tshark
def test_times_before_1970_and_none(tmp_path: Path) -> None:
    wrong = answer(by="6e:31:9c:05:d4:b8")
    offset = containers.option("<", containers.OFFSET, struct.pack("<q", -1000))
    data = containers.section() + containers.interface(options=offset)
    data += containers.enhanced(containers.Packet(ask()), ticks=1_123_456)
    data += containers.enhanced(containers.Packet(wrong), ticks=1_123_999)
    path = tmp_path / "cali14e7d81007d.pcapng"
    path.write_bytes(data)
    file = evidence(tmp_path, path, rule="gateway-arp-proxy-mac")
    assert [record.time for record in records(file)] == [-998_876_544_000, -998_876_001_000]
    # How tshark prints times before 1970 is its own affair.
    assert len(tshark(file)) == 2

    path.write_bytes(
        containers.section()
        + containers.interface()
        + containers.simple(containers.Packet(request(eth=("5a:8a:10:57:e2:03", "02:50:56:aa:17:c3"))))
    )
    rule = FIXTURES.parent / "rules" / "calico" / "pod-frames-to-proxy-mac.yml"
    (untimed,) = analyze(path, rules=rule).write_evidence(tmp_path / "out")
    ((_, _, comment, *_),) = tshark(untimed)
    assert comment.endswith("frame 1, recorded without a time")


def test_packed_streamed_and_rotated(tmp_path: Path) -> None:
    """All are read again for it; a frame is numbered as in its own file."""
    plain = records(evidence(tmp_path, BROKEN))
    packed = tmp_path / "cali14e7d81007d.pcap.gz"
    packed.write_bytes(gzip.compress(BROKEN.read_bytes()))
    assert records(evidence(tmp_path, packed)) == plain

    command = [sys.executable, "-m", "pcapcheck", "analyze", "-", "--evidence", str(tmp_path / "streamed")]
    subprocess.run(command, input=BROKEN.read_bytes(), capture_output=True, check=False)
    assert records(tmp_path / "streamed" / "gateway-arp-answered.pcapng") == plain

    header, data = BROKEN.read_bytes()[:24], BROKEN.read_bytes()[24:]
    size = len(data) // 3
    for n in range(3):
        (tmp_path / f"cali14e7d81007d.pcap{n}").write_bytes(header + data[n * size : (n + 1) * size])
    analysis = analyze(*(tmp_path / f"cali14e7d81007d.pcap{n}" for n in range(3)))
    (file,) = analysis.write_evidence(tmp_path / "rotated")
    assert records(file) == plain
    for n in range(3):
        assert f"{tmp_path}/cali14e7d81007d.pcap{n} frame 1".encode() in file.read_bytes()


def test_a_rotated_set_read_in_part_is_still_all_of_it(tmp_path: Path) -> None:
    wrong = write_pcap(
        tmp_path / "cali14e7d81007d.pcap0", [(BEGIN, ask()), (BEGIN + MS, answer(by="6e:31:9c:05:d4:b8"))]
    )
    others = [write_pcap(tmp_path / f"cali14e7d81007d.pcap{n}", [(BEGIN + n * SECOND, request(n))]) for n in (1, 2)]
    analysis = analyze(wrong, *others)
    files = analysis.to_dict()["captures"][0]["files"]
    assert len(files) == 3
    analysis.write_evidence(tmp_path / "out")
    assert analysis.to_dict()["captures"][0]["files"] == files


def test_frames_that_are_gone_are_reported(tmp_path: Path) -> None:
    """As those of a stream are that was too long to be kept."""
    path = write_pcap(tmp_path / "cali14e7d81007d.pcap", ASKED)
    analysis = analyze(path)
    path.write_bytes(path.read_bytes()[: 24 + 16 + len(ask())])
    (file,) = analysis.write_evidence(tmp_path / "out")
    assert len(records(file)) == 1
    assert b"2 of the frames that show them could not be read again." in file.read_bytes()
    assert b"could not be read again" not in evidence(tmp_path, BROKEN).read_bytes()


def test_of_a_text_it_is_the_lines(tmp_path: Path) -> None:
    """There are no bytes that a pcapng could hold; the lines tell the same."""
    lines = [ASK.replace("22:59", f"23:0{n}") for n in range(3)]
    (file,) = judge(tmp_path, "look at this:\n" + "".join(lines).replace("\n", "\x9b2J\n")).write_evidence(
        tmp_path / "out"
    )
    assert file.name == "gateway-arp-answered.txt"
    text = file.read_text()
    assert [line for line in text.splitlines() if line and not line.startswith("#")] == [
        line.replace("\n", r"\x9b2J") for line in lines
    ]
    assert "# gateway-arp-answered: expected an answer to 10.244.1.10's" in text
    assert f"# {tmp_path}/paste.txt line 2\n" in text
    assert status(analyze(file), "gateway-arp-answered") == "fail"


def test_a_line_of_two_packets_is_there_once(tmp_path: Path) -> None:
    both = ASK.strip() + " " + ASK.strip().replace("22:59", "23:01")
    analysis = judge(tmp_path, both + "\n" + ASK.replace("22:59", "23:03"))
    assert analysis.captures[0].frames == 3
    (file,) = analysis.write_evidence(tmp_path / "out")
    assert file.read_text().count("16:23:01") == 1


def test_reports_say_where_it_is(tmp_path: Path) -> None:
    out = tmp_path / "a b"
    file = out / "gateway-arp-answered.pcapng"
    assert f"\n    evidence: {file}\n" in run(BROKEN, "--evidence", out).stdout
    document = json.loads(run(BROKEN, "--evidence", out, "--format", "json").stdout)
    assert {rule["id"]: rule["files"] for rule in document["rules"] if rule["files"]} == {
        "gateway-arp-answered": [str(file)]
    }
    assert "evidence: " not in run(BROKEN).stdout


def test_warnings_too_and_nothing_for_what_holds(tmp_path: Path) -> None:
    slow = CAPTURES / "proxy-delay-80" / "cali14e7d81007d.pcap"
    assert run(slow, "--evidence", tmp_path / "deep" / "er").exit_code == 0
    assert {file.name for file in (tmp_path / "deep" / "er").iterdir()} == {
        "gateway-arp-prompt.pcapng",
        "wireshark.lua",
    }


def test_evidence_of_a_rule_that_holds_again_goes(tmp_path: Path) -> None:
    out = tmp_path / "out"
    run(BROKEN, "--evidence", out)
    judge(tmp_path, "".join(ASK.replace("22:59", f"23:0{n}") for n in range(3))).write_evidence(out)
    assert [file.name for file in out.iterdir()] == ["gateway-arp-answered.txt"]
    # Made by somebody else, of whatever name.
    for name in ("echo-answered.pcapng", "notes.txt", "echo-answered.txt"):
        (out / name).write_bytes(HEALTHY.read_bytes())
    assert run(HEALTHY, "--evidence", out).exit_code == 0
    assert sorted(file.name for file in out.iterdir()) == ["echo-answered.pcapng", "echo-answered.txt", "notes.txt"]


def test_nothing_of_somebody_elses_is_replaced(tmp_path: Path) -> None:
    own = tmp_path / "gateway-arp-answered.pcapng"
    own.write_bytes(HEALTHY.read_bytes())
    result = run(BROKEN, "--evidence", tmp_path)
    assert (result.exit_code, len(result.stderr.splitlines())) == (2, 1)
    assert f"{own}: not written by pcapcheck" in result.stderr
    assert own.read_bytes() == HEALTHY.read_bytes()


def test_no_capture_is_written_over(tmp_path: Path) -> None:
    """Evidence may be judged again, but not while it is replaced; nor would it be left where its rule holds now."""
    file = evidence(tmp_path, BROKEN)
    before = file.read_bytes()
    for arguments in ((file,), (file, "--set", "arp_wait=1h")):
        result = run(*arguments, "--evidence", file.parent)
        assert (result.exit_code, len(result.stderr.splitlines())) == (2, 1)
        assert "evidence would be written over this capture" in result.stderr
        assert file.read_bytes() == before


@pytest.mark.parametrize("folder", ["/proc/none", BROKEN, BROKEN / "below"], ids=["proc", "file", "below-a-file"])
def test_folder_that_cannot_be_written(folder: str | Path) -> None:
    """It costs the evidence and not the report, which says so too."""
    result = run(BROKEN, "--evidence", folder)
    assert (result.exit_code, len(result.stderr.splitlines())) == (2, 1)
    assert result.stdout.startswith("FAIL  ")
    assert "! not written: " in result.stdout
    assert result.stderr.startswith(f"pcapcheck: error: {folder}: ")
    assert "needs a folder that can be written" in result.stderr


def test_file_that_cannot_be_written(tmp_path: Path) -> None:
    analysis = analyze(BROKEN)
    (tmp_path / "gateway-arp-answered.pcapng").mkdir()
    with pytest.raises(CaptureError, match=r"gateway-arp-answered\.pcapng"):
        analysis.write_evidence(tmp_path)
