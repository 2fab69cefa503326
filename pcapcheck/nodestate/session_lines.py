"""Lines of a pasted session: as they were printed, and what those are that show neither a prompt nor an output."""

from __future__ import annotations

import re

from pcapcheck.nodestate.command_line import Command, parse_command
from pcapcheck.nodestate.command_listing import listing_of
from pcapcheck.nodestate.prompts import LONGEST_PROMPT

# A bold line of more words is no heading.
MOST_OF_HEADING = 3
COLOURS = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b\][^\x07]*\x07|\r")
# What web pages and chats put between characters.
INVISIBLE = re.compile("[\u200b-\u200d\u2060\ufeff]")
# Commands that stand by themselves, without a prompt.
BARE = re.compile(
    r"(?:sudo )?(?:/(?:usr/)?s?bin/)?"
    r"(?:ip (?:-\S+ )*(?:a|addr|address|l|link|r|route|ro|n|neigh|neighbor|neighbour|rule|"
    r"netns exec)\b|(?:route|netstat|arp|sysctl|ifconfig)(?: -\w+| net\.\S+| -a)+$"
    r"|(?<=bin/)ip6?tables(?:-[a-z]+)*(?: -\S+| nat| mangle| filter| raw)*$|cat /proc/(?:sys/net|net)/"
    r"|kubectl (?:-\S+ [\w.-]+ )*(?:get (?:po|svc|service|ep)|exec |debug node/)|nsenter -"
    r"|ssh (?:-\S+ )*[\w.@-]+$|ssh [\w.@-]+ (?:sudo )?ip "
    r"|hostname$|uname -[an]$)"
)
TRIMMED = re.compile(
    r"\s*(?:\.{3,}|…|\[\.{3}\]|\[?<?(?:snip|snipped|truncated|omitted|output omitted)>?\]?.{0,20}|\(\.{3}\))\s*"
)
HOSTNAME = re.compile(r"[A-Za-z0-9](?=.{0,252}$)[\w-]*(?:\.[\w-]+)*")
# uname -a, and hostnamectl.
SYSTEM = re.compile(r"Linux (\S+) \d+\.\d+\S* #.*|Static hostname: (\S+)")
# A packet as tcpdump prints it: a paste may hold both.
PACKET = re.compile(
    r"(?:\d{4}-\d\d-\d\d )?\d\d:\d\d:\d\d\.\d{6,9} (?:IP6? |ARP, |[0-9a-f]{2}(?::[0-9a-f]{2}){5} > "
    r"|[\w.@-]+ +(?:In|Out|P|M|B) )"
)
QUOTATION = re.compile(r"(?:> ?)+")


def plain(text: str) -> str:
    """A line without colours, carriage returns, what cannot be seen, and the marks of a quotation."""
    text = COLOURS.sub("", text) if "\x1b" in text or "\r" in text else text
    text = text if text.isascii() else INVISIBLE.sub("", text)
    if text.startswith("**") and text.rstrip().endswith("**") and len(text.split()) > MOST_OF_HEADING:
        # A line of an output that somebody made bold; a heading is shorter.
        text = text.strip()[2:-2]
    return QUOTATION.sub("", text) if text.startswith(">") else text


def is_bare_command(text: str) -> bool:
    """Whether a line without a prompt is a command."""
    bare = text.strip().strip("`:* ")
    if text[:1].isspace() or len(bare) > LONGEST_PROMPT or not BARE.match(bare):
        return False
    if "(" in bare:
        # Retina lists its commands, with what they show in parentheses, before it runs them.
        return False
    command = parse_command(bare)
    return bool(command.space) or command.tool in ("hostname", "uname") or listing_of(command) is not None


def printed_host(command: Command, text: str) -> str | None:
    """The host's name in a line of the output of ``hostname``, ``uname -a`` and the like, typed in the host's shell."""
    name = text.strip()
    if command.tool not in ("hostname", "uname", "cat", "hostnamectl") or command.space:
        return None
    if command.tool == "cat" and "/etc/hostname" not in command.words:
        return None
    if match := SYSTEM.fullmatch(name):
        name = match[1] or match[2]
    elif command.tool in ("uname", "hostnamectl") and "-n" not in command.words:
        return None
    return name if HOSTNAME.fullmatch(name) else None
