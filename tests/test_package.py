"""The package as pip installs it, with a C compiler and without, and the shape of its folders."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator
from email import message_from_string
from email.message import Message
from pathlib import Path

import pytest

from fixtures.lab.state import SCRIPT
from pcapcheck import kernels
from pcapcheck.ruleset.files import EVERY_PACK
from pcapcheck.version import __version__
from tests.support.lab import CAPTURES, ROOT

WALKTHROUGH = CAPTURES / "walkthrough" / "cali14e7d81007d.pcap"
BROKEN = CAPTURES / "proxy-arp-off" / "cali14e7d81007d.pcap"


PIP = [sys.executable, "-m", "pip", "-q"]
# A compiler that only knows one loop, which is of no use without what the others bring.
HALF_A_COMPILER = """#!/bin/sh
case "$*" in */scan.*) exec cc "$@" ;; esac
exit 1
"""


def copied_sources(folder: Path) -> Path:
    """What the package is built from, without what was built from it."""
    source = folder / "source"
    shutil.copytree(
        ROOT / "pcapcheck", source / "pcapcheck", ignore=shutil.ignore_patterns("*.so", "__pycache__", "*.json")
    )
    shutil.copy(ROOT / "pcapcheck" / "report" / "schema.json", source / "pcapcheck" / "report")
    shutil.copytree(ROOT / "rules", source / "rules")
    shutil.copytree(ROOT / "docs" / "man", source / "docs" / "man")
    for name in ("pyproject.toml", "setup.py", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    return source


def build_sdist(folder: Path) -> Path:
    """The archive of the sources that is uploaded."""
    build = [sys.executable, "setup.py", "-q", "sdist", "-d", str(folder)]
    subprocess.run(build, check=True, cwd=copied_sources(folder), capture_output=True)
    (sdist,) = folder.glob("*.tar.gz")
    return sdist


def build_wheel(folder: Path, compiler: str | None = None, **environment: str) -> Path:
    """A wheel from the uploaded sources, built with ``compiler`` or this machine's own."""
    if compiler:
        environment["CC"] = compiler
    subprocess.run(
        [*PIP, "wheel", "--no-deps", "--no-build-isolation", "-w", str(folder), str(build_sdist(folder))],
        check=True,
        env={**os.environ, "PIP_NO_INDEX": "1", **environment},
        capture_output=True,
    )
    (wheel,) = folder.glob("*.whl")
    return wheel


def installed(folder: Path, compiler: str | None) -> Path:
    """A wheel, built and unpacked."""
    wheel = build_wheel(folder, compiler)
    site = folder / "site"
    subprocess.run([*PIP, "install", "--no-deps", "--target", str(site), str(wheel)], check=True, capture_output=True)
    return site


def run(site: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-P", "-m", "pcapcheck", *arguments],
        capture_output=True,
        text=True,
        cwd=site,
        env={**os.environ, "PYTHONPATH": str(site), **environment},
    )


@pytest.mark.package
@pytest.mark.parametrize("compiler", ["this machine's", "none", "half of one"])
def test_installed(compiler: str, tmp_path: Path) -> None:
    pytest.importorskip("Cython", reason="building needs Cython")
    if compiler != "none" and not shutil.which("cc"):
        pytest.skip("no C compiler here")
    half = tmp_path / "half-a-compiler"
    half.write_text(HALF_A_COMPILER)
    half.chmod(0o755)
    site = installed(tmp_path, {"this machine's": None, "none": "no-such-compiler", "half of one": str(half)}[compiler])
    assert ("(compiled)" if compiler == "this machine's" else "(plain Python)") in run(site, "--version").stdout
    assert "(plain Python)" in run(site, "--version", PCAPCHECK_PLAIN="1").stdout
    assert (site / "pcapcheck" / "py.typed").exists()
    result = run(site, "analyze", str(WALKTHROUGH))
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith("PASS")
    for rule in ("echo-answered", "proxy-arp-on"):
        assert f"# {site / 'pcapcheck' / 'rules'}" in run(site, "rules", "show", rule).stdout
    assert run(site, "node-script").stdout == SCRIPT.read_text()
    # Not the path on this machine, which would be another one after each update of Python.
    location = json.loads(run(site, "analyze", str(WALKTHROUGH), "--format", "sarif").stdout)["runs"][0]["results"][0]
    file = location["locations"][0]["physicalLocation"]["artifactLocation"]
    assert file == {"uri": "calico/address-has-one-mac.yml", "uriBaseId": "PCAPCHECK_RULES"}
    assert ",file=" not in run(site, "analyze", str(BROKEN), "--format", "github").stdout


@pytest.mark.package
def test_a_wheel_for_any_platform(tmp_path: Path) -> None:
    pytest.importorskip("Cython", reason="building needs Cython")
    wheel = build_wheel(tmp_path, PCAPCHECK_WITHOUT_LOOPS="1")
    assert wheel.name.endswith("-py3-none-any.whl")
    site = tmp_path / "site"
    subprocess.run([*PIP, "install", "--no-deps", "--target", str(site), str(wheel)], check=True, capture_output=True)
    assert "(plain Python)" in run(site, "--version").stdout
    assert run(site, "analyze", str(WALKTHROUGH)).stdout.startswith("PASS")
    # What is parsed when the package is built is there too, or each run would parse it.
    assert {path.stem for path in (site / "pcapcheck" / "parsed").iterdir()} == {*EVERY_PACK, "catalogue"}
    assert (site / "share" / "man" / "man1" / "pcapcheck.1").exists()


