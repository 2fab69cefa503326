"""Packets in XML (-T pdml, -T psml): damaged, cut, hostile, on one line, and redacted."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from pcapcheck import analyze
from pcapcheck.analysis import Analysis
from pcapcheck.cli.main import main
from tests.support.captures import ROOT
from tests.support.tshark import MISSING

CAPTURE = ROOT / "fixtures" / "lab" / "captures" / "mtu-black-hole" / "cali14e7d81007d.pcap"
HEAD = '<?xml version="1.0" encoding="utf-8"?>\n<pdml version="0" creator="wireshark/4.0.17">\n'


def _packet(number: int, ends: tuple[str, str], kind: str) -> str:
    shown = {
        "frame.number": number,
        "frame.time_epoch": f"1700000000.{number}",
        "frame.len": 98,
        "frame.protocols": "eth:ethertype:ip:icmp:data",
        "ip.src": ends[0],
        "ip.dst": ends[1],
        "ip.ttl": 64,
        "ip.proto": 1,
        "icmp.type": kind,
        "icmp.code": 0,
        "icmp.ident": 7,
        "icmp.seq": 1,
    }
    fields = "".join(f'<field name="{name}" show="{value}"/>\n' for name, value in shown.items())
    return f"<packet>\n{fields}</packet>\n"


ENDS = ("10.244.1.10", "10.244.1.11")
ASKED, ANSWERED = _packet(1, ENDS, "8"), _packet(2, ENDS[::-1], "0")
DOCUMENT = f"{HEAD}{ASKED}{ANSWERED}</pdml>\n"


def read(folder: Path, text: str) -> Analysis:
    path = folder / "cali14e7d81007d.pdml"
    path.write_text(text)
    return analyze(path)


def in_xml(form: str) -> bytes:
    return subprocess.run(["tshark", "-n", "-T", form, "-r", CAPTURE], capture_output=True, check=True).stdout


def echoes(analysis: Analysis) -> list[str]:
    return list(analysis.echo["outcome"])


def problems(analysis: Analysis) -> list[str]:
    return [problem.message for capture in analysis.captures for problem in capture.problems]


WHOLE = {
    "as tshark prints it": DOCUMENT,
    "on one line": DOCUMENT.replace("\n", ""),
    "copied without its head": f"{ASKED}{ANSWERED}",
    "with what stands around it": f"$ tshark -T pdml\n{DOCUMENT}$\n",
}


@pytest.mark.parametrize("text", WHOLE.values(), ids=WHOLE)
def test_packets_are_read(text: str, tmp_path: Path) -> None:
    analysis = read(tmp_path, text)
    assert echoes(analysis) == ["replied"]
    assert not [message for message in problems(analysis) if "not understood" in message]


LONG = '<field name="a" show="b"/>\n' * 200_000
DECLARED = """<?xml version="1.0"?>
<!DOCTYPE pdml [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>
<pdml>
"""
DAMAGED = {
    "cut amid a packet": (f"{HEAD}{ASKED}{ANSWERED}{_packet(3, ENDS, '8')[:200]}", 1),
    "cut amid a name": (f"{HEAD}{ASKED}{ANSWERED}<packet>\n<field na", 1),
    "a packet without its end": (f'{HEAD}<packet>\n<field name="ip.src"\n{ASKED}{ANSWERED}</pdml>', 1),
    "a packet that is no XML": (f"{HEAD}{ASKED}<packet>\n<field name=ip.src>\n</packet>\n{ANSWERED}</pdml>", 1),
    "an entity that nobody declared": (f"{HEAD}{ASKED}<packet>\n&lol;</packet>\n{ANSWERED}</pdml>", 1),
    "entities that grow": (f"{DECLARED}<packet>\n&b;</packet>\n{ASKED}{ANSWERED}</pdml>", 1),
    "a document type in a packet": (
        f'{HEAD}{ASKED}<packet><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>&a;</packet>\n{ANSWERED}',
        1,
    ),
    "one that is very long": (f"{HEAD}{ASKED}<packet>\n{LONG}</packet>\n{ANSWERED}", 1),
    "very deep": (f"{HEAD}{ASKED}<packet>\n{'<proto>' * 100_000}</packet>\n{ANSWERED}", 1),
}


@pytest.mark.parametrize(("text", "count"), DAMAGED.values(), ids=DAMAGED)
def test_what_is_damaged_costs_a_line_and_its_packet(text: str, count: int, tmp_path: Path) -> None:
    analysis = read(tmp_path, text)
    assert echoes(analysis) == ["replied"]
    told = [message for message in problems(analysis) if "not understood" in message]
    assert len(told) == count
    assert analysis.captures[0].frames == 2 + count


def test_other_documents_are_none(tmp_path: Path) -> None:
    path = tmp_path / "other.xml"
    path.write_text('<?xml version="1.0"?>\n<html><packet-list/></html>\n')
    done = CliRunner().invoke(main, ["analyze", str(path)])
    assert done.exit_code == 2
    assert "an XML document cannot be read" in done.output


@pytest.mark.skipif(bool(MISSING), reason=MISSING)
def test_a_list_is_read_by_its_columns(tmp_path: Path) -> None:
    """Rows are those of the packet list; one with other columns than announced is not understood."""
    printed = subprocess.run(
        ["tshark", "-n", "-T", "psml", "-r", CAPTURE], capture_output=True, check=True
    ).stdout.decode()
    whole = read(tmp_path, printed)
    assert (whole.captures[0].frames, list(whole.transfers["outcome"])) == (20, ["stalled"])
    short = read(tmp_path, printed.replace("<section>3</section>\n", "", 1))
    assert len([message for message in problems(short) if "not understood" in message]) == 1


@pytest.mark.skipif(bool(MISSING), reason=MISSING)
def test_redacted_it_holds_no_bytes_and_comes_to_the_same(tmp_path: Path) -> None:
    """Each field is there in bytes too, where nobody would look for an address."""
    path, out = tmp_path / "cali14e7d81007d.pdml", tmp_path / "redacted"
    path.write_bytes(
        subprocess.run(["tshark", "-n", "-T", "pdml", "-r", CAPTURE], capture_output=True, check=True).stdout
    )
    done = CliRunner().invoke(main, ["redact", str(path), "--output", str(out)])
    assert done.exit_code == 0, done.output
    (redacted,) = (file for file in out.rglob("*") if file.is_file() and file.suffix == ".pdml")
    text = redacted.read_text()
    for private in ("10.244.1.10", "0af4010a", "5a8a1057e203", "5a:8a:10:57:e2:03", "value="):
        assert private not in text
    was, now = analyze(path), analyze(redacted)
    assert [(finding.rule.id, finding.status) for finding in now.findings] == [
        (finding.rule.id, finding.status) for finding in was.findings
    ]
