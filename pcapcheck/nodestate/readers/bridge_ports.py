"""``hairpin_mode`` of a bridge's ports below /sys: whether a frame may leave by the port that it came in by.

Source: kernel, net/bridge/br_sysfs_if.c. ``bridge -d link`` and ``ip -d link`` print the same next to the port.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from msgspec.structs import replace

from pcapcheck.nodestate.host import Host
from pcapcheck.nodestate.listing import Listing
from pcapcheck.nodestate.node_facts import Device
from pcapcheck.nodestate.readers.state_reader import StateReader
from pcapcheck.nodestate.source_lines import Line

NAME = "bridge-ports"
FILE = re.compile(r"/sys/\S*/(?!brport/)([^/\s]{1,15})/(?:brport/)?hairpin_mode")
SHOWN = re.compile(rf"{FILE.pattern}\s*[:=]?\s*([01])")
VALUE = re.compile(r"[01]")


def read_hairpin_modes(lines: Iterable[Line], into: Host, listing: Listing | None = None) -> list[Line]:
    """Keep the mode of each port, named on its line, on the line above, or by the command."""
    words = listing.words if listing else ()
    waiting = [found[1] for word in words if (found := FILE.fullmatch(word)) and not re.search(r"[*?\[$]", word)]
    strange = []
    for line in lines:
        text = line.text.strip()
        if shown := SHOWN.fullmatch(text):
            _keep(shown[1], shown[2], line, into)
        elif named := FILE.fullmatch(text.removeprefix("==> ").removesuffix(" <==")):
            waiting = [named[1]]
        elif VALUE.fullmatch(text) and waiting:
            _keep(waiting.pop(0), text, line, into)
        elif text:
            strange.append(line)
    return strange


def _keep(dev: str, value: str, line: Line, into: Host) -> None:
    said = line if "hairpin_mode" in line.text else replace(line, text=f"{value}  (hairpin_mode of {dev})")
    into.add_link(Device(dev, line, hairpin=value == "1", hairpin_line=said))


BRIDGE_PORTS_READER = StateReader(
    name=NAME,
    looks_like=lambda text, _: SHOWN.fullmatch(text) is not None,
    read_host=read_hairpin_modes,
)