@pytest.mark.package
def test_a_second_build_gives_the_same_wheel(tmp_path: Path) -> None:
    wheels = []
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        wheels.append(build_wheel(tmp_path / name, PCAPCHECK_WITHOUT_LOOPS="1", SOURCE_DATE_EPOCH="1700000000"))
    first, second = wheels
    assert first.read_bytes() == second.read_bytes()


@pytest.mark.package
def test_the_page_of_the_index_links_to_no_file_of_the_repository(tmp_path: Path) -> None:
    metadata = metadata_of(copied_sources(tmp_path))
    assert metadata["Description-Content-Type"] == "text/markdown"
    page = str(metadata.get_payload())
    assert page.startswith("# pcapcheck\n")
    assert "$ pcapcheck analyze" in page
    assert [link for link in re.findall(r"\]\(([^)]*)\)", page) if not link.startswith("https://")] == []


@pytest.mark.package
def test_what_asks_for_the_name_alone_compiles_nothing(tmp_path: Path) -> None:
    """pip asks twice before it builds."""
    source = copied_sources(tmp_path)
    assert metadata_of(source)["Version"] == __version__
    assert not list(source.rglob("*.c"))


def metadata_of(source: Path) -> Message:
    """What the package says of itself before it is built."""
    ask = "from setuptools.build_meta import prepare_metadata_for_build_wheel as ask; print(ask('.'))"
    subprocess.run([sys.executable, "-c", ask], check=True, cwd=source, capture_output=True)
    (metadata,) = source.glob("*.dist-info/METADATA")
    return message_from_string(metadata.read_text())


def test_plain_and_compiled_agree_through_the_command_line() -> None:
    if not kernels.is_compiled():
        pytest.skip("nothing is compiled here")
    outputs = {
        subprocess.run(
            [sys.executable, "-m", "pcapcheck", "analyze", str(WALKTHROUGH), "--format", "json"],
            capture_output=True,
            env={**os.environ, **environment},
            check=True,
        ).stdout
        for environment in ({}, {"PCAPCHECK_PLAIN": "1"})
    }
    assert len(outputs) == 1


# The order of the data: each folder or module imports only from those before it.
ORDER = (
    "capture",
    "given",
    "decode",
    "nodestate",
    "redaction",
    "exchanges",
    "links",
    "paths",
    "questions",
    "ruleset",
    "triage",
    "analysis",
    "report",
    "set_aside",
    "intake",
    "state_intake",
    "task",
    "followed_feed",
    "explanation",
    "pipeline",
    "recording",
    "watch",
    "fleet",
    "cli",
    "assertion",
    "pytest_plugin",
)
# Modules that serve all: they import none of those above.
SHARED = {
    "__main__",
    "_cython_stub",
    "address_columns",
    "asked_question",
    "brief",
    "calico",
    "column",
    "column_words",
    "columns",
    "common_columns",
    "copying",
    "errors",
    "exchange_columns",
    "fair_choice",
    "frame_columns",
    "hash_table",
    "kernels",
    "kleene",
    "linked_list",
    "networks",
    "path_columns",
    "plural",
    "port_columns",
    "protocols",
    "raw_rows",
    "reserved",
    "skipped",
    "state_table_columns",
    "table_names",
    "transfer_columns",
    "values",
    "version",
}


def imports(path: Path) -> Iterator[str]:
    """What a module imports, wherever the import is written."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{name.name}" for name in node.names)
        elif isinstance(node, ast.Import):
            yield from (name.name for name in node.names)


@pytest.mark.parametrize("name", [*ORDER, *sorted(SHARED - {"__main__"})])
def test_imports_follow_the_order_of_the_data(name: str) -> None:
    later = ORDER[ORDER.index(name) + 1 :] if name in ORDER else ORDER
    place = ROOT / "pcapcheck" / name
    for path in place.rglob("*.py") if place.is_dir() else [place.with_suffix(".py")]:
        names = [found.split(".") for found in imports(path)]
        backward = [".".join(parts) for parts in names if parts[0] == "pcapcheck" and parts[1:2] and parts[1] in later]
        assert not backward, f"{path.relative_to(ROOT)} imports {backward}"


def test_every_folder_and_module_is_in_the_order() -> None:
    folders = {path.parent.name for path in (ROOT / "pcapcheck").glob("*/__init__.py")}
    modules = {path.stem for path in (ROOT / "pcapcheck").glob("*.py")} - {"__init__"}
    assert folders | modules == {*ORDER, *SHARED}


def test_no_two_modules_of_one_name() -> None:
    names = Counter(path.stem for path in (ROOT / "pcapcheck").rglob("*.py") if path.stem != "__init__")
    assert [name for name, count in names.items() if count > 1] == []


def test_no_two_classes_of_one_name() -> None:
    found: dict[str, list[str]] = {}
    for path in (ROOT / "pcapcheck").rglob("*.py"):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.ClassDef):
                found.setdefault(node.name.lstrip("_"), []).append(path.stem)
    assert {name: modules for name, modules in found.items() if len(modules) > 1} == {}


def test_every_folder_is_installed() -> None:
    packages = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]
    folders = {
        str(path.parent.relative_to(ROOT)).replace("/", ".") for path in (ROOT / "pcapcheck").rglob("__init__.py")
    }
    assert folders == {name for name in packages if name.split(".")[1:2] != ["rules"]}
