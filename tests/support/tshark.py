"""What tshark reads from a capture, one row per frame, to hold our own reading against."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

MISSING = "tshark is not installed" if shutil.which("tshark") is None else ""

CONTAINER_FIELDS = (
    "frame.number",
    "frame.time_epoch",
    "frame.cap_len",
    "frame.len",
    "frame.section_number",
    "frame.interface_id",
    "frame.interface_name",
    "frame.encap_type",
)
PROTOCOL_FIELDS = (
    "frame.protocols",
    "arp.opcode",
    "arp.src.hw_mac",
    "arp.src.proto_ipv4",
    "arp.dst.hw_mac",
    "arp.dst.proto_ipv4",
    "ip.src",
    "ip.dst",
    "ip.ttl",
    "icmp.type",
    "icmp.code",
    "icmp.ident",
    "icmp.seq",
    "ipv6.src",
    "ipv6.dst",
    "ipv6.hlim",
    "icmpv6.type",
    "icmpv6.code",
    "icmpv6.echo.identifier",
    "icmpv6.echo.sequence_number",
)
PAIRING_FIELDS = (
    "ip.id",
    "icmp.checksum",
    "icmp.resp_in",
    "icmp.no_resp",
    "icmpv6.checksum",
    "icmpv6.resp_in",
    "icmpv6.no_resp",
)
FIELDS = CONTAINER_FIELDS + PROTOCOL_FIELDS + PAIRING_FIELDS

# Twice over the file, so that a request knows its reply. As the file stands: no reassembly, no names. Of a field
# that occurs several times the first is the outermost.
OPTIONS = (
    "-2",
    "-n",
    "-o",
    "ip.defragment:FALSE",
    "-o",
    "ipv6.defragment:FALSE",
    "-E",
    "occurrence=f",
    "-d",
    "udp.port==8472,vxlan",
    "-T",
    "fields",
)


@dataclass(frozen=True)
class Dissection:
    """One run of tshark: a dictionary of the fields that are there per frame, and how tshark ended."""

    frames: list[dict[str, str]]
    exit_code: int
    errors: str


@cache
def dissect(path: Path) -> Dissection:
    """All frames of a capture as tshark reads them."""
    command = ["tshark", *OPTIONS, "-r", str(path)]
    for name in FIELDS:
        command += ["-e", name]
    environment = {**os.environ, "TZ": "UTC", "LC_ALL": "C.UTF-8"}
    run = subprocess.run(command, capture_output=True, env=environment, timeout=300, check=False)
    lines = run.stdout.decode("utf-8", "replace").split("\n")[:-1]
    frames = [dict(zip(FIELDS, line.split("\t"), strict=True)) for line in lines]
    frames = [{name: value for name, value in frame.items() if value} for frame in frames]
    return Dissection(frames, run.returncode, run.stderr.decode("utf-8", "replace"))


def nanoseconds(epoch: str) -> int:
    """tshark's decimal seconds as nanoseconds; a fraction of ten digits is a second or more, not carried."""
    whole, _, fraction = epoch.partition(".")
    size = int(whole) * 10**9
    parts = int(fraction.ljust(9, "0") or 0)
    return size - parts if whole.startswith("-") else size + parts
