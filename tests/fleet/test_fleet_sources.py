"""What a caller names as a source, and which of its files are one observation."""

from __future__ import annotations

import os
import shutil
import tarfile
from pathlib import Path

import pytest

from pcapcheck.errors import UsageError
from pcapcheck.fleet.fleet_observation import FleetObservation
from pcapcheck.fleet.fleet_request import FleetRequest
from pcapcheck.fleet.judging import Judging
from tests.support.fleet import HEALTHY
from tests.support.lab import CAPTURES

PRINTED = """\
12:00:00.000000 ARP, Request who-has 169.254.1.1 tell 10.244.1.10, length 28
12:00:00.000100 ARP, Reply 169.254.1.1 is-at ee:ee:ee:ee:ee:ee, length 28
"""


def listed(*sources: Path | str, without: Path | None = None, **how: str) -> list[FleetObservation]:
    return FleetRequest(tuple(map(str, sources)), Judging(), **how).observations(without)[0]  # type: ignore[arg-type]


def left_out(*sources: Path | str, **how: str) -> list[str]:
    return FleetRequest(tuple(map(str, sources)), Judging(), **how).observations()[1].lines  # type: ignore[arg-type]


def files_by_name(observations: list[FleetObservation], root: Path) -> dict[str, list[str]]:
    return {os.path.relpath(one.name, root): [file.place for file in one.files] for one in observations}


def test_each_file_is_an_observation(fleet: Path) -> None:
    found = files_by_name(listed(fleet), fleet)
    assert found == {"node1/night.pcap": ["node1/night.pcap"], "node2/night.pcap": ["node2/night.pcap"]}


def test_a_state_and_pods_go_with_the_captures_of_their_folder(fleet: Path) -> None:
    shutil.copy(CAPTURES / "healthy" / "state.txt", fleet / "node1" / "node.txt")
    (fleet / "node1" / "README.md").write_text("Recorded on a Monday.\n")
    found = files_by_name(listed(fleet), fleet)
    assert found["node1/night.pcap"] == ["node1/night.pcap", "node1/node.txt"]
    assert found["node2/night.pcap"] == ["node2/night.pcap"]
    assert len(found) == 2
    (line,) = left_out(fleet)
    assert "1 file that are no captures" in line
    assert "README.md" in line


def test_a_large_text_is_not_read_to_its_end_to_see_what_it_is(fleet: Path) -> None:
    """The log of a month stands next to captures; that somewhere in it a packet is printed does not matter."""
    line = "kubelet: nothing to see\n"
    for name, lines in {"short.log": 1000, "month.log": 1_000_000}.items():
        with (fleet / "node1" / name).open("w") as stream:
            stream.writelines([line * lines, PRINTED])
    assert set(files_by_name(listed(fleet), fleet)) == {"node1/night.pcap", "node2/night.pcap", "node1/short.log"}


def test_a_state_named_like_a_capture_goes_with_that_one_only(fleet: Path) -> None:
    shutil.copy(HEALTHY, fleet / "node1" / "noon.pcap")
    shutil.copy(CAPTURES / "healthy" / "state.txt", fleet / "node1" / "noon-state.txt")
    found = files_by_name(listed(fleet), fleet)
    assert found["node1/noon.pcap"] == ["node1/noon.pcap", "node1/noon-state.txt"]
    assert found["node1/night.pcap"] == ["node1/night.pcap"]


def test_a_transcript_and_a_bundle_are_observations(fleet: Path) -> None:
    (fleet / "printed.txt").write_text(PRINTED)
    with tarfile.open(fleet / "handed-over.tar.gz", "w:gz") as archive:
        archive.add(HEALTHY, "healthy.pcap")
    assert {"printed.txt", "handed-over.tar.gz"} <= files_by_name(listed(fleet), fleet).keys()


def test_numbered_files_are_one_and_nightly_ones_are_not(tmp_path: Path) -> None:
    for name in ("ring.pcap0", "ring.pcap1", "cap-20261101.pcap", "cap-20261102.pcap", "twice.pcap", "twice.pcap.gz"):
        shutil.copy(HEALTHY, tmp_path / name)
    found = files_by_name(listed(tmp_path), tmp_path)
    assert found.pop("ring.pcap0") == ["ring.pcap0", "ring.pcap1"]
    assert sorted(found) == ["cap-20261101.pcap", "cap-20261102.pcap", "twice.pcap", "twice.pcap.gz"]


