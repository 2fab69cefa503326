"""Kernel settings: ``sysctl`` in its forms, and ``cat``, ``head`` or ``grep`` of files below /proc/sys/net."""

from __future__ import annotations

import re
from collections.abc import Iterable

from msgspec.structs import replace

from pcapcheck.nodestate.command_line import expand_braces
from pcapcheck.nodestate.host import Host
from pcapcheck.nodestate.listing import Listing
from pcapcheck.nodestate.node_facts import Sysctl
from pcapcheck.nodestate.numbers import number
from pcapcheck.nodestate.readers.state_reader import StateReader
from pcapcheck.nodestate.source_lines import Line

ROOT = "/proc/sys/"
PAIR = re.compile(r"(net[./][^\s=]+?)\s*(?:=|:\s)\s*(.*)")
OF_FILE = re.compile(r"(/proc/sys/net/[^\s:]+):(.*)")
HEAD = re.compile(r"==> (/proc/sys/net/\S+) <==")
MISSING = re.compile(
    r"(/proc/sys/net/[^\s:'’]+|\"?net\.[^\s:'’\"]+\"?)['’]?(: No such file or directory| is an unknown key)"
)
INTERFACE = re.compile(r"net\.ipv([46])\.(conf|neigh)\.(.+)\.([a-z0-9_]+)")
OTHER_FAMILY = re.compile(r"net\.ipv6\.")
# Settings of other parts of the kernel, which sysctl -a prints too (Documentation/admin-guide/sysctl/).
ELSEWHERE = re.compile(r"(?:abi|crypto|debug|dev|fs|fscache|kernel|sunrpc|user|vm|xen|sched|fuse|lustre)\.\S+\s*=.*")
LONGEST_VALUE = 200


def read_sysctl(lines: Iterable[Line], into: Host, listing: Listing | None = None) -> list[Line]:
    """Read settings from the output of ``sysctl``; returns the other lines.

    With -n only values are printed: the names are the command's own words, in their order.
    """
    words = listing.words[1:] if listing else []
    bare = any(word == "--values" or re.fullmatch(r"-[a-z]*n[a-z]*", word) for word in words)
    names = [name for word in words if not word.startswith("-") for name in expand_braces(word)]
    # A word may also set its setting.
    names = [name.partition("=")[0] for name in names if name.startswith("net")] if bare else []
    return _read(lines, names, into)


def read_proc(lines: Iterable[Line], into: Host, listing: Listing | None = None) -> list[Line]:
    """Read settings from files: values in the order of the command's names, or with names before them."""
    words = listing.words[1:] if listing else []
    files = [name for word in words for name in expand_braces(word) if name.startswith(ROOT)]
    # Only the shell knows what a pattern expanded to.
    return _read(lines, files if not any(re.search(r"[*?\[$]", file) for file in files) else [], into)


def _read(lines: Iterable[Line], names: list[str], into: Host) -> list[Line]:
    waiting = list(reversed(names))
    strange, bare = [], []
    headed: str | None = None
    for line in lines:
        text = line.text.strip()
        head, missing = HEAD.fullmatch(text), MISSING.search(text)
        if head:
            headed = head[1]
        elif missing:
            gone = dotted(missing[1].strip('"'))
            into.missing[gone] = line
            waiting = [name for name in waiting if dotted(name) != gone]
        elif not text or ELSEWHERE.fullmatch(text):
            continue
        elif pair := PAIR.fullmatch(text) or OF_FILE.fullmatch(text):
            _add(pair[1], pair[2], line, into)
        elif headed:
            _add(headed, text, line, into)
            headed = None
        else:
            bare.append(line)
    # Complaints go to another stream than values, so they may come later.
    for line in bare:
        if waiting:
            _add(waiting.pop(), line.text.strip(), line, into)
        else:
            strange.append(line)
    return strange


def _add(name: str, value: str, line: Line, into: Host) -> None:
    setting = parse_sysctl(name, value.strip().strip('"')[:LONGEST_VALUE], line)
    into.sysctls[setting.name] = setting


def parse_sysctl(name: str, value: str, line: Line) -> Sysctl:
    """A setting by its name, in either form."""
    plain = dotted(name)
    match = INTERFACE.fullmatch(plain)
    if match is None:
        return Sysctl(plain, value, line, 6 if OTHER_FAMILY.match(plain) else 4, key=plain.rpartition(".")[2])
    return Sysctl(plain, value, line, int(match[1]), match[2], match[3], match[4])


def dotted(name: str) -> str:
    """``/proc/sys/net/ipv4/conf/eth0.5/rp_filter`` or ``net.ipv4.conf.eth0/5.rp_filter`` with dots between all parts.

    sysctl(8) swaps dots and slashes inside of an interface's name.
    """
    if name.startswith(ROOT):
        return name.removeprefix(ROOT).replace("/", ".")
    return name.replace("/", ".")


def line_of(setting: Sysctl | None) -> Line | None:
    """The line of a setting; with its name, if only the value was printed."""
    if setting is None or setting.key in setting.line.text:
        return setting.line if setting else None
    return replace(setting.line, text=f"{setting.line.text.strip()}  ({setting.name})")


def value_of(setting: Sysctl | None) -> int | None:
    """A setting's value as a number, or None."""
    return number(setting.value) if setting else None


def _looks_like_a_setting(text: str, _: list[str]) -> bool:
    return bool(HEAD.fullmatch(text) or PAIR.fullmatch(text) or OF_FILE.fullmatch(text) or MISSING.search(text))


SYSCTL_READER = StateReader(
    name="sysctl",
    commands=("sysctl",),
    looks_like=_looks_like_a_setting,
    read_host=read_sysctl,
    expected="settings, as in net.ipv4.ip_forward = 1",
    reads_complaints=True,
)
PROC_READER = StateReader(
    name="proc", read_host=read_proc, expected="the values of the files that the command names", reads_complaints=True
)
