"""Read each report format back, as its consumers do."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from html import unescape
from io import StringIO
from typing import Any
from xml.etree import ElementTree

from pcapcheck.analysis import Analysis
from pcapcheck.report.formats import FORMATS

# As actions/runner does (ActionCommand.cs): the new style first in a line, the old style anywhere in it.
COMMAND = re.compile(r"\s*::([\w-]+)( [^:]*)?::(.*)")
OLD_COMMAND = re.compile(r"##\[([\w-]+)[^\]]*\]")
TSHARK = re.compile(r"frame\.number in \{([\d,]+)\}")
ITEM = re.compile(r"([a-z0-9-]+)(?: \((?:[^()]|\([^()]*\))*\))?(?:, |$)")
MARKS = {"Failed": "fail", "Passed": "pass", "Not checked": "not-checked"}


@dataclass(frozen=True)
class ReadBack:
    """What a format says of one rule; None where it does not say it."""

    status: str
    severity: str | None = None
    frames: frozenset[int] | None = None


@dataclass(frozen=True)
class Annotation:
    """A workflow command as the runner takes it."""

    kind: str
    properties: dict[str, str]
    message: str


def written(analysis: Analysis, form: str) -> str:
    """A report of that format."""
    stream = StringIO()
    FORMATS[form](analysis, stream, False)
    return stream.getvalue()


def read_back(form: str, text: str) -> dict[str, ReadBack]:
    """What a report says of each rule, by id."""
    readers = (of_text, of_json, of_jsonl, of_junit, of_sarif, of_github, of_markdown, of_html)
    return dict(zip(FORMATS, readers, strict=True))[form](text)


def of_text(text: str) -> dict[str, ReadBack]:
    found: dict[str, ReadBack] = {}
    for part in re.split(r"\n(?=[✗⚠~✓–] )", text):
        mark, _, rest = part.partition(" ")
        if mark == "~":
            found[rest.split()[0]] = ReadBack("fail", "info")
        elif mark == "✓" and rest.startswith("passed ("):
            found |= {name: ReadBack("pass") for name in re.findall(r"([a-z0-9-]+) \(\d+\)", rest.split("\n\n")[0])}
        elif mark in "✗⚠" and rest:
            severity = re.match(r"\S+ \((\w+)", rest)
            found[rest.split()[0]] = ReadBack("fail", severity[1] if severity else "error", _frames(rest))
        elif mark == "✓":
            found[rest.split()[0]] = ReadBack("pass")
        elif rest.startswith("not checked: "):
            names = rest.splitlines()[0].removeprefix("not checked: ").split(", ")
            found |= {name: ReadBack("not-checked") for name in names}
    return found


def of_json(text: str) -> dict[str, ReadBack]:
    return {rule["id"]: _of_rule(rule) for rule in json.loads(text)["rules"]}


def of_jsonl(text: str) -> dict[str, ReadBack]:
    lines = [json.loads(line) for line in text.splitlines()]
    return {part["id"]: _of_rule(part) for part in lines if part["type"] == "rule"}


def of_junit(text: str) -> dict[str, ReadBack]:
    found = {}
    for case in ElementTree.fromstring(text).iter("testcase"):
        out = case.findtext("system-out")
        if out is None:
            continue
        result = next((element for element in case if element.tag in ("failure", "error", "skipped")), None)
        said = re.search(r" \((error|warning|info), ", out)
        assert said is not None, out
        if result is None:
            found[case.attrib["name"]] = ReadBack("pass", said[1])
        elif result.get("type") in ("not-checked", "unmet"):
            found[case.attrib["name"]] = ReadBack("not-checked", said[1])
        else:
            assert (result.tag == "failure") == (said[1] == "error")
            found[case.attrib["name"]] = ReadBack("fail", said[1], _frames(result.text or ""))
    return found


def of_sarif(text: str) -> dict[str, ReadBack]:
    (run,) = json.loads(text)["runs"]
    found = {}
    for result in run["results"]:
        status = {"pass": "pass", "fail": "fail", "notApplicable": "not-checked"}[result["kind"]]
        rule = run["tool"]["driver"]["rules"][result["ruleIndex"]]
        assert rule["id"] == result["ruleId"]
        level = rule["defaultConfiguration"]["level"]
        assert result["level"] == (level if status == "fail" else "none")
        frames = frozenset(
            n for place in result["relatedLocations"] for n in place.get("properties", {}).get("frames", [])
        )
        found[result["ruleId"]] = ReadBack(status, {"note": "info"}.get(level, level), frames)
    return found


def of_github(text: str) -> dict[str, ReadBack]:
    found = {}
    *others, verdict = read_annotations(text)
    for other in others:
        if re.match(r"[a-z0-9-]+: ", other.properties["title"]):
            severity = {"notice": "info"}.get(other.kind, other.kind)
            found[other.properties["title"].split(":")[0]] = ReadBack("fail", severity, _frames(other.message))
    for line in verdict.message.splitlines():
        what, _, rest = line.partition(": ")
        if what == "passed":
            found |= {name: ReadBack("pass") for name in ITEM.findall(rest)}
        elif what == "not checked":
            found |= {name: ReadBack("not-checked") for name in rest.partition(": ")[0].split(", ")}
    return found


def of_markdown(text: str) -> dict[str, ReadBack]:
    status, found = "fail", {}
    blocks = {part.split(":")[0]: part for part in re.split(r"^### ", text, flags=re.M)[1:]}
    for line in text.splitlines():
        fold = re.match(r"<details><summary>([\w ]+): \d+", line)
        status = MARKS[fold[1]] if fold else status
        row = re.match(r"\| ([a-z0-9-]+) \| (\w+)[ |]", line)
        if row and row[1] != "rule":
            frames = _frames(unescape(blocks[row[1]].split("\n### ")[0])) if status == "fail" else None
            found[row[1]] = ReadBack(status, row[2], frames)
    return found


def read_annotations(text: str) -> list[Annotation]:
    """What the runner makes of a step's output, line by line."""
    found = []
    for line in text.splitlines():
        match = COMMAND.match(line)
        if match:
            pairs = [pair.split("=", 1) for pair in (match[2] or "").strip().split(",") if pair]
            properties = {name: _unescaped(value, "\r\n:,") for name, value in pairs}
            found.append(Annotation(match[1], properties, _unescaped(match[3], "\r\n")))
    return found


