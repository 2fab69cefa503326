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

from pcapcheck import analyze
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
    """Headings in order, and a title for each drawing, which its drawing names."""
    text = page(analyze(*captures(scenario)))
    levels = [int(level) for level in re.findall(r"<h(\d)>", text)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    drawings = re.findall(r"<svg[^>]*>", text)
    assert drawings
    for drawing in drawings:
        label = re.search(r'role="img" aria-labelledby="([^"]+)"', drawing)
        assert label is not None
        assert text.count(f'id="{label[1]}"') == 1


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
