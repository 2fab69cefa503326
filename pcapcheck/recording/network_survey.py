"""What a recording has to know of a network: its interfaces, tools, addresses and ways, as survey.sh prints them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from importlib.resources import files

from msgspec import Struct, field

from pcapcheck.errors import RecordingError
from pcapcheck.recording.command_place import CommandPlace, last_line

RECORDERS = ("tcpdump", "dumpcap")
_LINK = re.compile(r"(\d+): ([^:@\s]+)(?:@(\S+))?: <([^>]*)>.*? mtu (\d+)(?:.*? link-netns(?:id)? (\S+))?")
_ADDRESS = re.compile(r"\d+: (\S+)\s+inet6? ([0-9a-f.:]+)")
_DEVICE = re.compile(r"\bdev (\S+)")


class NetworkLink(Struct, frozen=True):
    """An interface. ``peer`` is the index of the other end of a veth pair; ``netns`` is the network that it is in.

    That is its name or, if it has none, its number; None is the same network.
    """

    index: int
    name: str
    is_up: bool
    mtu: int
    peer: int | None = None
    netns: str | None = None


class NetworkSurvey(Struct, frozen=True):
    """``ways`` and ``processes`` answer what was asked for: the device to an address, a process of a pod by its uid.

    ``resolvers`` are the DNS servers of pods, by uid.
    """

    host: str = ""
    kernel: str = ""
    recorder_version: str = ""
    tools: set[str] = field(default_factory=set)
    links: dict[str, NetworkLink] = field(default_factory=dict)
    addresses: list[tuple[str, str]] = field(default_factory=list)
    default_device: str | None = None
    ways: dict[str, str] = field(default_factory=dict)
    processes: dict[str, str] = field(default_factory=dict)
    resolvers: dict[str, str] = field(default_factory=dict)

    @property
    def recorder(self) -> str | None:
        """The recorder that is there."""
        return next((tool for tool in RECORDERS if tool in self.tools), None)

    def address_of(self, device: str | None) -> str | None:
        """The first address of a device, IPv4 if it has one; of any device if that has none."""
        ours = [address for name, address in self.addresses if name == device] or [each for _, each in self.addresses]
        return next((address for address in ours if ":" not in address), ours[0] if ours else None)


def survey(place: CommandPlace, words: Sequence[str] = ()) -> NetworkSurvey:
    """Look around in a place. ``words`` are addresses and uids of pods to ask about.

    Raises RecordingError if nothing can be run there.
    """
    script = files("pcapcheck.recording").joinpath("survey.sh").read_text(encoding="utf-8")
    code, printed, complained = place.run(["sh", "-c", script, "survey", *words])
    if code != 0 or "host " not in printed:
        said = last_line(complained or printed)
        raise RecordingError(f"{place.title}: no command can be run there: {said}{_cure(complained)}")
    found = read_survey(printed)
    if "ip" not in found.tools:
        raise RecordingError(f"{place.title}: ip is not there; install iproute2, or name an image that has it: --image")
    return found


def _cure(complained: str) -> str:
    said = complained.lower()
    if "password is required" in said:
        return "; log in as root, or allow sudo without a password there"
    if "permission denied" in said or "not permitted" in said:
        return "; run pcapcheck as root here, or have access without a password there (ssh keys)"
    return ""


def read_survey(printed: str) -> NetworkSurvey:
    """What survey.sh printed."""
    host = kernel = version = ""
    tools: set[str] = set()
    links: dict[str, NetworkLink] = {}
    addresses: list[tuple[str, str]] = []
    default: str | None = None
    ways: dict[str, str] = {}
    processes: dict[str, str] = {}
    resolvers: dict[str, str] = {}
    for line in printed.splitlines():
        kind, _, rest = line.partition(" ")
        word, _, more = rest.partition(" ")
        if kind == "host":
            host = rest
        elif kind == "kernel":
            kernel = rest
        elif kind == "version":
            version = rest
        elif kind == "tool":
            tools.add(rest)
        elif kind == "link" and (link := _read_link(rest)):
            links[link.name] = link
        elif kind == "address" and (match := _ADDRESS.match(rest)):
            addresses.append((match[1], match[2]))
        elif kind == "default" and default is None and (match := _DEVICE.search(rest)):
            default = match[1]
        elif kind == "route" and (match := _DEVICE.search(more)):
            ways[word] = match[1]
        elif kind == "process":
            processes[word] = more
        elif kind == "resolver":
            resolvers.setdefault(word, more.strip())
    return NetworkSurvey(host, kernel, version, tools, links, addresses, default, ways, processes, resolvers)


def _read_link(text: str) -> NetworkLink | None:
    match = _LINK.match(text)
    if match is None:
        return None
    peer = match[3] or ""
    return NetworkLink(
        int(match[1]),
        match[2],
        "UP" in match[4].split(","),
        int(match[5]),
        int(peer[2:]) if re.fullmatch(r"if\d+", peer) else None,
        match[6],
    )
