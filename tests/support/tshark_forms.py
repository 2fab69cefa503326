"""What the real tshark prints of a capture in each form that is read here."""

from __future__ import annotations

import csv
import io
import os
import subprocess
from pathlib import Path

# All fields that are looked at, as somebody would choose them who knows what is needed.
_MANY = (
    "frame.number frame.time_epoch frame.len frame.protocols frame.interface_name eth.src eth.dst vlan.id sll.src.eth "
    "sll.pkttype sll.ifindex sll.etype arp.opcode arp.src.hw_mac arp.src.proto_ipv4 arp.dst.hw_mac arp.dst.proto_ipv4 "
    "ip.src ip.dst ip.ttl ip.id ip.len ip.proto ip.flags ip.frag_offset icmp.type icmp.code icmp.ident icmp.seq "
    "icmp.mtu ipv6.src ipv6.dst ipv6.hlim ipv6.plen ipv6.nxt icmpv6.type icmpv6.code icmpv6.echo.identifier "
    "icmpv6.echo.sequence_number icmpv6.nd.ns.target_address icmpv6.nd.na.target_address icmpv6.opt.linkaddr "
    "icmpv6.mtu tcp.srcport tcp.dstport tcp.flags tcp.seq_raw tcp.ack_raw tcp.len tcp.hdr_len tcp.window_size_value "
    "udp.srcport udp.dstport udp.length vxlan.vni dns.id dns.flags.response dns.flags.rcode dns.qry.name dns.qry.type"
)
MANY = _MANY.split()
# Without those that say how headers follow.
FEW = [name for name in MANY if name not in ("frame.protocols", "frame.interface_name", "ip.proto", "ipv6.nxt")]
COLUMNS = ["_ws.col.Time", "_ws.col.Source", "_ws.col.Destination", "_ws.col.Protocol", "frame.len", "_ws.col.Info"]


def _fields(names: list[str]) -> list[str]:
    return ["-T", "fields", "-E", "header=y", *(word for name in names for word in ("-e", name))]


FORMS = {
    "json": ["-T", "json"],
    "jsonraw": ["-T", "jsonraw"],
    "json with bytes": ["-T", "json", "-x"],
    "details": ["-V"],
    "ek": ["-T", "ek"],
    "pdml": ["-T", "pdml"],
    "psml": ["-T", "psml"],
    "many fields": _fields(MANY),
    "few fields": _fields(FEW),
    "columns as fields": _fields(COLUMNS),
    "tabs": ["-T", "tabs"],
    **{f"-t {style}": ["-t", style] for style in ("a", "ad", "adoy", "d", "dd", "e", "r", "u", "ud", "udoy")},
}


def in_form(path: Path, form: str) -> bytes:
    """What tshark prints of a capture in one of ``FORMS``, or as Wireshark exports the packet list: ``csv``."""
    if form == "csv":
        return _exported(path)
    return _run(path, FORMS[form])


def _exported(path: Path) -> bytes:
    """The packet list as Wireshark writes it (epan/print.c, write_csv_column_titles)."""
    rows = _run(path, ["-T", "fields", *(word for name in ["frame.number", *COLUMNS] for word in ("-e", name))])
    out = io.StringIO()
    write = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n")
    write.writerow(["No.", "Time", "Source", "Destination", "Protocol", "Length", "Info"])
    write.writerows(line.split("\t") for line in rows.decode().splitlines())
    return out.getvalue().encode()


def _run(path: Path, options: list[str]) -> bytes:
    environment = {**os.environ, "TZ": "UTC", "LC_ALL": "C.UTF-8"}
    command = ["tshark", "-n", *options, "-r", str(path)]
    return subprocess.run(command, capture_output=True, env=environment, timeout=300, check=False).stdout
