"""What a capture point is called: as the user says, the capture, the file's name, or by a stand-in."""

from __future__ import annotations

import re
from pathlib import Path

from pcapcheck.calico import find_cali_name, is_interface, kind_of_name
from pcapcheck.capture.record import Interface
from pcapcheck.capture.rotated_set import Captured
from pcapcheck.capture.rotation import bare_name
from pcapcheck.networks import by_device
from pcapcheck.values import clean


def find_name(
    source: Captured, interface: Interface, ifindex: int | None, given: dict[int | None, str], single: bool, prefix: str
) -> tuple[str, str]:
    """A point's name and where it comes from ('' if it is a stand-in for an interface's name).

    ``given`` holds the names that the user gave, by ifindex, or by None for the whole capture; ``single``: it is the
    only capture point of its capture.
    """
    which = ifindex if ifindex is not None else interface.number
    if which in given:
        return clean(given[which]), "user"
    if None in given and single:
        return clean(given[None]), "user"
    if ifindex is not None and not single and not (interface.printed and interface.name):
        return f"ifindex {ifindex}", ""
    cali = find_cali_name(interface.name, prefix) if interface.name else None
    if interface.name and interface.doubtful and not (cali and single):
        # The name of the interface with that number on the machine that printed the text.
        known = cali or (interface.name if by_device(interface.name) else f"ifindex {ifindex}")
        return clean(known), ""
    if interface.name and interface.name != "any":
        return clean(cali or interface.name), "capture"
    found = _in_file_name(source.path, prefix) if single else None
    return found or (clean(source.short_name) if single else f"interface {interface.number}", "")


def _in_file_name(path: Path, prefix: str) -> tuple[str, str] | None:
    """The name of an interface in that of a file, and where it comes from ('' if it shows no kind of interface)."""
    whole = bare_name(path)
    stem = whole.split(".")[0]
    # node-1_eth0.pcap, worker2-vxlan.calico.pcap, node-cilium_vxlan.pcap: the interface stands last.
    last = re.split(r"[-_]", whole)[-1]
    for candidate in (find_cali_name(path.name, prefix), stem, whole, last, whole.rpartition("-")[2]):
        if candidate and (kind_of_name(candidate, prefix) or by_device(candidate)):
            return candidate, "file name"
    # A name, but it does not show what the interface is or on which machine.
    return (last, "") if is_interface(last) else None
