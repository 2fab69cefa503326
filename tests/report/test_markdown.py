"""Markdown: what a renderer makes of it, and that nothing from a capture becomes more than text."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from pcapcheck import analyze
from pcapcheck.analysis import Analysis
from pcapcheck.links.scope import Scope
from pcapcheck.report.formats.markdown import block, prose
from tests.support.formats import written
from tests.support.lab import CAPTURES, captures

BROKEN = CAPTURES / "proxy-arp-off" / "cali14e7d81007d.pcap"
EVIL = (
    "@team #12 org/repo#3 [a](http:x) ![i](y) <img src=x> <!-- www.a.example https:b.example a@b.example "
    "`` ``` | \\| a|b **c** _d_ ~~e~~ </details> :smile: &lt; &#64;x 0123456789abcdef $x$"
)
OURS = ("<details><summary>", "</details>", "<sub>", "</sub>")
# What GitHub makes links of in text, whatever was escaped: mentions, issues, commits, addresses.
LINKED = re.compile(r"@\w|#\d|\b[0-9a-f]{7,40}\b|www\.|https?:|\w@\w|:\w+:")


def tokens(text: str) -> list[Token]:
    return [
        token
        for block in MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(text)
        for token in flat(block)
    ]


def flat(token: Token) -> Iterator[Token]:
    yield token
    for child in token.children or ():
        yield from flat(child)


def hostile(tmp_path: Path) -> Analysis:
    """In the names of the file, the interface and the pod, where they may stand."""
    path = tmp_path / (EVIL.replace("/", "").replace("=", "") + ".pcap")
    shutil.copy(BROKEN, path)
    pods = {"kind": "Pod", "metadata": {"name": EVIL, "namespace": "d"}, "status": {"podIP": "10.244.1.10"}}
    (tmp_path / "pods.json").write_text(json.dumps({"kind": "List", "items": [pods]}))
    return analyze(path, scope=Scope({path.name: {None: EVIL}}), pods=tmp_path / "pods.json")


@pytest.mark.parametrize("given", ["walkthrough", "route-lost-midway", "any"])
def test_renders(given: str) -> None:
    judged = analyze(*captures(given))
    found = tokens(written(judged, "markdown"))
    failed = [finding for finding in judged.findings if finding.status == "fail"]
    tables = len({finding.status for finding in judged.findings})
    kinds = [match.type for match in found]
    assert kinds.count("table_open") == tables
    assert kinds.count("tr_open") == len(judged.findings) + tables
    assert kinds.count("td_open") == 4 * len(judged.findings)
    pictures = [match for match in found if match.type == "fence" and match.info == "mermaid"]
    assert kinds.count("fence") == len(failed) + len(pictures)
    assert bool(pictures) == bool(failed)
    assert [match.tag for match in found if match.type == "heading_open"] == ["h2", *["h3"] * len(failed)]


def test_hostile_names(tmp_path: Path) -> None:
    judged = hostile(tmp_path)
    text = written(judged, "markdown")
    assert "@team" in text
    assert "smile" in text
    found = tokens(text)
    assert {match.type for match in found} & {"link_open", "image", "em_open", "strong_open", "s_open"} == set()
    html = [match.content.strip() for match in found if match.type in ("html_block", "html_inline")]
    assert all(tag.startswith(OURS) for tag in html), html
    assert [match.content for match in found if match.type == "text" and LINKED.search(match.content)] == []
    assert [match.type for match in found].count("td_open") == 4 * len(judged.findings)
    assert [match.info for match in found if match.type == "fence"] == ["mermaid", "mermaid", "text"]


@pytest.mark.parametrize(
    "text", [EVIL, "a|b", "`", "``a`` `b`", "x\\", "\\|", "1. a", "a <b> c", "(https://x.example/), y"]
)
def test_text_stays_text(text: str) -> None:
    """Also in a table."""
    told = prose(text)
    for page in (f"- {told}\n", f"| a | b |\n|---|---|\n| {told.replace('|', chr(92) + '|')} | x |\n"):
        found = tokens(page)
        said = "".join(match.content for match in found if match.type in ("text", "code_inline"))
        assert {match.type for match in found if not match.type.endswith(("_open", "_close"))} <= {
            "inline",
            "text",
            "code_inline",
        }
        assert "".join(text.split()) in "".join(said.split())
        assert [match.content for match in found if match.type == "text" and LINKED.search(match.content)] == []


def test_words_stay_words() -> None:
    assert prose("the node does not answer 10.244.1.10's ARP (on cali14e7d81007d, twice)") == (
        "the node does not answer `10.244.1.10`'s ARP (on `cali14e7d81007d`, twice)"
    )


def test_bars_end_no_cell(tmp_path: Path) -> None:
    rule = "{id: x, title: 'a|b `c|d` |', select: {table: arp}, expect: {answered: true}}"
    adjust = "adjust: {gateway-arp-answered: {severity: warning, reason: 'see | or `|`'}}"
    (tmp_path / "here.yaml").write_text(f"extends: calico\n{adjust}\nrules:\n  - {rule}\n")
    judged = analyze(BROKEN, rules=tmp_path / "here.yaml")
    cells: list[str] = []
    for token in tokens(written(judged, "markdown")):
        if token.type == "td_open":
            cells.append("")
        elif cells and token.type in ("text", "code_inline"):
            cells[-1] += token.content
    rows = {cells[at]: cells[at + 1 : at + 4] for at in range(0, len(cells), 4)}
    assert rows["gateway-arp-answered"][0] == "warning (see | or `|`)"
    assert rows["x"][1] == "a|b `c|d` |"


def test_nothing_ends_a_block() -> None:
    lines = ["```", "text", "````", "~~~", "</details>"]
    (fence,) = [token for token in tokens("\n".join(block(lines))) if token.type == "fence"]
    assert fence.content.splitlines() == lines
