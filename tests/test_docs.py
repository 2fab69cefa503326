"""The documentation, followed: its files written, its commands run in order, its CI jobs run step by step."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
import yaml

from pcapcheck import analyze
from tests.support.drawings import drawings
from tests.support.lab import ROOT
from tests.support.pages import (
    CAN_RECORD,
    CLUSTER,
    DOCS,
    README,
    REWRITE,
    TOOLS,
    Project,
    blocks,
    follow,
    pages,
    records,
    rewritten,
    split_fields,
)

PAGES = pages()
LINKED = [*PAGES, ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md", ROOT / "RELEASE.md", ROOT / "CHANGELOG.md"]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def named(page: Path) -> str:
    return str(page.relative_to(ROOT).with_suffix(""))


@pytest.mark.parametrize(
    "page",
    [
        pytest.param(page, marks=[pytest.mark.live] if records(page) else [], id=named(page))
        for page in PAGES
        if blocks(page)
    ],
)
def test_commands(page: Path, project: Project) -> None:
    """What a page shows is printed, what it says works."""
    follow(page, project, lambda block, printed: compare(page, block.text, printed))


def compare(page: Path, shown: str, printed: str) -> None:
    assert printed == shown, f"if what is printed is right: {REWRITE} {page.relative_to(ROOT)}"


def test_outputs_are_rewritten_in_their_place(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    shown = "```console\n$ echo new\n{}\n$ true\n$ echo two; echo lines\n{}\n```\n"
    page.write_text(f"# Page\n\n{shown.format('old', 'old')}\nbetween\n\n{shown.format('gone', 'gone')}")
    new = shown.format("new", "two\nlines")
    assert rewritten(page, Project(tmp_path)) == f"# Page\n\n{new}\nbetween\n\n{new}"


def test_a_changed_output_fails(project: Project) -> None:
    page = project.folder / "page.md"
    page.write_text("```console\n$ echo new\nold\n```\n")
    with pytest.raises(AssertionError):
        follow(page, project, lambda block, printed: compare(README, block.text, printed))


def test_fields_are_what_is_printed(project: Project) -> None:
    printed = project.run("pcapcheck rules fields --format markdown").stdout
    for name, text in split_fields(printed).items():
        assert (DOCS / name).read_text() == text, f"run {REWRITE}"
    tables = {f"tables/{path.name}" for path in (DOCS / "tables").glob("*.md")}
    assert tables == split_fields(printed).keys() - {"fields.md"}


def test_pictures_are_what_is_drawn() -> None:
    drawn = dict(drawings())
    assert {path.name for path in (DOCS / "pictures").iterdir()} == drawn.keys()
    for name, text in drawn.items():
        assert (DOCS / "pictures" / name).read_text() == text, f"run {REWRITE}"


@pytest.mark.live
def test_recording_on_a_cluster(project: Project) -> None:
    (block,) = (block for block in blocks(DOCS / "shell.md") if "cluster" in block.words)
    (recorded,) = (project.run_apart(block, CLUSTER) / "recorded").iterdir()
    assert analyze(recorded).verdict == "pass"


@pytest.mark.live
@pytest.mark.skipif(not CAN_RECORD, reason=f"recording in namespaces needs root and {', '.join(TOOLS)}")
def test_recording_shows_the_node_at_work(project: Project) -> None:
    project.write_files_of(DOCS / "shell.md")
    project.succeed("sh record.sh")
    analysis = analyze(project.folder / "recorded")
    passed = {finding.rule.id for finding in analysis.findings if finding.status == "pass"}
    assert {"gateway-arp-answered", "hop-ttl-decremented", "echo-answered"} <= passed


@pytest.mark.live
def test_github_workflow(project: Project) -> None:
    project.write_files_of(DOCS / "shell.md")
    project.write_files_of(DOCS / "github-actions.md")
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
    project.write_files_of(DOCS / "shell.md")
    project.write_files_of(DOCS / "gitlab-ci.md")
    job = yaml.safe_load((project.folder / ".gitlab-ci.yml").read_text())["node"]
    assert_ci_job(project, [*job["before_script"], *job["script"]])


@pytest.mark.live
def test_jenkins_pipeline(project: Project) -> None:
    project.write_files_of(DOCS / "shell.md")
    project.write_files_of(DOCS / "jenkins.md")
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


def links(page: Path) -> list[str]:
    """What a page links to, without what is code."""
    text = re.sub(r"```.*?```|`[^`\n]*`", "", page.read_text(), flags=re.S)
    found = re.findall(r"\]\(([^)\s]+)\)", text)
    return [target for target in found if not re.match(r"[a-z]+:", target)]


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub makes of a page's headings."""
    text = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.S | re.M)
    headings = re.findall(r"^#+ (.*)$", text, re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", LINKED, ids=named)
def test_links_lead_somewhere(page: Path) -> None:
    for target in links(page):
        name, _, anchor = target.partition("#")
        linked = (page.parent / name).resolve() if name else page
        assert linked.exists(), target
        assert not anchor or anchor in anchors(linked), target


@pytest.mark.parametrize("start", [README, DOCS / "index.md"], ids=named)
def test_every_page_is_reached(start: Path) -> None:
    """From README and from the index, in as many clicks as it takes."""
    reached: set[Path] = set()
    waiting = [start]
    while waiting:
        page = waiting.pop()
        if page not in reached and page.suffix == ".md":
            reached.add(page)
            waiting += [
                (page.parent / target.partition("#")[0]).resolve() for target in links(page) if target[0] != "#"
            ]
    assert {*DOCS.rglob("*.md")} <= reached


def test_index_names_every_page() -> None:
    """In one click, but for the tables, which the page of fields lists."""
    named_there = {(DOCS / target.partition("#")[0]).resolve() for target in links(DOCS / "index.md")}
    assert {*DOCS.glob("*.md")} - {DOCS / "index.md"} <= named_there


@pytest.mark.parametrize("page", LINKED[:-1], ids=named)
def test_named_files_are_there(page: Path) -> None:
    """But for the changelog, which speaks of files that are gone."""
    text = re.sub(r"```.*?```", "", page.read_text(), flags=re.S)
    for name in re.findall(r"`((?:pcapcheck|tests|fixtures|rules)/[^`\s]*)`", text):
        assert "<" in name or (ROOT / name).exists(), name


@pytest.mark.parametrize("page", LINKED[:-1], ids=named)
def test_named_modules_are_there(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(), flags=re.S)
    modules = {path.name for folder in ("pcapcheck", "tests", "fixtures") for path in (ROOT / folder).rglob("*.py")}
    assert set(re.findall(r"`(\w+\.py)`", text)) <= {*modules, "setup.py"}


def test_python_needs_no_submodule_but_that_of_fleets() -> None:
    code = "".join(block.text for page in PAGES for block in blocks(page) if block.language == "python")
    assert "from pcapcheck import " in code
    assert not re.search(r"pcapcheck\.(?!fleet import)\w+ import|import pcapcheck\.", code)
