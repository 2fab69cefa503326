"""What may not be found in anything redacted: the addresses, MACs and names of the originals."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pcapcheck import analyze
from pcapcheck.analysis import Analysis
from pcapcheck.capture.reread import read_again
from pcapcheck.capture.source import Source
from pcapcheck.decode.decoded_links import LINKS
from pcapcheck.redaction.redacted_files import RedactedFile, Redaction

KEY = b"a key of the tests, which is long enough"
IPV4 = re.compile(r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])")
IPV6 = re.compile(r"(?<![\w:])(?:[0-9a-f]{1,4}:){2}[0-9a-f:]*[0-9a-f]|(?<![\w:])[0-9a-f]{1,4}::[0-9a-f:]*")
MAC = re.compile(r"(?<![\w:])[0-9a-f]{2}(?::[0-9a-f]{2}){5}(?![\w:])")
CALI = re.compile(r"cali[0-9a-f]{11}")
STAYS = re.compile(
    r"0\.|127\.|169\.254\.|22[4-9]\.|23\d\.|25[0-5]\.|ff|fe80::ecee|fe80::$|::|ee:ee:ee|01:00:5e|01:80:c2|33:33|00:00:00:00"
)


def redacted(files: Iterable[Path], key: bytes = KEY) -> list[RedactedFile]:
    return list(Redaction([list(files)], key).files())


def analyzed(files: Iterable[RedactedFile]) -> Analysis:
    return analyze(*(file.content for file in files if file.content is not None))


def comes_to(analysis: Analysis) -> dict[str, Any]:
    """The verdict, what became of each rule, and the causes: all that redaction must not change."""
    document = analysis.to_dict()
    return {
        "verdict": document["verdict"],
        "rules": {
            rule["id"]: (rule["status"], rule["checked"], rule["failed"], rule["unknown"]) for rule in document["rules"]
        },
        "diagnoses": [(diagnosis["rules"], diagnosis["confirmed"]) for diagnosis in document["diagnoses"]],
        "causes": [(cause["id"], cause["status"], cause["diagnosis"]) for cause in document["causes"]],
        "unanswered": len(document["unanswered"]),
        "remarks": len(document["remarks"]),
    }


def originals(files: Iterable[Path], analysis: Analysis) -> set[str]:
    """Addresses, MACs and names of pod links that stand in texts, and those that the report on captures shows."""
    said = str(analysis.to_dict())
    texts = [said, *(file.read_text() for file in files if file.suffix == ".txt")]
    found = {match for text in texts for kind in (IPV4, IPV6, MAC, CALI) for match in kind.findall(text)}
    return {word for word in found if not STAYS.match(word)}


def forms(word: str) -> set[bytes]:
    """A word as it stands in texts and as it stands in frames."""
    if MAC.fullmatch(word):
        return {word.encode(), bytes.fromhex(word.replace(":", ""))}
    try:
        return {word.encode(), ipaddress.ip_address(word).packed}
    except ValueError:
        return {word.encode()}


def found_in(data: bytes, words: Iterable[str]) -> set[str]:
    """Those of the words that stand in some bytes, as a whole."""
    return {
        word
        for word in words
        for form in forms(word)
        if (form in data if not form.isascii() or len(form) in (4, 6, 16) else _stands(form, data))
    }


def _stands(form: bytes, data: bytes) -> bool:
    return re.search(rb"(?<![\w.:])" + re.escape(form) + rb"(?![\w:]|\.\d)", data) is not None


def frames(path: Path) -> list[tuple[int, bytes, int]]:
    """Link type, bytes and wire length of all frames of a capture."""
    source = Source(path)
    with source.open() as reader:
        for _ in reader.batches():
            pass
        count = reader.frames
    return [
        (record.interface.link_type, record.data, record.length)
        for record in read_again(source, range(1, count + 1))
        if record.interface.link_type in LINKS
    ]
