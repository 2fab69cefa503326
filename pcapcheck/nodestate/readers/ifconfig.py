"""``ifconfig`` of net-tools, old and new, and of busybox."""

from __future__ import annotations

import re
from collections.abc import Iterable

from pcapcheck.nodestate.host import Host
from pcapcheck.nodestate.listing import Listing
from pcapcheck.nodestate.node_facts import Address, Device
from pcapcheck.nodestate.numbers import address, after, mac, mask_bits, network, number
from pcapcheck.nodestate.readers.link_counters import LinkCounters
from pcapcheck.nodestate.readers.state_reader import StateReader
from pcapcheck.nodestate.source_lines import Line

NEW = re.compile(r"([^\s:]+(?::\d+)?): flags=\d+<([^>]*)>\s+mtu (\d+).*")
OLD = re.compile(r"(\S+)\s+Link encap:(\S+)(.*)")


def read_ifconfig(lines: Iterable[Line], into: Host, _: Listing | None = None) -> list[Line]:
    """Links and their addresses; returns the lines that are neither."""
    strange = []
    current: Device | None = None
    counters = LinkCounters()
    for line in lines:
        text = line.text.strip()
        if not text:
            continue
        new, old = NEW.fullmatch(text), OLD.fullmatch(text)
        if new:
            flags = new[2].split(",")
            current = into.add_link(
                Device(new[1], line, mtu=number(new[3]), up="UP" in flags, carrier="RUNNING" in flags)
            )
        elif old:
            current = into.add_link(Device(old[1], line, mac=mac(after(old[3].split(), "HWaddr"))))
        elif current is None or not line.text[:1].isspace():
            strange.append(line)
        elif not counters.take(text, line, current.name, into):
            _detail(text, line, current, into)
    return strange


def _detail(text: str, line: Line, link: Device, into: Host) -> None:
    words = text.replace("addr:", "addr: ").split()
    if words[0] == "ether":
        link.mac = mac(words[1]) if len(words) > 1 else None
    elif words[0] == "inet":
        ip = address(after(words, "inet", "addr:") if words[1:2] != ["addr:"] else words[2] if words[2:] else None)
        bits = mask_bits(after(words, "netmask") or (re.search(r"Mask:(\S+)", text) or ["", ""])[1])
        if ip is not None and bits is not None:
            into.addresses.append(Address(ip, bits, link.name, line))
    elif words[0] == "inet6":
        new, old = address(words[1] if words[1:] else None), network(after(words, "addr:"))
        bits = number(after(words, "prefixlen"))
        if old or (new is not None and bits is not None and bits <= 128):
            ip, bits = old or (new or 0, bits or 0)
            into.addresses.append(Address(ip, bits, link.name, line, _scope(text)))
    mtu = re.search(r"MTU:(\d+)", text)
    if mtu:
        link.mtu = number(mtu[1])
        link.up = "UP" in words
        link.carrier = "RUNNING" in words


def _scope(text: str) -> str | None:
    match = re.search(r"Scope:(\w+)|scopeid 0x[0-9a-f]+<(\w+)>", text)
    return (match[1] or match[2]).lower() if match else None


IFCONFIG_READER = StateReader(
    name="ifconfig",
    commands=("ifconfig",),
    looks_like=lambda text, _: bool(NEW.fullmatch(text) or OLD.fullmatch(text)),
    read_host=read_ifconfig,
    expected="interfaces, as of ifconfig",
)
