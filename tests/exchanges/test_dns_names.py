"""What the table ``dns`` says was asked: names and types, of every form of capture, and where they are not known."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
from click.testing import CliRunner

from pcapcheck import analyze
from pcapcheck.cli.main import main
from pcapcheck.decode.dns_names_layout import MOST_NAMES
from tests.support.kernels import NOT_COMPILED, plain_loops
from tests.support.lab import captures
from tests.support.transcripts import MISSING, transcript
from tests.support.wire import BEGIN, MS, SECOND, Frame, answer, ask, query, response, write_pcap

LONGEST = ".".join(("x" * 63, "y" * 63, "z" * 63, "w" * 61))


def at(seconds: float, frame: bytes) -> Frame:
    return BEGIN + round(seconds * SECOND), frame


def asked(path: Path) -> list[tuple[object, object]]:
    table = analyze(path).dns.astype(object)
    table = table.where(table.notna(), None)
    return list(zip(table["name"], table["type"], strict=True))


def recorded(folder: Path, *frames: Frame) -> Path:
    return write_pcap(folder / "cali14e7d81007d.pcap", [(BEGIN, ask()), (BEGIN + MS, answer()), *frames])


def test_names_and_types_are_those_that_were_asked(tmp_path: Path) -> None:
    path = recorded(
        tmp_path,
        at(1, query(7, name="api.default.svc.cluster.local", kind=28)),
        at(1.1, response(7, name="api.default.svc.cluster.local", kind=28)),
        at(2, query(8, name="Www.Example.Org", kind=1)),
        at(2.1, response(8, name="www.example.org", kind=1)),
        at(3, query(9, name=LONGEST, kind=33)),
        at(4, query(10, name="q", kind=65280)),
    )
    assert asked(path) == [
        ("api.default.svc.cluster.local", "AAAA"),
        ("Www.Example.Org", "A"),
        (LONGEST, "SRV"),
        ("q", "Type65280"),
    ]


@pytest.mark.parametrize("cut", [56, 70, 80])
def test_what_was_cut_has_no_name(cut: int, tmp_path: Path) -> None:
    assert asked(recorded(tmp_path, at(1, query()[:cut]))) == [(None, None)]


def test_beyond_many_thousand_different_names_rows_have_none(tmp_path: Path) -> None:
    names = [f"n{number}.example" for number in range(MOST_NAMES + 2)]
    frames = [at(1 + number / 1000, query(number & 0xFFFF, name=name)) for number, name in enumerate(names)]
    known = {name for name, _ in asked(recorded(tmp_path, *frames, at(60, query(7, name=names[0]))))}
    assert known == {*names[:MOST_NAMES], None}


@pytest.mark.skipif(bool(MISSING), reason=MISSING)
@pytest.mark.parametrize("scenario", ["dns-answered", "dns-over-tcp", "dns-ipv6-refuses"])
def test_printed_queries_have_the_same_names(scenario: str, tmp_path: Path) -> None:
    for capture in captures(scenario):
        text = transcript(capture, tmp_path, "-nn", "-vvv")
        assert text is None or set(asked(text)) == set(asked(capture))


@pytest.mark.skipif(bool(NOT_COMPILED), reason=NOT_COMPILED)
def test_compiled_and_plain_know_the_same_names() -> None:
    (capture, *_) = captures("dns-over-tcp")
    compiled = asked(capture)
    with plain_loops():
        assert asked(capture) == compiled


def test_names_are_in_exports_and_in_rules_of_ones_own(tmp_path: Path) -> None:
    path = recorded(tmp_path, at(1, query(7, name="db.prod.example")), at(12, query(8, name="other.example")))
    ours = tmp_path / "ours.yml"
    ours.write_text(
        "id: the-database-is-found\ntitle: The database's name is resolved\nwhy: nothing works without\n"
        "severity: error\nselect: {table: dns, name: db.prod.example}\nexpect: {answered: true}\n"
        'expected: an answer\nobserved: "{type} {name}: no answer"\n'
        'headline: "{src}\'s query for {name} gets no answer"\nabsent: nobody asked\nlimits: none\n'
        "references: [RFC 1035]\n",
        encoding="utf-8",
    )
    analysis = analyze(path, rules=ours)
    assert "query for db.prod.example gets no answer" in analysis.headline
    printed = CliRunner().invoke(main, ["export", str(path), "--table", "dns", "--format", "csv"])
    assert ",udp,db.prod.example,A," in printed.stdout


def test_a_stored_analysis_knows_them_too(tmp_path: Path) -> None:
    analysis = analyze(recorded(tmp_path, at(1, query(7, name="db.prod.example")), at(12, query(8, name="b.example"))))
    stored = pickle.loads(pickle.dumps(analysis))
    assert list(stored.dns["name"]) == ["db.prod.example", "b.example"]
