"""The JSON document: of the shipped schema, and saying what the text says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from pcapcheck import analyze
from tests.support.lab import CAPTURES, EXPECTED, captures
from tests.support.wire import BEGIN, MS, SECOND, answer, ask, write_pcap


def schema() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(files("pcapcheck.report").joinpath("schema.json").read_text())
    return loaded


def closed(node: Any) -> Any:
    """The schema with no key allowed that it does not name, so that an undocumented key fails the test."""
    if isinstance(node, dict):
        shut = {key: closed(value) for key, value in node.items()}
        if "properties" in shut:
            shut["additionalProperties"] = False
        return shut
    return [closed(item) for item in node] if isinstance(node, list) else node


@pytest.mark.parametrize("scenario", sorted(EXPECTED))
def test_schema(scenario: str) -> None:
    document = analyze(*captures(scenario)).to_dict()
    jsonschema.validate(document, closed(schema()))
    assert json.loads(json.dumps(document)) == document


def test_walkthrough() -> None:
    document = analyze(CAPTURES / "walkthrough" / "cali14e7d81007d.pcap").to_dict()
    assert document["verdict"] == "pass"
    assert document["endpoints"] == [
        {"interface": "cali14e7d81007d", "ip": "100.79.126.235", "mac": "aa:64:43:69:fd:8d", "pod": None}
    ]
    (capture,) = document["captures"]
    assert (capture["format"], capture["frames"], capture["problems"]) == ("pcap", 6, [])
    assert capture["first"].endswith("Z")
    assert len(capture["first"]) == len("2026-01-31T16:22:59.584235000Z")
    echo = document["summary"]["echo"]
    assert (echo["requests"], echo["replied"], echo["loss"]) == (2, 2, 0.0)
    assert 0 < echo["rtt"]["min"] <= echo["rtt"]["median"] <= echo["rtt"]["p99"] <= echo["rtt"]["max"] < 1


def test_each_of_several_pods_behind_one_interface_has_its_own_mac(tmp_path: Path) -> None:
    """Else the document of a bridge with a thousand pods would hold a million MACs."""
    pods = {f"10.244.1.{number}": f"5a:8a:00:00:00:{number:02x}" for number in (10, 11, 12)}
    frames = []
    for number, (ip, mac) in enumerate(pods.items()):
        asked = BEGIN + number * SECOND
        frames += [(asked, ask(src=mac, ip=ip)), (asked + MS, answer(to=mac, to_ip=ip))]
    document = analyze(write_pcap(tmp_path / "bridge.pcap", frames)).to_dict()
    assert {endpoint["ip"]: endpoint["mac"] for endpoint in document["endpoints"]} == pods


def test_failure_names_its_frames() -> None:
    document = analyze(CAPTURES / "proxy-arp-off" / "cali14e7d81007d.pcap").to_dict()
    assert document["verdict"] == "fail"
    assert document["headline"] == "the node does not answer 10.244.1.10's ARP for its gateway 169.254.1.1 within 1s"
    (failed,) = [rule for rule in document["rules"] if rule["status"] == "fail"]
    (evidence,) = failed["evidence"]
    assert evidence["frames"] == [1, 2, 3]
    assert "ip -4 route get 169.254.1.1" in evidence["commands"]


@pytest.mark.corpus
def test_not_checked_has_a_reason() -> None:
    def unexplained() -> Iterator[tuple[str, str]]:
        for scenario in EXPECTED:
            for rule in analyze(*captures(scenario)).to_dict()["rules"]:
                if (rule["status"] == "not-checked" or rule["unknown"]) and not rule["reason"]:
                    yield scenario, rule["id"]

    assert list(unexplained()) == []


def test_icmp_errors_are_counted() -> None:
    (error,) = analyze(CAPTURES / "frag-needed" / "cali14e7d81007d.pcap").to_dict()["summary"]["icmp_errors"]
    assert (error["icmp_type"], error["icmp_code"], error["from"], error["count"]) == (3, 4, "172.31.186.250", 1)
