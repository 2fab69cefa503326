"""Where files are, in the words of CI systems: relative to the root of what was checked out."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import quote

from msgspec import Struct

import pcapcheck
from pcapcheck.ruleset.files import packs_folder
from pcapcheck.ruleset.rule import Rule


class SourceLocation(Struct, frozen=True):
    """A file: relative to the root of the checkout or to the packs that ship with pcapcheck, else absolute."""

    path: Path
    packaged: bool = False

    @property
    def uri(self) -> str:
        """The location as a URI (RFC 3986)."""
        quoted = quote(os.fsencode(self.path))
        return f"file://{quoted}" if self.path.is_absolute() else quoted

    @property
    def is_local(self) -> bool:
        """Whether this is a file of the checkout, which a CI system can show."""
        return not self.packaged and not self.path.is_absolute()


def place_of(path: Path) -> SourceLocation:
    """The location of a file relative to the root of the checkout."""
    resolved = path.resolve()
    root = checkout()
    return SourceLocation(resolved.relative_to(root) if resolved.is_relative_to(root) else resolved)


def place_of_rule(rule: Rule) -> tuple[SourceLocation, int]:
    """The file and line of a rule.

    An installed pack may be anywhere, even in a virtual environment inside the checkout; if an expectation file extends
    it, its rules are located at that line.
    """
    packs = packs_folder()
    path = Path(rule.file)
    if packs.parent == Path(pcapcheck.__file__).parent and path.is_relative_to(packs):
        if rule.named is None:
            return SourceLocation(path.relative_to(packs), packaged=True), rule.line
        return place_of(Path(rule.named[0])), rule.named[1]
    return place_of(path), rule.line


def checkout() -> Path:
    """The root of a CI job's checkout, if known, else the working directory."""
    here = Path.cwd().resolve()
    workspace = Path(os.environ.get("GITHUB_WORKSPACE") or here).resolve()
    return workspace if here.is_relative_to(workspace) else here
