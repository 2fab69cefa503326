"""JSON as text: as Python's own encoder writes it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pcapcheck.report.json_text import indented

DOCUMENTS: list[dict[str, Any]] = [
    {},
    {"nothing": [], "none": {}, "both": [{}, [[]]], "absent": None, "yes": True},
    {"numbers": [0, -1, 1 << 70, 0.1, 1e-7, 1e300, -0.0]},
    {'key "é"\n': ["\u2026\u2028\x7f\0", "😀", "\\ / \t", '{"a": [1, 2]}', "a: b, c"]},
]


@pytest.mark.parametrize("document", DOCUMENTS)
def test_a_document_reads_as_pythons_encoder_writes_it(document: dict[str, Any]) -> None:
    assert indented(document) == json.dumps(document, indent=2) + "\n"