def test_each_folder_is_an_observation(fleet: Path) -> None:
    (fleet / "README.md").write_text("Recorded on a Monday.\n")
    assert sorted(files_by_name(listed(fleet, per="folder"), fleet)) == ["node1", "node2"]
    assert "in folders without captures" in left_out(fleet, per="folder")[0]


def test_names_in_a_pattern_group_and_become_columns(fleet: Path) -> None:
    shutil.copy(HEALTHY, fleet / "node1" / "ping-large-1.pcap")
    shutil.copy(HEALTHY, fleet / "node1" / "ping-large-2.pcap")
    observations = listed(fleet, group_by="{node}/{test}-*.pcap*")
    (one,) = observations
    assert one.columns == (("node", "node1"), ("test", "ping-large"))
    assert [file.place for file in one.files] == ["node1/ping-large-1.pcap", "node1/ping-large-2.pcap"]
    assert "2 files that --group-by does not fit" in left_out(fleet, group_by="{node}/{test}-*.pcap*")[0]


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("*.pcap", "no name in it"),
        ("{Node}/*.pcap", "no name of a column"),
        ("{verdict}/*.pcap", "a column already"),
        ("{node/*.pcap", "a brace without its other"),
        ("{node}/{test}-*.nothing", "fits none of the 2 files"),
    ],
)
def test_patterns_that_mean_nothing(fleet: Path, pattern: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        listed(fleet, group_by=pattern)


def test_patterns_of_a_shell(fleet: Path) -> None:
    assert sorted(files_by_name(listed(f"{fleet}/*/night.pcap"), fleet)) == ["node1/night.pcap", "node2/night.pcap"]
    assert sorted(files_by_name(listed(f"{fleet}/node[1]"), fleet)) == ["node1/night.pcap"]
    assert listed(f"{fleet}/*/night.pcap", group_by="{node}/*.pcap")[0].columns == (("node", "node1"),)


def test_names_with_anything_in_them(tmp_path: Path) -> None:
    odd = ["a b.pcap", "new\nline.pcap", "semi;$(x).pcap", "#?%.pcap", "ü.pcap", os.fsdecode(b"\xff.pcap")]
    for name in odd:
        shutil.copy(HEALTHY, tmp_path / name)
    assert sorted(one.name for one in listed(tmp_path)) == sorted(str(tmp_path / name) for name in odd)


def test_sources_that_hold_each_other_are_judged_once(fleet: Path) -> None:
    assert len(listed(fleet, fleet / "node1", fleet / "node1" / "night.pcap")) == 2


def test_the_output_in_a_source_is_no_source(fleet: Path) -> None:
    shutil.copytree(fleet / "node1", fleet / "out" / "reports")
    assert len(listed(fleet, without=fleet / "out")) == 2


@pytest.mark.parametrize("name", ["absent", "absent*.pcap", "s3:/typo"])
def test_sources_that_are_not_there(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="name a folder, a file, a pattern"):
        listed(tmp_path / name)


def test_an_empty_source(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no file is there"):
        listed(tmp_path)
    (tmp_path / "README").write_text("nothing\n")
    with pytest.raises(UsageError, match="no capture and no bundle is there"):
        listed(tmp_path)


def test_a_link_to_nowhere_is_a_row(fleet: Path) -> None:
    (fleet / "node3.pcap").symlink_to("nowhere")
    (lost,) = (one for one in listed(fleet) if one.error)
    assert lost.name == str(fleet / "node3.pcap")
    assert lost.kind == "missing"
    assert "a link to nowhere, which does not exist" in lost.error


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_that_may_not_be_listed_is_a_row(fleet: Path) -> None:
    (fleet / "node1").chmod(0)
    try:
        (lost,) = (one for one in listed(fleet) if one.error)
    finally:
        (fleet / "node1").chmod(0o755)
    assert "chmod a+r" in lost.error


def test_a_driver_that_is_missing_is_named_with_its_pip_line() -> None:
    pytest.importorskip("fsspec", reason="addresses need fsspec")
    try:
        import adlfs  # noqa: F401
    except ImportError:
        with pytest.raises(UsageError, match=r"pip install 'pcapcheck\[azure\]'"):
            listed("az://captures/night")
    else:
        pytest.skip("the driver is installed")
