"""The pages of documentation: their fenced blocks, and a project that follows them.

The first word of a block says what becomes of it:

- ``console``: the commands behind ``$`` run, and print what stands below them;
- ``sh``: runs and succeeds; with ``root`` only where namespaces can be recorded, with ``cluster`` or ``node`` against
  stand-ins for what is not here;
- ``file=NAME``, in any language: is written to that file;
- ``python``: runs;
- anything else is there to be read.

What stands for the world outside: ``kubectl`` and ``tcpdump`` play a recorded capture, ``ssh`` a recorded state,
``apt-get`` and ``pip`` find everything installed, ``sudo`` is what the tests run as.
"""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt

from tests.support.lab import CAPTURES, ROOT

DOCS = ROOT / "docs"
README = ROOT / "README.md"
REWRITE = "python -m tests.rewrite_outputs"
LINKS = ("cali14e7d81007d.pcap", "calieabe7761b00.pcap")
TOOLS = ("ip", "ping", "tcpdump")
CAN_RECORD = os.geteuid() == 0 and all(map(shutil.which, TOOLS))
PROJECT = {
    "sudo": 'exec "$@"',
    "apt-get": "exit 0",
    "pip": "exit 0",
    "python3": 'mkdir -p "$3/bin" && ln -sf "$(command -v pip)" "$(command -v pcapcheck)" "$3/bin"',
}
CLUSTER = {
    "sleep": "exit 0",
    "kubectl": f"case $1 in get) echo node-1;; debug) cat {CAPTURES}/healthy/{LINKS[0]};; esac",
}
NODE = {
    "kubectl": "exit 0",
    "tcpdump": f'while [ "$1" != -w ]; do shift; done; cp {CAPTURES}/healthy/"$2" "$2"',
    "ssh": f"cat >/dev/null; cat {CAPTURES}/healthy/state.txt",
    "wireshark": 'test -s "$1"',
    "tshark": 'test -s "${2#lua_script:}"',
}
# The tests' own surroundings, which must not show in what is printed.
FOREIGN = ("GITHUB_", "PYTEST_", "COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR")


def pages() -> list[Path]:
    """Every page that is run, README first."""
    return [README, *sorted(DOCS.rglob("*.md"))]


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, the words after it, its text, the line on which its text begins."""

    language: str
    words: list[str]
    text: str
    line: int

    @property
    def file(self) -> str | None:
        return next((word.removeprefix("file=") for word in self.words if word.startswith("file=")), None)

    @property
    def sets_up(self) -> bool:
        """It makes an environment and installs into it; tests of their own follow that."""
        return self.text.startswith("python3 -m venv ")


def blocks(page: Path) -> list[Block]:
    found = []
    for token in MarkdownIt().parse(page.read_text()):
        if token.type == "fence" and token.map:
            language, *words = token.info.split() or [""]
            found.append(Block(language, words, token.content, token.map[0] + 1))
    return found


class Project:
    """A project that follows the documentation."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "project"
        self.stubs = folder / "stubs"
        self.folder.mkdir()
        # Pages that show what ships with pcapcheck name it as it is named in a clone.
        for name in ("fixtures", "rules"):
            (self.folder / name).symlink_to(ROOT / name)
        self.stub(PROJECT)

    def stub(self, commands: dict[str, str]) -> None:
        self.stubs.mkdir(exist_ok=True)
        for name, text in commands.items():
            path = self.stubs / name
            path.write_text(f"#!/bin/sh\n{text}\n")
            path.chmod(path.stat().st_mode | stat.S_IXUSR)

    def write(self, block: Block) -> None:
        assert block.file is not None
        path = self.folder / block.file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(block.text)

    def write_files_of(self, page: Path) -> None:
        """Files that other pages use too."""
        for block in blocks(page):
            if block.file:
                self.write(block)

    def record(self, scenario: str) -> None:
        """What recording would give, where it cannot be done."""
        (self.folder / "recorded").mkdir(exist_ok=True)
        for link in LINKS:
            shutil.copy(CAPTURES / scenario / link, self.folder / "recorded" / link)

    def run(self, script: str, **environment: str) -> subprocess.CompletedProcess[str]:
        path = [str(self.stubs), str(Path(sys.executable).parent), os.environ["PATH"]]
        kept = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
        steady = {"TZ": "UTC", "LC_ALL": "C.UTF-8", "PATH": os.pathsep.join(path)}
        return subprocess.run(
            ["bash", "-c", script],
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
            env={**kept, **steady, **environment},
        )

    def succeed(self, script: str, **environment: str) -> None:
        done = self.run(f"set -e\n{script}", **environment)
        assert done.returncode == 0, f"{script}\n{done.stdout}{done.stderr}"

    def console(self, text: str) -> str:
        """The text of a ``console`` block as its commands print it now; those that show nothing go on showing nothing.

        All commands succeed, but those that ``echo $?`` follows and those whose report is headed FAIL.
        """
        commands = re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", text, re.M)
        assert commands, text
        done = self.run("\n".join(f"{command}\nlast=$?; echo @@$last; (exit $last)" for command, _ in commands))
        outcomes = re.findall(r"(.*?)@@(\d+)\n", done.stdout, re.S)
        assert len(outcomes) == len(commands), done.stdout + done.stderr
        written = ""
        for number, ((command, shown), (printed, status)) in enumerate(zip(commands, outcomes, strict=True)):
            asked = [later for later, _ in commands[number + 1 : number + 2]] == ["echo $?"]
            assert status == "0" or asked or printed.startswith("FAIL"), f"{command}\n{printed}{done.stderr}"
            written += f"$ {command}\n{printed if shown else ''}"
        return written

    def run_apart(self, block: Block, stubs: dict[str, str]) -> Path:
        """Run a block in a project of its own, with stand-ins for what is not here; return that project's folder."""
        apart = self.folder / f"apart-{block.line}"
        apart.mkdir()
        other = Project(apart)
        other.stub(stubs)
        other.succeed(block.text)
        return other.folder


