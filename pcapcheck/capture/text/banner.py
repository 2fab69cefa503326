"""What surrounds the packets: the command that was run, what tcpdump says of itself, and what means nothing."""

from __future__ import annotations

import re
import shlex

from msgspec import Struct

# DLT_ names of libpcap -> LINKTYPE_ numbers (tcpdump.org/linktypes.html).
LINK_TYPES = {
    "NULL": 0,
    "EN10MB": 1,
    "RAW": 101,
    "LOOP": 108,
    "LINUX_SLL": 113,
    "IPV4": 228,
    "IPV6": 229,
    "LINUX_SLL2": 276,
}
# How much of a line is looked at.
MOST_CHARACTERS = 2000
# Options of tcpdump that take a value (its man page).
_WITH_VALUE = set("BcCDEFGijmMrsTVwWyzZQ")
_LONG_WITH_VALUE = {"--interface", "--direction", "--snapshot-length", "--buffer-size", "--linktype", "--count"}

_TCPDUMP = re.compile(r"(?<![\w.-])(?:[\w.-]{0,60}/){0,8}tcpdump(?=\s|$)")
_PROMPT = re.compile(r"[#$%>❯➜](?:\s|$)")
# A label in front of a command, as people write where they ran it.
_LABEL = re.compile(r"[\w.@/-]{1,64}:")
# What may precede a command, and what a filter begins with: a sentence may begin with tcpdump too.
_LAUNCHERS = {"", "sudo", "kubectl", "oc", "docker", "crictl", "nsenter", "ip", "timeout", "nohup", "ssh", "time"}
_ARGUMENTS = re.compile(r"-|$|[(']|(?:arp|dst|ether|host|icmp6?|ip6?|net|not|port|proto|src|tcp|udp|vlan|vxlan)\b(?!,)")
_LISTENING = re.compile(
    r"(?:tcpdump: )?listening on (\S+?), link-type ([\w-]+)(?: \([^)]*\))?(?:, (?:capture size|snapshot length) (\d+))?"
)
_READING = re.compile(
    r"reading from (?:file|PCAP-NG file|pcap file) .{1,300}?, link-type ([\w-]+)(?: \([^)]*\))?"
    r"(?:, snapshot length (\d+))?"
)
_DROPPED = re.compile(r"(\d+) packets? dropped by (?:kernel|interface)")
_UNSURE_NAMES = re.compile(r"Warning: interface names might be incorrect")
_KNOWN = re.compile(
    r"tcpdump(?:\.real)?: |dropped privs to |.{0,60}for full protocol decode|Got \d+\b|\^C|\^\\"
    r"|(?:\^C)?\s*\d+ packets? (?:captured|received by filter)|\d+ packets? dropped"
    r"|```|~~~|\{% ?(?:end)?highlight"
)
# A sentence that says where the packets below it were recorded, and that there are some.
_ABOUT = re.compile(r"(?i)tcpdump|captur|sniff|dump")
_HEADING = re.compile(
    r"(?i)\b(?:tcpdump|captur(?:e|es|ed|ing)|sniff(?:ed|ing)?|dump)\b.{0,80}?\b(?:on|from|at|of|for) "
    r"(?:(?:the|my|its|interface|device|nic|card) ){0,3}[`'\"*]{0,3}$"
)
_INTERFACE = re.compile(
    r"(?<![\w.-])(?:eth\d{1,2}|en[ops]\d\w{0,11}|ens\d{1,4}|bond\d{1,2}|cali[0-9a-f]{11}|tunl0|vxlan\.calico|flannel\.\d{1,4}"
    r"|cni0)(?![\w-]|\.\w)"
)
_DENIAL = re.compile(r"(?i)\b(?:no|not|nothing|never|none|without|cannot|nor|rather|instead|unlike)\b|n['\u2019]t\b")
_PUNCTUATION = re.compile(r"[^\w]*$")


class Described(Struct):
    """What the text says about the packets that follow: where and how they were recorded.

    ``live``: they were printed on the machine that saw them, so the interfaces' names are its own. ``columns`` are the
    fields that tshark was to print, ``separator`` is what stands between them. ``verified``: tcpdump looked at
    checksums, it ran without -K. ``stamps`` are tcpdump's options for the times that it prints: ``ttt`` for -ttt.
    ``in_prose``: a sentence says it, not tcpdump.
    """

    name: str | None = None
    link_type: int | None = None
    filter: str | None = None
    snaplen: int = 0
    sure_of_names: bool = True
    from_command: bool = False
    live: bool = False
    columns: tuple[str, ...] = ()
    separator: str = "\t"
    verified: bool = True
    stamps: str = ""
    in_prose: bool = False