def commands(text: str) -> list[str]:
    """Lines in which the runner would find a command."""
    return [line for line in text.splitlines() if COMMAND.match(line) or OLD_COMMAND.search(line)]


def _of_rule(rule: dict[str, Any]) -> ReadBack:
    frames = frozenset(number for row in rule["evidence"] for number in row["frames"])
    return ReadBack(rule["status"], rule["severity"], frames)


def _frames(text: str) -> frozenset[int]:
    return frozenset(int(number) for some in TSHARK.findall(text) for number in some.split(","))


def _unescaped(text: str, chars: str) -> str:
    for char in f"{chars}%":
        text = text.replace(f"%{ord(char):02X}", char)
    return text


def of_html(text: str) -> dict[str, ReadBack]:
    found = {}
    for mark, name, rest in re.findall(r"<summary>(✗|⚠|~) <b>([a-z0-9-]+)</b>(.*?)</details>", text, re.S):
        severity = re.search(r" \((warning|info)[):]", unescape(rest))
        known = severity[1] if severity else "info" if mark == "~" else "error"
        found[name] = ReadBack("fail", known, _frames(unescape(rest)))
    for title, status in (("Passed", "pass"), ("Not checked", "not-checked")):
        part = re.search(rf"<h2>{title}</h2>(.*?)</details>", text, re.S)
        for names in re.findall(r"<li><b>([a-z0-9, -]+)</b>", part[1] if part else ""):
            found |= {name: ReadBack(status) for name in names.split(", ")}
    return found
