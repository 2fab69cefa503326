"""The bundles of an observation: whose a file is by its path, and what printed it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

from pcapcheck.nodestate.bundles.bundled_file import BundledFile
from pcapcheck.nodestate.bundles.layouts import Layout, layout_of
from pcapcheck.nodestate.bundles.places import places_of


class KnownBundles:
    """Answers for each path. ``found`` maps the files of bundles to the bundle; any other file stands by itself.

    ``used`` are the layouts of the files that were asked about.
    """

    def __init__(self, found: Mapping[Path, Path]) -> None:
        self._found = found
        self.used: dict[str, Layout] = {}

    @cached_property
    def _places(self) -> dict[Path, BundledFile]:
        return places_of(self._found)

    def file_at(self, path: Path) -> BundledFile | None:
        """The file of a bundle that stands at a path; None if the path shows nothing of it."""
        known = layout_of(str(path))
        if known is None:
            return self._places.get(path)
        layout, file = known
        self.used[layout.title] = layout
        return file