class Dropped(Struct, frozen=True):
    """Packets that were lost while recording."""

    count: int


def known_line(line: str, before: Described) -> Described | Dropped | bool | None:
    """What a line that is no packet says: a new description, drops, True for nothing; None if it is not known.

    ``before`` is the description up to here; a command and the banners after it describe the same capture.
    """
    text = line[:MOST_CHARACTERS].strip(" \t|>#")
    if _PUNCTUATION.match(text):
        return True
    arguments = _arguments(line[:MOST_CHARACTERS].strip())
    if arguments is not None:
        return _of_command(arguments)
    match = _LISTENING.search(text)
    if match:
        described = before if before.from_command else Described()
        described.from_command = False
        described.live = True
        described.name = None if match[1] == "any" else match[1]
        described.link_type = LINK_TYPES.get(match[2], described.link_type)
        described.snaplen = int(match[3] or 0)
        return described
    match = _READING.search(text)
    if match:
        described = before if before.from_command else Described()
        described.from_command = described.live = False
        described.link_type = LINK_TYPES.get(match[1])
        described.snaplen = int(match[2] or 0)
        return described
    match = _DROPPED.search(text) if text[-9:] in ("by kernel", "interface") else None
    if match:
        return Dropped(int(match[1]))
    if _UNSURE_NAMES.match(text):
        before.sure_of_names = False
        return True
    return True if _KNOWN.match(text) else None


def heading_line(line: str, before: Described) -> Described | None:
    """Where a sentence says that the packets below were recorded; None if it says so of no interface, or of several.

    What tcpdump itself said ``before`` counts for more.
    """
    if before != Described() and not before.in_prose:
        return None
    text = line[:MOST_CHARACTERS]
    names = list(_INTERFACE.finditer(text)) if _ABOUT.search(text) else []
    if len({name[0] for name in names}) != 1 or _DENIAL.search(text) or not _HEADING.search(text[: names[0].start()]):
        return None
    return Described(name=names[0][0], in_prose=True)


def _arguments(text: str) -> str | None:
    """What follows the name of tcpdump if a line is a command, with or without a prompt; else None."""
    match = _TCPDUMP.search(text)
    if match is None:
        return None
    before, arguments = text[: match.start()].strip(" \t|>`*+"), text[match.end() :].strip()
    if not _ARGUMENTS.match(arguments):
        return None
    is_command = _PROMPT.search(before) or before.split(" ")[0] in _LAUNCHERS or _LABEL.fullmatch(before)
    return arguments if is_command else None


def _of_command(arguments: str) -> Described:
    """The interface, the direction and the filter that tcpdump was given."""
    described = Described(from_command=True, live=True)
    arguments, _, pipe = re.sub(r"\s(?:\d?>&?\s*\S+|&)(?=\s|$)", " ", arguments).partition("|")
    try:
        words = shlex.split(arguments.rstrip("` "))
    except ValueError:
        words = re.sub("[`'\"]", " ", arguments).split()
    terms: list[str] = []
    direction: list[str] = []
    place = 0
    while place < len(words):
        word = words[place]
        place += 1
        if not word.startswith("-") or word == "-":
            terms.append(word)
            continue
        if word.startswith("--"):
            option, _, value = word.partition("=")
            if not value and option in _LONG_WITH_VALUE:
                value = words[place] if place < len(words) else ""
                place += 1
            short = {"--interface": "i", "--direction": "Q"}.get(option, "")
            described.verified = described.verified and option != "--dont-verify-checksums"
        else:
            letters = re.match(rf"-[^{''.join(sorted(_WITH_VALUE))}]*", word)
            taken = letters.end() if letters else len(word)
            described.verified = described.verified and "K" not in word[:taken]
            described.stamps += "t" * word[1:taken].count("t")
            short, value = word[taken : taken + 1], word[taken + 1 :].lstrip("=")
            if short and not value:
                value = words[place] if place < len(words) else ""
                place += 1
        if short == "r":
            described.live = False
        if short == "i" and value != "any":
            described.name = value
        elif short == "Q" and value != "inout":
            direction = [f"{value}bound"]
    grep = [f"| {pipe.strip()}"] if "grep" in pipe else []
    described.filter = " ".join([*terms, *direction, *grep]) or None
    return described
