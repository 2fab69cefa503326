"""README: short, with a pass and a failure, and two lines that set up. tests/test_docs.py runs what it shows."""

from __future__ import annotations

import re
from pathlib import Path

from tests.support.pages import README, Project, blocks

SET_UP = [block.text.strip() for block in blocks(README) if block.sets_up]
SHOWN = [block.text for block in blocks(README) if block.language == "console"]


def test_is_short() -> None:
    assert len(README.read_text().splitlines()) <= 160


def test_shows_a_pass_and_a_failure() -> None:
    verdicts = [re.sub(r"^\$ .*\n", "", text).split(maxsplit=1)[0] for text in SHOWN]
    assert verdicts == ["PASS", "FAIL"]


def test_two_set_up_lines(tmp_path: Path) -> None:
    """One for the main job and one for the tests; what they run after installing works."""
    main_job, tests = SET_UP
    assert main_job.startswith("python3 -m venv .venv && .venv/bin/pip install --no-compile . && ")
    assert " .venv/bin/pcapcheck analyze " in main_job
    done = Project(tmp_path).run(main_job.split("&&")[-1].replace(".venv/bin/", ""))
    assert done.stdout.startswith("PASS")
    assert tests == "python3 -m venv .venv && .venv/bin/pip install -e '.[test]' && .venv/bin/pytest -q"
