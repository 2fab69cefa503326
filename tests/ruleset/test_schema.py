"""The JSON Schema of rules: an editor that uses it agrees with ``rules check``."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from pcapcheck.ruleset.files import PACKS, pack
from tests.ruleset import test_aggregates, test_expectations, test_load

FILES = sorted(file for name in PACKS for file in pack(name).glob("*.yml"))
GOOD_EXPECTATION = """\
extends: [calico, ../common.yml]
captures: ping.pcap
variables: {peer: 10.244.1.11, echo_wait: 2s}
adjust:
  gateway-arp-prompt: {severity: off, reason: lab}
  echo-answered: {severity: info, reason: lab}
accept:
  - {rule: pod-answers-echo, where: {dst: $peer}, until: 2027-01-31, reason: lab}
require: echo-answered
strict: true
rules:
  - id: loss
    select: {table: echo, dst: $peer, ttl: {ge: 63}, not: {outcome: [error, in-flight]}}
    expect: {replied: true, any: [{eth_src: {mac_prefix: 'ee:ee'}}, {src: {cidr: 10.0.0.0/8}}]}
    ratio: {ge: 99%}
    p99: {rtt: {lt: 5ms}, ttl: {le: 255}}
    count: {min: 10}
"""


@pytest.fixture(scope="module")
def validator() -> jsonschema.Draft7Validator:
    done = subprocess.run(
        [sys.executable, "-m", "pcapcheck", "rules", "schema"], capture_output=True, text=True, check=True
    )
    schema = json.loads(done.stdout)
    jsonschema.Draft7Validator.check_schema(schema)
    return jsonschema.Draft7Validator(schema)


def read(text: str) -> Any:
    """As editors read it: YAML 1.2."""
    return YAML(typ="safe", pure=True).load(text)


@pytest.mark.parametrize("file", FILES, ids=[file.stem for file in FILES])
def test_every_rule_that_ships_is_valid(file: Path, validator: jsonschema.Draft7Validator) -> None:
    validator.validate(read(file.read_text()))


@pytest.mark.parametrize("text", [GOOD_EXPECTATION, test_load.GOOD])
def test_good(text: str, validator: jsonschema.Draft7Validator) -> None:
    validator.validate(read(text))


WRONG = [
    *(test_load.GOOD.replace(said, instead) for said, instead, _, _ in test_load.WRONG),
    *(test_aggregates.HEAD + says for says, _, _ in test_aggregates.WRONG),
    *(text for text, _, _ in test_expectations.WRONG),
]
# What is wrong in these a schema does not see: it takes other files, the variables or arithmetic.
LET_THROUGH = (
    "eth_dst: $proxy_mak",
    "dst: $per}",
    "{cidr: 10.0.0.1/8}",
    "dst: 10.0.0.256",
    "limits: *a",
    "'{rtd}'",
    "'{rtt'",
    "'{rtt:d}'",
    "ratio: {ge: 101%}",
    "extends: calicoo",
    "extends: x.pcapcheck.yaml",
    "echo-answerd",
    "arp_wait: soon",
    "rules: [{id: echo-answered,",
    "count: {min: 20, max: 10}",
    "$peeer",
    "extends: calico\n---",
    "gatway",
)


@pytest.mark.parametrize("text", WRONG)
def test_wrong(text: str, validator: jsonschema.Draft7Validator) -> None:
    try:
        valid = validator.is_valid(read(text))
    except (YAMLError, ValueError):
        valid = False
    assert valid == any(part in text for part in LET_THROUGH), text
