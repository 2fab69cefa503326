"""The man page: it names every command, and a formatter finds no fault with it."""

from __future__ import annotations

import re
import shutil
import subprocess

import click
import pytest

from pcapcheck.cli.main import main
from tests.support.lab import ROOT

PAGE = ROOT / "docs" / "man" / "pcapcheck.1"


def test_every_command_is_in_it() -> None:
    commands = PAGE.read_text().partition(".SH COMMANDS\n")[2].partition(".SH ")[0]
    assert re.findall(r"^\.B (\S+)$", commands.replace("\\-", "-"), re.M) == main.list_commands(click.Context(main))


@pytest.mark.skipif(shutil.which("mandoc") is None, reason="mandoc is not installed")
def test_a_formatter_takes_it() -> None:
    done = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", str(PAGE)], capture_output=True, text=True)
    assert done.stdout + done.stderr == ""
