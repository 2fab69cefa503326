"""Files of a bundle one after the other, as ``tail -n +1`` and ``head`` print them.

GNU coreutils: both write ``==> NAME <==`` above each of several files.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from pcapcheck.nodestate.bundles.bundled_file import BundledFile
from pcapcheck.nodestate.bundles.layouts import layout_of

LONGEST = 400
HEAD = re.compile(r"==> (\S{1,300}) <==")
# The number of lines that ``head`` and ``tail`` print of each file by default; of a few files it is chance.
CUT = 10
FEW = 2


def announced_file(text: str) -> BundledFile | None:
    """The file that a line announces; None if it announces no file of a known layout."""
    match = HEAD.fullmatch(text.strip()) if len(text) <= LONGEST else None
    found = layout_of(match[1]) if match else None
    return found[1] if found else None


def is_cut(texts: Iterable[str]) -> bool:
    """Whether the files that are announced look as ``head`` or ``tail`` prints them by default: many end alike."""
    lengths = [0]
    for text in texts:
        if HEAD.fullmatch(text.strip()[:LONGEST]):
            lengths.append(0)
        else:
            lengths[-1] += bool(text.strip())
    return max(lengths) <= CUT and lengths.count(CUT) > FEW