def follow(page: Path, project: Project, on_console: Callable[[Block, str], None]) -> None:
    """Do what a page says, in order; ``on_console`` is given each ``console`` block and what it prints now."""
    project.write_files_of(DOCS / "shell.md")
    project.record("healthy")
    for block in blocks(page):
        if block.file:
            project.write(block)
        elif block.language == "console":
            on_console(block, project.console(block.text))
        elif block.language == "python":
            project.succeed(f"python - <<'END'\n{block.text}\nEND")
        elif block.language == "sh" and not block.sets_up:
            _follow_shell(block, project)


def _follow_shell(block: Block, project: Project) -> None:
    if "cluster" in block.words:
        project.run_apart(block, CLUSTER)
    elif "node" in block.words:
        project.run_apart(block, NODE)
    elif "root" in block.words and not CAN_RECORD:
        project.record("proxy-arp-off" if "PROXY_ARP=0" in block.text else "healthy")
    else:
        project.succeed(block.text)


def records(page: Path) -> bool:
    """Whether a page has commands that only root can run."""
    return any("root" in block.words for block in blocks(page))


def rewritten(page: Path, project: Project) -> str:
    """The text of a page with the outputs that its commands have now."""
    lines = page.read_text().splitlines(keepends=True)
    replaced: list[tuple[Block, str]] = []
    follow(page, project, lambda block, printed: replaced.append((block, printed)))
    for block, printed in reversed(replaced):
        lines[block.line : block.line + len(block.text.splitlines())] = [printed]
    return "".join(lines)


def split_fields(page: str) -> dict[str, str]:
    """The pages that ``pcapcheck rules fields --format markdown`` becomes: one per table, and one for the rest.

    Keyed by name below ``docs/``.
    """
    head, *sections = re.split(r"^(?=## )", page, flags=re.M)
    generated = f"<!-- Written by: {REWRITE} -->"
    written: dict[str, str] = {}
    kept: list[str] = []
    for section in sections:
        title, body = section.removeprefix("## ").split("\n", 1)
        if not title.startswith("Table "):
            kept.append(section)
            continue
        name = title.removeprefix("Table ")
        written[f"tables/{name}.md"] = f"{generated}\n\n# {title}\n{body.rstrip()}\n"
        head = head.replace(f"(#table-{name})", f"(tables/{name}.md)")
    return {"fields.md": head + "".join(kept), **written}


def write_missing(folder: Path, texts: Iterable[tuple[str, str]]) -> list[Path]:
    """Write those files whose text is another; return them."""
    changed = []
    for name, text in texts:
        path = folder / name
        if not path.is_file() or path.read_text() != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            changed.append(path)
    return changed
