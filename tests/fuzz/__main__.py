"""Search for bytes that break the reading: ``python -m tests.fuzz``, with libFuzzer's options behind it."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["pcapcheck"]):
    from tests.fuzz.target import examine, seeds


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        for number, data in enumerate(seeds()):
            (Path(folder) / f"{number:04}").write_bytes(data)
        atheris.Setup(
            [sys.argv[0], "-max_len=8192", "-rss_limit_mb=1024", "-timeout=20", *sys.argv[1:], folder], examine
        )
        atheris.Fuzz()


if __name__ == "__main__":
    main()
