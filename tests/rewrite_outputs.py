"""Write the outputs that README.md and docs/ show, from real runs: ``python -m tests.rewrite_outputs [PAGE ...]``.

What stands below a ``$ command`` in a ``console`` block is replaced by what the command prints now; the words around it
are not. ``docs/fields.md``, ``docs/tables/`` and ``docs/pictures/`` are written as well. Read the difference before you
commit it.
"""

from __future__ import annotations

import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.support.drawings import drawings
from tests.support.lab import ROOT
from tests.support.pages import CAN_RECORD, DOCS, Project, pages, records, rewritten, split_fields, write_missing


def main(names: list[str]) -> int:
    """Exit code 1: a page has a command that fails. The others are rewritten all the same."""
    chosen = [Path(name).resolve() for name in names] or pages()
    if not names:
        with tempfile.TemporaryDirectory() as folder:
            done = Project(Path(folder)).run("pcapcheck rules fields --format markdown")
        if done.returncode:
            sys.exit(f"pcapcheck rules fields: {done.stderr}")
        for path in write_missing(DOCS, split_fields(done.stdout).items()):
            print(f"{path.relative_to(ROOT)}: written")
        for path in write_missing(DOCS / "pictures", drawings()):
            print(f"{path.relative_to(ROOT)}: written")
    # Most of them wait: for recordings, and for programs to start.
    with ThreadPoolExecutor() as pool:
        return 0 if all(list(pool.map(rewrite, chosen))) else 1


def rewrite(page: Path) -> bool:
    name = page.relative_to(ROOT)
    with tempfile.TemporaryDirectory() as folder:
        try:
            text = rewritten(page, Project(Path(folder)))
        except AssertionError as error:
            print(f"{name}: NOT REWRITTEN\n{error}", file=sys.stderr)
            return False
    changed = write_missing(page.parent, [(page.name, text)])
    note = "" if CAN_RECORD or not records(page) else " (from shipped captures: recording needs root)"
    print(f"{name}: {'rewritten' if changed else 'up to date'}{note}")
    return True


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
