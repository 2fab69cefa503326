"""The published schemas of report formats, from where .ci/run puts them: nothing of them is part of the project."""

from __future__ import annotations

import tarfile

import pytest

from tests.support.lab import ROOT

FOLDER = ROOT / ".ci" / "schemas"


def published(name: str) -> bytes:
    """A schema by its file name; skips the test where it was not fetched."""
    for archive in sorted(FOLDER.glob("*.tar.gz")):
        with tarfile.open(archive) as opened:
            for member in opened:
                if member.name.endswith(f"/{name}") and (file := opened.extractfile(member)) is not None:
                    return file.read()
    pytest.skip(f"no {name} in {FOLDER.relative_to(ROOT)} (.ci/run fetches it)")
