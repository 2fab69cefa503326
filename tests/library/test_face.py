"""What a user imports: everything from ``pcapcheck`` itself, nothing from a module of it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import pcapcheck
from pcapcheck import CaptureError, PcapcheckError, RuleError, StateError, UsageError, fleet
from tests.support.lab import ROOT

FACE = {
    "Analysis",
    "CaptureError",
    "Finding",
    "PcapcheckError",
    "RecordingError",
    "RuleError",
    "Scope",
    "StateError",
    "UsageError",
    "__version__",
    "analyze",
    "analyze_state",
    "assert_capture",
    "record",
}
DOCS = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")])
IMPORT = re.compile(r"(?:from|import) pcapcheck[.\w]*(?: import [\w, ]+)?")


def test_the_list() -> None:
    assert set(pcapcheck.__all__) == FACE
    assert set(dir(pcapcheck)) >= FACE
    for name in FACE:
        assert getattr(pcapcheck, name) is not None


def test_no_other_name_is_invented() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'analyse'"):
        _ = pcapcheck.analyse


def test_importing_it_loads_nothing_heavy() -> None:
    script = (
        "import sys, pcapcheck; print(*[n for n in sys.modules if n.startswith(('pcapcheck.', 'numpy', 'pandas'))])"
    )
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    assert set(loaded) <= {"pcapcheck.errors", "pcapcheck.kernels", "pcapcheck.version"}


@pytest.mark.parametrize("page", DOCS, ids=lambda page: page.name)
def test_documents_import_nothing_else(page: Path) -> None:
    faces = "|".join(
        rf"from {module} import (?:(?:{'|'.join(names)})(?:, )?)+"
        for module, names in (("pcapcheck", FACE), (r"pcapcheck\.fleet", fleet.__all__))
    )
    allowed = re.compile(rf"({faces}|import pcapcheck)")
    assert [found for found in IMPORT.findall(page.read_text()) if not allowed.fullmatch(found)] == []


@pytest.mark.parametrize("error", [CaptureError, RuleError, StateError, UsageError])
def test_every_error_has_one_base(error: type[Exception]) -> None:
    assert issubclass(error, PcapcheckError)


def test_a_rule_error_has_its_location(tmp_path: Path) -> None:
    file = tmp_path / "mine.yml"
    file.write_text("id: mine\nseverity: loud\n")
    with pytest.raises(RuleError) as caught:
        pcapcheck.analyze("none.pcap", rules=file)
    location = caught.value.location
    assert location is not None
    assert str(caught.value).startswith(f"{location.file}:{location.line}:{location.column}: ")
    assert Path(location.file).name == "mine.yml"


def test_an_error_in_no_file_has_no_location() -> None:
    with pytest.raises(RuleError) as caught:
        pcapcheck.analyze("none.pcap", variables={"gatewy": "10.0.0.1"})
    assert caught.value.location is None


def test_options_without_meaning_are_a_usage_error() -> None:
    with pytest.raises(UsageError, match="no capture of this call has that name"):
        pcapcheck.analyze(
            ROOT / "fixtures/lab/captures/healthy/cali14e7d81007d.pcap",
            scope=pcapcheck.Scope(names={"other.pcap": {None: "cali14e7d81007d"}}),
        )
