"""The committed recordings of a real kernel, one fault each, judged rule by rule."""

from __future__ import annotations

import json
import re

import pytest

from pcapcheck import analyze
from tests.support.lab import (
    CAPTURES,
    DNS,
    DNS_RULES,
    EXPECTED,
    LETTERS,
    OTHERS,
    OTHERS_RULES,
    TRANSFER_RULES,
    TRANSFERS,
    captures,
    statuses,
)


@pytest.mark.parametrize("scenario", sorted(EXPECTED))
def test_verdicts(scenario: str) -> None:
    assert statuses(analyze(*captures(scenario))) == EXPECTED[scenario]


@pytest.mark.parametrize("scenario", sorted(DNS))
def test_dns(scenario: str) -> None:
    by_id = {finding.rule.id: finding.status for finding in analyze(*captures(scenario)).findings}
    assert "".join(LETTERS[by_id[rule]] for rule in DNS_RULES) == DNS[scenario]


@pytest.mark.parametrize("scenario", sorted(EXPECTED))
def test_other_questions(scenario: str) -> None:
    by_id = {finding.rule.id: finding.status for finding in analyze(*captures(scenario)).findings}
    assert "".join(LETTERS[by_id[rule]] for rule in OTHERS_RULES) == OTHERS.get(scenario, "--")


@pytest.mark.parametrize("scenario", sorted(TRANSFERS))
def test_transfers(scenario: str) -> None:
    by_id = {finding.rule.id: finding.status for finding in analyze(*captures(scenario)).findings}
    assert "".join(LETTERS[by_id[rule]] for rule in TRANSFER_RULES) == TRANSFERS[scenario]


def test_every_recording_has_an_expectation() -> None:
    assert {path.name for path in CAPTURES.iterdir() if path.is_dir()} == set(EXPECTED)


def test_index_names_every_file() -> None:
    index = json.loads((CAPTURES / "INDEX.json").read_text())
    on_disk = {(path.parent.name, path.name) for path in CAPTURES.glob("*/*.pcap*")}
    assert {(scenario, name) for scenario, entry in index.items() for name in entry["files"]} == on_disk
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\d", entry["recorded"]) and entry["kernel"] for entry in index.values())


@pytest.mark.parametrize("scenario", ["healthy", "proxy-arp-off", "stale-neighbour-pod", "random-cali-mac", "loss"])
def test_names_are_not_needed(scenario: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A plain capture.pcap is judged like one that is named after its interface, by its traffic."""
    original = captures(scenario)[0]
    plain = tmp_path_factory.mktemp("plain") / "capture.pcap"
    plain.write_bytes(original.read_bytes())
    if scenario == "stale-neighbour-pod":
        # No gateway ARP and no frame to or from the proxy MAC: only a name could tell what this is.
        assert statuses(analyze(plain)) == "---- --- - - -- --- -- -"
    else:
        assert statuses(analyze(plain)) == statuses(analyze(original))


def test_walkthrough_is_the_published_one() -> None:
    """Addresses, MACs, identifier and TTLs are those of the article: 64 out, 63 back."""
    echo = analyze(CAPTURES / "walkthrough" / "cali14e7d81007d.pcap").echo
    assert list(echo["ident"]) == [15, 15]
    assert list(echo["seq"]) == [0, 1]
    assert set(echo["src"]) == {"100.79.126.235"}
    assert set(echo["dst"]) == {"100.79.126.201"}
    assert set(echo["eth_src"]) == {"aa:64:43:69:fd:8d"}
    assert set(echo["eth_dst"]) == {"ee:ee:ee:ee:ee:ee"}
    assert set(echo["ttl"]) == {64}
    assert set(echo["reply_ttl"]) == {63}
