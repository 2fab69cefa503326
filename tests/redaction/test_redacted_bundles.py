"""Bundles as tools make them keep their layout: the same hosts, commands and causes, under other names."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from pcapcheck import analyze
from pcapcheck.cli.main import main
from pcapcheck.redaction.redacted_inputs import RedactedInputs
from tests.support import bundles
from tests.support.bundles import Files, packed, packets_of
from tests.support.redacted import KEY, comes_to, found_in

SCENARIO = "missing-host-route"
HOST = "worker-red7"
NAMED = {"node": HOST}


def retina() -> tuple[str, Files]:
    name, files = bundles.retina(SCENARIO, HOST)
    return name, files


MAKERS: dict[str, Callable[[], tuple[str, Files]]] = {
    "cluster diags": lambda: ("diags.tar.gz", bundles.cluster_diags(SCENARIO, NAMED)),
    "node diags": lambda: ("diags.tar.gz", bundles.node_diags(SCENARIO)),
    "Retina": retina,
    "sosreport": lambda: ("sos.tar.gz", bundles.sosreport(SCENARIO, HOST)),
    "by hand": lambda: ("case.tar.gz", bundles.by_hand(SCENARIO, "quasar/NODE/WHAT.txt", NAMED)),
}


@pytest.mark.parametrize(
    "maker", [pytest.param(name, marks=() if name == "Retina" else pytest.mark.slow) for name in MAKERS]
)
def test_a_redacted_bundle_comes_to_the_same(maker: str, tmp_path: Path) -> None:
    name, files = MAKERS[maker]()
    path = tmp_path / name
    path.write_bytes(packed({**files, **packets_of(SCENARIO)}))
    inputs = RedactedInputs.of([[path]], KEY)
    assert inputs.left_out == []
    original, new = analyze(path), analyze(*inputs.groups[0])
    assert comes_to(new) == comes_to(original)
    assert len(new.described) == len(original.described)
    for held in inputs.groups[0]:
        with held.open() as stream:
            assert found_in(stream.read(), {HOST, "quasar"}) == set()


def test_names_of_files_that_a_terminal_would_obey_are_not_written(tmp_path: Path) -> None:
    names = ("a\nb.pcap", "\x1b]0;x\x07.pcap", "c\udcff.pcap", "\u202egpj.pcap")
    (capture,) = (data for name, data in packets_of(SCENARIO).items() if name.startswith("cali14"))
    path = tmp_path / "case.tar"
    path.write_bytes(packed(dict.fromkeys(names, capture), ""))
    result = CliRunner().invoke(main, ["redact", str(path), "--output", str(tmp_path / "out")])
    assert "4 of 4 files written" in result.output
    written = [file.name for file in (tmp_path / "out").rglob("*") if file.is_file()]
    assert len(written) == 4
    assert all(name.isascii() and name.isprintable() for name in written)
