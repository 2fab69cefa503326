"""The image of the Containerfile, built and run, where there are a builder and a base to build on."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest

from tests.support.lab import CAPTURES, ROOT

BUILDER = next(filter(shutil.which, ("podman", "docker")), None)
# Another base than the Containerfile's, where its registry cannot be reached: Debian with Python, venv and headers.
BASE = os.environ.get("PCAPCHECK_TEST_BASE", "docker.io/library/python:3.13-slim")

pytestmark = [pytest.mark.package, pytest.mark.slow]


def builder(*arguments: str) -> subprocess.CompletedProcess[str]:
    assert BUILDER is not None
    return subprocess.run([BUILDER, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def image() -> str:
    if BUILDER is None:
        pytest.skip("neither podman nor docker is installed")
    if builder("image", "inspect", BASE).returncode and builder("pull", BASE).returncode:
        pytest.skip(f"{BASE} is not here and cannot be pulled")
    if builder("run", "--rm", BASE, "true").returncode:
        pytest.skip(f"{BUILDER} cannot run a container here")
    built = builder("build", "--build-arg", f"BASE={BASE}", "--tag", "pcapcheck-test", ".")
    assert built.returncode == 0, built.stderr[-4000:]
    return "pcapcheck-test"


def test_it_judges_what_is_mounted(image: str) -> None:
    folder = CAPTURES / "proxy-arp-off"
    done = builder("run", "--rm", "--volume", f"{folder}:/data:ro", image, "analyze", "/data")
    assert done.returncode == 1, done.stderr
    assert done.stdout.startswith("FAIL")


def test_it_is_not_root_and_can_record(image: str) -> None:
    who = builder("run", "--rm", "--entrypoint", "id", image, "-u").stdout.strip()
    assert who == "65534"
    for program in ("tcpdump", "ip"):
        assert (
            builder("run", "--rm", "--entrypoint", program, image, "-V" if program == "ip" else "--version").returncode
            == 0
        )


def test_it_reads_standard_input(image: str) -> None:
    assert BUILDER is not None
    with (CAPTURES / "healthy" / "cali14e7d81007d.pcap").open("rb") as capture:
        done = subprocess.run(
            [BUILDER, "run", "--rm", "--interactive", image, "analyze", "-"],
            stdin=capture,
            capture_output=True,
            text=True,
        )
    assert done.stdout.startswith("PASS")
