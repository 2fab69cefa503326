"""HTML: one valid page without scripts and outside references, small for any capture, and nothing breaks out of it."""

from __future__ import annotations

import json
import re
from html import unescape
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest
from tinyhtml5.parser import HTMLParser

from pcapcheck import analyze, analyze_state
from pcapcheck.analysis import Analysis
from pcapcheck.links.scope import Scope
from pcapcheck.report.formats.html import MOST_BYTES, cell, page
from tests.support.lab import CAPTURES, captures
from tests.support.wire import BEGIN, SECOND, answer, ask, request, write_pcap

EVIL = "</title><script>alert(1)</script><img src=x onerror=alert(1)>\"' onload='x' {{ 7*7 }} &lt;"


def hostile(tmp_path: Path, name: str = EVIL) -> Analysis:
    """In the names of the interface and the pod, where they may stand."""
    path = tmp_path / "a.pcap"
    path.write_bytes((CAPTURES / "proxy-arp-off" / "cali14e7d81007d.pcap").read_bytes())
    pods = {"kind": "Pod", "metadata": {"name": name, "namespace": "d"}, "status": {"podIP": "10.244.1.10"}}
    (tmp_path / "pods.json").write_text(json.dumps({"kind": "List", "items": [pods]}))
    return analyze(path, scope=Scope({path.name: {None: name}}), pods=tmp_path / "pods.json")


def errors(text: str) -> list[object]:
    parser = HTMLParser()
    parser.parse(text)
    return list(parser.errors)


