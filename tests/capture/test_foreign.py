"""Whatever is neither pcap nor pcapng is named in a line that says what to do."""

from __future__ import annotations

import io
import json
import shutil
import struct
import subprocess
import tarfile
import zipfile
from pathlib import Path

import pytest

from fixtures.made.containers import Packet, enhanced, interface, pcap, section
from fixtures.made.frames import traffic
from pcapcheck.errors import CaptureError
from tests.support.captures import MADE
from tests.support.reading import read_bytes

MISSING = [tool for tool in ("editcap", "tshark") if shutil.which(tool) is None]
wireshark = pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING)}")
CAPTURE = pcap([Packet(frame) for frame in traffic()])
# What editcap calls a format -> what our message calls it.
FORMATS = {
    "snoop": "snoop",
    "netmon1": "Network Monitor 1",
    "netmon2": "Network Monitor 2",
    "ngsniffer": "a Sniffer capture",
    "ngwsniffer_1_1": "Sniffer for Windows",
    "ngwsniffer_2_0": "Sniffer for Windows",
    "k12text": "K12 text",
    "observer": "Observer",
    "5views": "5Views",
    "nettl": "nettl",
    "visual": "Visual Networks",
    "eyesdn": "EyeSDN",
}


def error_message(data: bytes) -> str:
    with pytest.raises(CaptureError) as caught:
        read_bytes(data)
    text = str(caught.value)
    assert "\n" not in text
    return text


@wireshark
@pytest.mark.parametrize("form", FORMATS)
def test_other_capture_formats_are_named(form: str, tmp_path: Path) -> None:
    """As editcap writes them, and with the command that turns them back."""
    (tmp_path / "in.pcap").write_bytes(CAPTURE)
    out = tmp_path / "out"
    kind = ["-T", "isdn" if form == "eyesdn" else "ether"]
    run = subprocess.run(["editcap", *kind, "-F", form, tmp_path / "in.pcap", out], capture_output=True, check=False)
    if run.returncode:
        pytest.skip(f"editcap does not write {form} here")
    text = error_message(out.read_bytes())
    assert FORMATS[form] in text
    assert text.endswith("convert it: editcap -F pcap IN OUT")


@wireshark
@pytest.mark.parametrize(
    ("options", "name"),
    [
        (("-x",), "a hex dump"),
    ],
)
def test_what_tshark_prints_is_named(options: tuple[str, ...], name: str, tmp_path: Path) -> None:
    path = tmp_path / "in.pcap"
    path.write_bytes(CAPTURE)
    printed = subprocess.run(["tshark", "-n", *options, "-r", path], capture_output=True, check=True).stdout
    assert name in error_message(printed)


def archive() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        packed.writestr("capture.pcap", CAPTURE)
    return out.getvalue()


def tape() -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as packed:
        packed.addfile(tarfile.TarInfo("capture.pcap"), io.BytesIO())
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (archive(), "a zip archive cannot be read; unpack it first"),
        (tape(), "a tar archive cannot be read; unpack it first"),
        (b"7z\xbc\xaf\x27\x1c\0\4" + bytes(20), "a 7z archive"),
        (b"\x1f\x9d\x90" + bytes(20), "compress (.Z)"),
        (b"Rar!\x1a\x07\1\0", "a RAR archive"),
        (b"\x7fELF\2\1\1\0" + bytes(60), "an ELF program or core dump"),
        (b"\n<!DOCTYPE html><title>Sign in</title>", "a web page cannot be read; download the file itself"),
        (b"<html><head>", "a web page"),
        (json.dumps({"kind": "Status", "code": 404}).encode(), "a JSON document"),
        (json.dumps([{"a": 1}], indent=2).encode(), "a JSON document"),
        (
            b"0000  ee ee ee ee ee ee 5a 8a  10 57 e2 03 08 00",
            "a hex dump cannot be read; make a capture of it: text2pcap",
        ),
        (b"\t0x0000:  4500 0054 1c46 4000 4001", "neither pcap nor pcapng"),
        (b"LOGG" + bytes(140), "a BLF log"),
        (b"iptrace 2.0" + bytes(20), "AIX iptrace"),
        (b"\x7fver" + bytes(20), "OmniPeek"),
        (b"btsnoop\0\0\0\0\1", "Bluetooth"),
        (
            bytes(4096),
            "zeros where a capture begins (the recording was not written, or the copy failed); copy it again",
        ),
        (interface() + enhanced(Packet(b"x")), "pcapng without its section header"),
        (enhanced(Packet(b"x"), ">"), "pcapng without its section header"),
        (
            struct.pack("<Q", 5) + struct.pack(">BBHHH", 2, 4, 80, 0, 60) + bytes(64 + 8) + b"\2\4\0\x50\0\0\0\x3c",
            "ERF",
        ),
        (b"\n" * 20000, "no line is a packet"),
        (b"%PDF-1.7", "a PDF document"),
        (b"\x01\x02\x03\x04else", "neither pcap nor pcapng (it begins with 01 02 03 04)"),
    ],
    # Not the bytes: an archive holds the time, and all workers must give a test the same name.
    ids=lambda value: value if isinstance(value, str) else "data",
)
def test_other_files_are_named(data: bytes, message: str) -> None:
    assert message in error_message(data)


def test_no_capture_is_taken_for_something_else() -> None:
    """What can be read is never looked up among the others."""
    for path in MADE:
        read_bytes(path.read_bytes())
    read_bytes(section())
