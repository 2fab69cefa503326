"""Where a recording goes: names that are taken, what is left by a kill, and a disk that is full."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from fixtures.lab.node import Node
from fixtures.lab.pod import POD_A, POD_B
from pcapcheck.errors import RecordingError
from pcapcheck.recording.recorded_bundle import RecordedBundle

PATIENCE = 60.0
# Fills a file system of its own while it is recorded on, and shows what is left there.
ON_A_SMALL_DISK = 'mount -t tmpfs -o size=1800k none "$0" && cd "$0" || exit 99; "$@"; ls "$0"'

# The same while another program fills it, and nothing is lost of what was recorded until then.
FILLED = ON_A_SMALL_DISK.replace('"$@"', '(sleep 1; head -c 9m /dev/zero >other) & "$@"')
# There is no room from the start.
FULL = ON_A_SMALL_DISK.replace('"$@"', 'head -c 1m /dev/zero >other; "$@"')


def test_a_name_that_was_made_up_is_numbered(tmp_path: Path) -> None:
    folders = [RecordedBundle(tmp_path / "recorded-now", is_numbered=True).folder.name for _ in range(3)]
    assert folders == ["recorded-now", "recorded-now-2", "recorded-now-3"]
    with pytest.raises(RecordingError, match="is there already"):
        RecordedBundle(tmp_path / "recorded-now")


def test_an_archive_is_made_next_to_its_place(tmp_path: Path) -> None:
    bundle = RecordedBundle(tmp_path / "case.tar.gz")
    (bundle.folder / "a.pcap").write_bytes(b"packets")
    assert bundle.folder.parent == tmp_path
    assert bundle.folder.name.startswith("case.tar.gz.")
    bundle.finish()
    assert [path.name for path in tmp_path.iterdir()] == ["case.tar.gz"]


@pytest.mark.parametrize("output", ["case", "case.tar.gz"])
def test_what_is_discarded_leaves_nothing(tmp_path: Path, output: str) -> None:
    bundle = RecordedBundle(tmp_path / output)
    bundle.write_each({"node/state.txt": "state"})
    bundle.discard()
    assert list(tmp_path.iterdir()) == []


def test_what_only_an_analysis_was_to_hold_goes_with_the_process(tmp_path: Path) -> None:
    script = (
        "import os, signal\n"
        "from pcapcheck.recording.recorded_bundle import RecordedBundle\n"
        "print(RecordedBundle(None).folder.parent, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=False)
    folder = Path(done.stdout.strip())
    assert folder.parent == tmp_path
    deadline = time.monotonic() + PATIENCE
    while folder.exists():
        assert time.monotonic() < deadline, "it is left"
        time.sleep(0.05)


@pytest.mark.live
@pytest.mark.slow
@pytest.mark.xdist_group("lab")
@pytest.mark.parametrize("output", ["case", "case.tar.gz"])
def test_a_full_disk_ends_a_recording_and_costs_nothing_of_it(lab: Node, tmp_path: Path, output: str) -> None:
    inside = lab.space(POD_A.role)
    ends = (f"netns:{inside.name}", f"netns:{lab.space(POD_B.role).name}")
    record = [sys.executable, "-m", "pcapcheck", "record", *ends, "--for", "50s", "--output", output]
    flood = subprocess.Popen(
        inside.argv("ping", "-f", "-s", "1400", "-c", "200000", POD_B.address), stdout=subprocess.DEVNULL
    )
    try:
        command = ["unshare", "-m", "sh", "-c", ON_A_SMALL_DISK, str(tmp_path), *record]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE)
    finally:
        flood.kill()
        flood.wait()
    if done.returncode == 99:
        pytest.skip(f"no file system can be mounted here: {done.stderr}")
    assert "no space is left on the device; the recording ends" in done.stderr
    assert "lacks" in done.stdout
    assert done.stdout.startswith("WARN  a recording ended early")
    # The archive has its name, or what is in it lies there unpacked.
    assert done.stdout.splitlines()[-1].startswith(output)


def on_a_small_disk(script: str, folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    words = ["unshare", "-m", "sh", "-c", script, str(folder), *command]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=PATIENCE)
    if done.returncode == 99:
        pytest.skip(f"no file system can be mounted here: {done.stderr}")
    return done


@pytest.mark.live
@pytest.mark.slow
@pytest.mark.xdist_group("lab")
def test_a_disk_that_another_program_fills_is_said_of_the_recording(lab: Node, tmp_path: Path) -> None:
    """Nothing is lost of what is there, but it is not what was asked for."""
    ends = (f"netns:{lab.space(role).name}" for role in (POD_A.role, POD_B.role))
    record = [sys.executable, "-m", "pcapcheck", "record", *ends, "--count", "300", "--no-state", "--output", "case"]
    done = on_a_small_disk(FILLED, tmp_path, *record)
    assert "no space is left on the device; the recording ends" in done.stderr
    assert done.stdout.startswith("WARN  "), done.stdout


@pytest.mark.live
@pytest.mark.xdist_group("lab")
@pytest.mark.parametrize("output", ["case", "case.tar.gz"])
def test_a_disk_without_room_is_left_as_it_is(tmp_path: Path, output: str) -> None:
    script = (
        "from pathlib import Path\n"
        "from pcapcheck.recording.recorded_bundle import RecordedBundle\n"
        f"RecordedBundle(Path({output!r}))\n"
    )
    done = on_a_small_disk(FULL, tmp_path, sys.executable, "-c", script)
    assert "No space left on device; name a place that can be written" in done.stderr
    assert done.stdout.split() == ["other"]
