"""Google's and Microsoft's object stores, by their drivers, in emulators: the rows are those of a folder."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from pcapcheck.errors import PcapcheckError
from pcapcheck.fleet.fleet_request import FleetRequest
from pcapcheck.fleet.judging import Judging
from tests.support.fleet import BROKEN, HEALTHY, fleet_of, run_inline

pytestmark = pytest.mark.slow
# What Azurite calls itself, as its documentation says; it is no secret.
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
ACCOUNT = "DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey={key};BlobEndpoint={endpoint}"


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def emulated(words: list[str], port: int) -> Iterator[int]:
    """An emulator while it listens at a port."""
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if _answers(port):
                yield port
                return
            time.sleep(0.1)
        pytest.skip(f"{words[0]} does not answer")
    finally:
        process.terminate()
        process.wait()


def _answers(port: int) -> bool:
    """Whether a web server answers at a port, whatever it says."""
    try:
        urlopen(f"http://127.0.0.1:{port}/", timeout=5).close()
    except HTTPError:
        return True
    except OSError:
        return False
    return True


@pytest.fixture(scope="module")
def google() -> Iterator[int]:
    # Read when the driver is imported: the emulator knows nothing of gRPC, and the driver waits a minute for it.
    os.environ.setdefault("GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT", "false")
    pytest.importorskip("gcsfs", reason="gcsfs is not installed")
    program = shutil.which("gcp-storage-emulator", path=os.path.dirname(sys.executable))
    if program is None:
        pytest.skip("gcp-storage-emulator is not installed")
    port = free_port()
    yield from emulated([program, "start", "--host=127.0.0.1", f"--port={port}", "--in-memory"], port)


@pytest.fixture(scope="module")
def azure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    pytest.importorskip("adlfs", reason="adlfs is not installed")
    program = shutil.which("azurite-blob")
    if program is None:
        pytest.skip("azurite-blob is not installed (npm install azurite)")
    port, place = free_port(), str(tmp_path_factory.mktemp("azurite"))
    words = [program, "--disableTelemetry", "--silent", "--skipApiVersionCheck", "--location", place]
    yield from emulated([*words, "--blobHost", "127.0.0.1", "--blobPort", str(port)], port)


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    return fleet_of(tmp_path / "fleet", node1=HEALTHY, **{"node 2=é": BROKEN})


def keys(fleet: Path) -> dict[str, bytes]:
    return {f"night/{path.relative_to(fleet)}": path.read_bytes() for path in sorted(fleet.rglob("*.pcap"))}


def check(fleet: Path, tmp_path: Path, address: str) -> None:
    """The rows are those of the folder; again, nothing is judged; what is not there is a line."""
    run_inline(fleet, output=tmp_path / "folder", group_by="{node}/*.pcap")
    run_inline(address, output=tmp_path / "store", group_by="{node}/*.pcap")
    for table in ("observations.jsonl", "findings.jsonl"):
        here, there = ((tmp_path / where / table).read_text() for where in ("folder", "store"))
        plain = address.partition("://")[2]
        assert there.replace(address, "ROOT").replace(plain, "ROOT") == here.replace(str(fleet), "ROOT")
    assert run_inline(address, output=tmp_path / "store", group_by="{node}/*.pcap")[1] == []
    for wrong in (address.replace("night", "noon"), address.replace("captures", "nothing")):
        with pytest.raises(PcapcheckError, match="see whether") as raised:
            FleetRequest((wrong,), Judging()).observations()
        assert "\n" not in str(raised.value)


def test_google(fleet: Path, tmp_path: Path, google: int, monkeypatch: pytest.MonkeyPatch) -> None:
    import gcsfs

    monkeypatch.setenv("STORAGE_EMULATOR_HOST", f"http://127.0.0.1:{google}")
    gcsfs.GCSFileSystem.clear_instance_cache()
    system = gcsfs.GCSFileSystem(token="anon", project="test")
    system.mkdir("captures")
    for key, content in keys(fleet).items():
        system.pipe(f"captures/{key}", content)
    gcsfs.GCSFileSystem.clear_instance_cache()
    check(fleet, tmp_path, "gs://captures/night")


def blobs(port: int, key: str = KEY) -> str:
    return ACCOUNT.format(key=key, endpoint=f"http://127.0.0.1:{port}/devstoreaccount1;")


def azure_with(account: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    import adlfs

    monkeypatch.setenv("AZURE_STORAGE_CONNECTION_STRING", account)
    adlfs.AzureBlobFileSystem.clear_instance_cache()


def test_microsoft(fleet: Path, tmp_path: Path, azure: int, monkeypatch: pytest.MonkeyPatch) -> None:
    from azure.storage.blob import BlobServiceClient

    container = BlobServiceClient.from_connection_string(blobs(azure)).create_container("captures")
    for key, content in keys(fleet).items():
        container.upload_blob(key, content)
    azure_with(blobs(azure), monkeypatch)
    check(fleet, tmp_path, "az://captures/night")
    azure_with(blobs(azure, KEY.replace("E", "F")), monkeypatch)
    with pytest.raises(PcapcheckError, match="credentials") as raised:
        FleetRequest(("az://captures/night",), Judging()).observations()
    assert "\n" not in str(raised.value)
