"""Sequence numbers, timestamps and segment sizes of SYNs, read again, next to what tcpdump prints of them."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from pcapcheck import analyze
from pcapcheck.exchanges.connection_row import ConnectionRow
from pcapcheck.links.syn_fields import SynFields, syn_fields
from pcapcheck.table_names import CONNECTIONS
from tests.support.lab import CAPTURES
from tests.support.tshark import MISSING as TSHARK_MISSING
from tests.support.tshark_forms import in_form

PRINTED = re.compile(r"Flags \[S\],.* seq (\d+),.*\bmss (\d+).*TS val (\d+) ")


@pytest.mark.skipif(shutil.which("tcpdump") is None, reason="tcpdump is not installed")
@pytest.mark.parametrize("scenario", ["tcp-dropped", "vxlan-tcp-lost", "mtu-black-hole"])
@pytest.mark.parametrize("form", ["capture", "tcpdump", "json", "jsonraw", "ek", "details"])
def test_they_are_what_tcpdump_prints(scenario: str, form: str, tmp_path: Path) -> None:
    pcap = max((CAPTURES / scenario).glob("*.pcap*"), key=lambda path: path.stat().st_size)
    # The checksum that -v prints has a number too.
    said = subprocess.run(["tcpdump", "-nnvr", str(pcap)], capture_output=True, text=True, check=True).stdout
    expected = [SynFields(int(match[1]), int(match[3]), int(match[2])) for match in PRINTED.finditer(said)]
    path = pcap if form == "capture" else tmp_path / "printed.txt"
    if form == "tcpdump":
        path.write_text(said)
    elif form != "capture":
        if TSHARK_MISSING:
            pytest.skip(TSHARK_MISSING)
        path.write_bytes(in_form(pcap, form))
    analysis = analyze(path)
    capture = analysis.captures[0]
    rows = [
        row
        for some in capture.exchanges.paired.bins_of(CONNECTIONS)
        for row in some.samples
        if isinstance(row, ConnectionRow)
    ]
    found = syn_fields(capture, rows)
    assert bool(rows) is bool(expected)
    assert set(found.values()) <= set(expected)
    assert len(found) == len(rows)


def test_a_file_that_is_gone_says_nothing(tmp_path: Path) -> None:
    source = next((CAPTURES / "tcp-dropped").glob("*.pcap*"))
    path = tmp_path / source.name
    path.write_bytes(source.read_bytes())
    capture = analyze(path).captures[0]
    path.unlink()
    rows = [row for some in capture.exchanges.paired.bins_of(CONNECTIONS) for row in some.samples]
    assert rows
    assert syn_fields(capture, [row for row in rows if isinstance(row, ConnectionRow)]) == {}
