"""The documentation, followed: its files written, its commands run in order, its CI jobs run step by step.

What stands for the world outside: ``kubectl`` plays a recorded capture, ``apt-get`` and ``pip`` find everything
installed, ``sudo`` is what the tests run as.
"""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from markdown_it import MarkdownIt

from pcapcheck import analyze
from tests.support.lab import FIXTURES, ROOT

DOCS = ROOT / "docs"
PAGES = sorted(page for page in DOCS.glob("*.md"))
CAPTURES = FIXTURES / "lab" / "captures"
LINKS = ("cali14e7d81007d.pcap", "calieabe7761b00.pcap")
NEEDED = ("ip", "ping", "tcpdump")
CAN_RECORD = os.geteuid() == 0 and all(map(shutil.which, NEEDED))
STUBS = {
    "sudo": 'exec "$@"',
    "apt-get": "exit 0",
    "pip": "exit 0",
    "python3": 'mkdir -p "$3/bin" && ln -sf "$(command -v pip)" "$(command -v pcapcheck)" "$3/bin"',
}
CLUSTER = {
    "sleep": "exit 0",
    "kubectl": f"case $1 in get) echo node-1;; debug) cat {CAPTURES}/healthy/{LINKS[0]};; esac",
}


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, the words behind that, its text."""

    language: str
    words: list[str]
    text: str

    @property
    def file(self) -> str | None:
        return next((word.removeprefix("file=") for word in self.words if word.startswith("file=")), None)


def blocks(page: Path) -> list[Block]:
    found = []
    for token in MarkdownIt().parse(page.read_text()):
        if token.type == "fence":
            language, *words = token.info.split() or [""]
            found.append(Block(language, words, token.content))
    return found


class Project:
    """A project that follows the documentation."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "project"
        self.stubs = folder / "stubs"
        self.folder.mkdir()
        self.stub(STUBS)

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

    def follow(self, page: Path) -> None:
        """Files that one page has others write too; what they say is on theirs."""
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
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("GITHUB_", "PYTEST_"))}
        return subprocess.run(
            ["bash", "-c", script],
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
            env={**kept, "PATH": os.pathsep.join(path), **environment},
        )

    def succeed(self, script: str, **environment: str) -> None:
        done = self.run(f"set -e\n{script}", **environment)
        assert done.returncode == 0, f"{script}\n{done.stdout}{done.stderr}"

    def console(self, text: str) -> None:
        """Commands behind ``$``; what is shown under one is what it prints, and all succeed but those asked ``$?``."""
        commands = re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", text, re.M)
        assert commands, text
        done = self.run("\n".join(f"{command}\nlast=$?; echo @@$last; (exit $last)" for command, _ in commands))
        told = re.findall(r"(.*?)@@(\d+)\n", done.stdout, re.S)
        assert len(told) == len(commands), done.stdout + done.stderr
        for number, ((command, shown), (printed, status)) in enumerate(zip(commands, told, strict=True)):
            asked = [later for later, _ in commands[number + 1 : number + 2]] == ["echo $?"]
            assert status == "0" or asked, f"{command}\n{printed}{done.stderr}"
            assert not shown or printed == shown, command


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


@pytest.mark.live
@pytest.mark.parametrize("page", PAGES, ids=[page.stem for page in PAGES])
def test_commands(page: Path, project: Project) -> None:
    project.follow(DOCS / "shell.md")
    project.record("healthy")
    for block in blocks(page):
        if block.file:
            project.write(block)
        elif block.language == "console":
            project.console(block.text)
        elif block.language == "sh" and "cluster" in block.words:
            follow_on_a_cluster(project, block)
        elif block.language == "sh" and "root" in block.words and not CAN_RECORD:
            project.record("proxy-arp-off" if "PROXY_ARP=0" in block.text else "healthy")
        elif block.language == "sh":
            project.succeed(block.text)


def follow_on_a_cluster(project: Project, block: Block) -> None:
    other = Project(project.folder)
    other.stub(CLUSTER)
    other.succeed(block.text)
    (recorded,) = (other.folder / "recorded").iterdir()
    assert analyze(recorded).verdict == "pass"


@pytest.mark.live
@pytest.mark.skipif(not CAN_RECORD, reason=f"recording in namespaces needs root and {', '.join(NEEDED)}")
def test_recording_shows_the_node_at_work(project: Project) -> None:
    project.follow(DOCS / "shell.md")
    project.succeed("sh record.sh")
    analysis = analyze(project.folder / "recorded")
    passed = {one.rule.id for one in analysis.findings if one.status == "pass"}
    assert {"gateway-arp-answered", "hop-ttl-decremented", "echo-answered"} <= passed


@pytest.mark.live
def test_github_workflow(project: Project) -> None:
    project.follow(DOCS / "shell.md")
    project.follow(DOCS / "github-actions.md")
    summary = project.folder.parent / "summary.md"
    workflow = yaml.safe_load((project.folder / ".github" / "workflows" / "node.yml").read_text())
    steps = {step.get("name"): step["run"] for step in workflow["jobs"]["node"]["steps"] if "run" in step}

    def run(name: str) -> subprocess.CompletedProcess[str]:
        return project.run(f"set -e\n{steps[name]}", GITHUB_ACTIONS="true", GITHUB_STEP_SUMMARY=str(summary))

    assert run("Install").returncode == 0
    if CAN_RECORD:
        assert run("Record").returncode == 0
    else:
        project.record("healthy")
    assert run("Assert").returncode == 0
    project.record("proxy-arp-off")
    failed = run("Assert")
    assert failed.returncode == 1
    assert re.search(r"^::error .*gateway-arp-answered", failed.stdout, re.M)
    assert "gateway-arp-answered" in summary.read_text()
    assert (project.folder / "pcapcheck.sarif").is_file()
    assert (project.folder / "evidence" / "gateway-arp-answered.pcapng").is_file()


@pytest.mark.live
def test_gitlab_job(project: Project) -> None:
    project.follow(DOCS / "shell.md")
    project.follow(DOCS / "gitlab-ci.md")
    job = yaml.safe_load((project.folder / ".gitlab-ci.yml").read_text())["node"]
    assert_ci_job(project, [*job["before_script"], *job["script"]])


@pytest.mark.live
def test_jenkins_pipeline(project: Project) -> None:
    project.follow(DOCS / "shell.md")
    project.follow(DOCS / "jenkins.md")
    assert_ci_job(project, re.findall(r"sh '(.*?)'\n", (project.folder / "Jenkinsfile").read_text()))


def assert_ci_job(project: Project, steps: list[str]) -> None:
    """It passes on a healthy recording, and with a broken one its last step fails and leaves a JUnit file."""
    for step in steps:
        if "record.sh" not in step or CAN_RECORD:
            project.succeed(step)
        else:
            project.record("healthy")
    project.record("proxy-arp-off")
    assert project.run(steps[-1]).returncode == 1
    assert "<failure" in (project.folder / "pcapcheck.xml").read_text()


def test_pages_link_to_what_is_there() -> None:
    for page in [ROOT / "README.md", *PAGES]:
        for target in re.findall(r"\]\(([^)#]+?\.md)", page.read_text()):
            assert (page.parent / target).is_file(), f"{page.name}: {target}"
