"""The runner of GitHub Actions (and those of Gitea and Forgejo), which reads what a step prints."""

from __future__ import annotations

import os
import re
import stat
import sys

# A workflow command (actions/runner, ActionCommand.cs) starts with two colons at the start of a line, or this anywhere.
LEADING = re.compile(r"^(\s*)::", re.M)
OLD_STYLE = "##["
# Escapes for the characters that begin a command, in formats that have escapes.
STAND_INS = {
    "json": (":", "\\u005b"),
    "jsonl": (":", "\\u005b"),
    "sarif": (":", "\\u005b"),
    "junit": ("&#58;", "&#91;"),
}
VISIBLE = ("\\x3a", "\\x5b")


def on_github() -> bool:
    """Whether this runs as a step of a workflow."""
    return os.environ.get("GITHUB_ACTIONS") == "true"


def is_read() -> bool:
    """Whether the runner reads what is printed, rather than a file."""
    try:
        return on_github() and not stat.S_ISREG(os.fstat(sys.stdout.fileno()).st_mode)
    except OSError:
        return on_github()


def harmless(text: str, form: str = "text") -> str:
    """A report in which the runner finds no command, whatever a capture says."""
    colon, bracket = STAND_INS.get(form, VISIBLE)
    return LEADING.sub(lambda match: f"{match[1]}{colon}:", text).replace(OLD_STYLE, f"##{bracket}")