SCENARIOS = ["healthy", "proxy-arp-off", "second-node-drops", "loss", "dns-vxlan-slow", "direction-in", "ipv6"]


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_valid(scenario: str) -> None:
    text = page(analyze(*captures(scenario)))
    assert errors(text) == []
    # Drawings are XML too, so that they can be cut out and kept as files.
    for drawing in re.findall(r"<svg.*?</svg>", text, re.S):
        ElementTree.fromstring(drawing)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_self_contained(scenario: str) -> None:
    """No script, no outside reference, no inline style that a policy would drop."""
    text = page(analyze(*captures(scenario)))
    assert not re.search(r"<script|<link|<iframe|<object|<embed|<base|<form|@import|url\(", text)
    assert not re.search(r"\s(?:src|href|style|on\w+)=", text)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_can_be_read_aloud(scenario: str) -> None:
    """Headings in order, also of what is folded, and words for each drawing."""
    text = page(analyze(*captures(scenario)))
    levels = [int(level) for level in re.findall(r"<h(\d)>", text)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    drawings = re.findall(r"<svg[^>]*>", text)
    assert drawings
    for drawing in drawings:
        label = re.search(r'role="img" aria-label="([^"]+)"', drawing)
        assert label is not None
    assert "<h2>Not checked</h2>" in text
    assert "<h2>How this was made</h2>" in text


def luminance(colour: str) -> float:
    """As WCAG 2.2 defines it."""
    shares = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(colour: str, paper: str) -> float:
    light, dark = sorted((luminance(colour), luminance(paper)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_contrast(scenario: str) -> None:
    """Text 4.5 to 1, lines 3 to 1 (WCAG 2.2, 1.4.3 and 1.4.11), in the light and in the dark."""
    text = page(analyze(*captures(scenario)))
    style, body = text.split("</style>")
    dark = dict(re.findall(r'\["?(?:stroke|fill)="(#\w+)"\]\{(?:stroke|fill):(#\w+)\}', style))
    night = re.search(r"background:(#\w+);color:(#\w+)", style)
    assert night is not None
    assert contrast(night[2], night[1]) > 4.5
    words = set(re.findall(r'<text[^>]* fill="(#\w+)"', body))
    lines = set(re.findall(r'<(?:path|rect|circle)[^>]* (?:stroke|fill)="(#\w+)"', body))
    assert words
    assert lines
    for colours, least in ((words, 4.5), (lines, 3)):
        for colour in colours:
            assert contrast(colour, "#ffffff") >= least
            assert contrast(dark[colour], night[1]) >= least


def test_order() -> None:
    """What happened first, how it was made last."""
    text = page(analyze(*captures("second-node-drops"), node_state=CAPTURES / "second-node-drops" / "state.txt"))
    parts = [
        "<h1>",
        "Where the packet went",
        "packet by packet",
        "over time",
        "<h2>Pods",
        "What failed</h2>",
        "<h2>Why",
    ]
    places = [text.index(part) for part in (*parts, "Not checked", "How this was made")]
    assert places == sorted(places)


def test_cause_is_at_the_top() -> None:
    """Confirmed, with the line of the state that shows it and what to do."""
    state = CAPTURES / "missing-host-route" / "state.txt"
    text = unescape(page(analyze(*captures("missing-host-route"), node_state=state)))
    top = text[: text.index("Where the packet went")]
    assert "Confirmed:" in top
    assert "the pod's own /32 route is missing" in top
    assert "state.txt:25: blackhole 10.244.1.0/26 proto 80" in top
    assert "Fix: <code>" in top


def test_digests() -> None:
    import hashlib

    file = captures("healthy")[0]
    assert hashlib.sha256(file.read_bytes()).hexdigest() in page(analyze(file))


def test_hostile_names_stay_text(tmp_path: Path) -> None:
    judged = hostile(tmp_path)
    for text in (page(judged), cell(judged)):
        assert "<script" not in text
        assert "<img" not in text
        assert "7*7" in text
    assert errors(page(judged)) == []


def test_a_name_of_4_kB(tmp_path: Path) -> None:
    text = page(hostile(tmp_path, "<b>" + "x" * 4096))
    assert len(text.encode()) < 100_000
    assert errors(text) == []


@pytest.mark.slow
def test_small_for_200_pods(tmp_path: Path) -> None:
    """Each loses something, and has a cause, a link and a file of its own."""
    files = []
    for pod in range(200):
        ip = f"10.244.{pod // 100}.{pod % 100 + 1}"
        mac = f"5a:8a:10:57:{pod // 256:02x}:{pod % 256:02x}"
        frames = [(BEGIN, ask(src=mac, ip=ip)), (BEGIN + 20_000, answer(to=mac, to_ip=ip))]
        frames += [
            (BEGIN + n * SECOND, request(n, src=ip, dst=f"10.245.0.{pod % 200 + 1}", eth=(mac, "ee:ee:ee:ee:ee:ee")))
            for n in range(1, 30)
        ]
        files.append(write_pcap(tmp_path / f"cali{pod:011x}.pcap", frames))
    text = page(analyze(*files))
    assert len(text.encode()) < MOST_BYTES
    assert "more pods" in text
    assert errors(text) == []


def test_nothing_judged(tmp_path: Path) -> None:
    """No exchange at all, an empty file, no file: a page all the same."""
    from pcapcheck.pipeline import unjudged

    empty = write_pcap(tmp_path / "cali14e7d81007d.pcap", [])
    for judged in (analyze(empty), unjudged("none.pcap", error="none.pcap: No such file")):
        text = page(judged)
        assert errors(text) == []
        assert "NOT CHECKED" in text


def test_notebook() -> None:
    """Small, with the verdict and both pictures."""
    text = analyze(*captures("second-node-drops"))._repr_html_()
    assert "FAIL" in text
    assert text.count("<svg") == 3
    assert len(text) < 40_000
    assert errors(f"<!doctype html><title>x</title>{text}") == []


def test_two_reports_in_one_notebook() -> None:
    """Nothing in one refers to the other: no identifiers, no style sheet, and paper of their own on dark themes."""
    text = analyze(*captures("proxy-arp-off"))._repr_html_() + analyze(*captures("healthy"))._repr_html_()
    assert not re.search(r"\sid=|<style|\sclass=|labelledby", text)
    assert text.count('<rect width="100%" height="100%" fill="#ffffff"/>') == text.count("<svg")


def test_hostile_traffic(tmp_path: Path) -> None:
    """Names that are asked for, and comments and names in the file, as text."""
    from tests.support.wire import query

    evil = "<script>alert(1)</script>"
    frames = [(BEGIN, ask()), (BEGIN + 20, answer()), *((BEGIN + n * SECOND, query(name=evil)) for n in range(1, 9))]
    text = page(analyze(write_pcap(tmp_path / f"cali14e7d81007d{EVIL.replace('/', '')}.pcap", frames)))
    assert "&lt;script&gt;alert(1)" in text
    assert "<script" not in text
    assert "<img" not in text
    assert errors(text) == []


def test_only_damage(tmp_path: Path) -> None:
    """A file whose records nobody can read, a page all the same."""
    path = tmp_path / "cali14e7d81007d.pcap"
    path.write_bytes(captures("healthy")[0].read_bytes()[:24] + b"\xff" * 500)
    text = page(analyze(path))
    assert errors(text) == []
    assert "NOT CHECKED" in text


def test_state_only() -> None:
    """Without captures there is nothing to draw, and no picture claims any."""
    text = page(analyze_state(CAPTURES / "missing-host-route" / "state.txt"))
    assert "<svg" not in text
    assert "Confirmed:" in text
    assert "0 captures" not in text
