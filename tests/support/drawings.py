"""The pictures in docs/pictures/, cut out of HTML reports: ``python -m tests.rewrite_outputs`` makes them again."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pcapcheck import analyze
from pcapcheck.report.formats.html import page
from tests.support.lab import CAPTURES, captures

# What each shows, and the lab's scenario.
SHOWN = {
    "healthy": "healthy",
    "arp-silent": "proxy-arp-off",
    "lost-midway": "route-lost-midway",
    "two-nodes": "second-node-drops",
}
# Forges show them on light and dark pages; a picture brings its own paper.
PAPER = '<rect width="100%" height="100%" fill="#ffffff"/>'


def drawings() -> Iterator[tuple[str, str]]:
    """Names and contents of the files: the way of the packet, and the first ladder."""
    for name, scenario in SHOWN.items():
        text = page(analyze(*captures(scenario), node_state=CAPTURES / scenario / "state.txt"))
        for what, drawing in zip(("way", "ladder"), re.findall(r"<svg.*?</svg>", text, re.S), strict=False):
            own = drawing.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" color="#1f2933" ', 1)
            yield f"{name}-{what}.svg", re.sub(r"^<svg[^>]*>", rf"\g<0>{PAPER}", own) + "\n"
