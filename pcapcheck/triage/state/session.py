"""A pasted terminal session as blocks: which command, in whose shell, and the lines below it.

Prompts, Markdown fences, headings and shells inside of shells (``kubectl exec``, ``ssh``, ``nsenter``) are understood.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from pcapcheck.triage.state.command import Command, parse_command
from pcapcheck.triage.state.listing import listing_of
from pcapcheck.triage.state.model import NODE, POD, Line
from pcapcheck.triage.state.readers import kind_of

COLOURS = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b\][^\x07]*\x07|\r")
LONGEST_PROMPT = 300
LONGEST_LINE = 1 << 14
PATH = r"[~/][^\s#$%>]{0,120}"
# user@host:dir$, [user@host dir]#, host:dir$ …
AT_HOST = re.compile(
    r"\(?[\w.-]*\)?\s?\[?([\w.-]{1,64})@([\w.-]{1,128})"
    rf"(?:[: ](?:{PATH}|[\w.-]{{1,120}}))?\]?\s?([#$%>])(?:\s+(.*))?"
)
HOST_ONLY = re.compile(rf"([A-Za-z][\w.-]{{1,128}}):{PATH}\s?([#$])(?:\s+(.*))?")
SHELL = re.compile(r"((?:ba|da|a|z)?sh)-[\d.]+([#$])(?:\s+(.*))?")
DIRECTORY = re.compile(rf"{PATH}\s([#$])(?:\s+(.*))?")
DOLLAR = re.compile(r"\$(?:\s+(.*))?")
HASH = re.compile(r"#\s+(.*)")
# What "# " in front of makes a command of; anything else behind it is a remark or a heading.
AFTER_HASH = (
    *("ip", "ifconfig", "route", "netstat", "arp", "sysctl", "cat", "head", "tail", "grep", "egrep", "kubectl", "oc"),
    *(
        "nsenter",
        "docker",
        "podman",
        "crictl",
        "nerdctl",
        "ctr",
        "ping",
        "tcpdump",
        "uname",
        "hostname",
        "ethtool",
        "nstat",
    ),
    *("nmcli", "networkctl", "iptables", "iptables-save", "ip6tables-save", "nft", "bpftool", "tc", "sudo", "watch"),
    *("chroot", "busybox", "ssh", "sh", "bash", "exit", "logout", "calicoctl", "conntrack", "for", "env", "printenv"),
)
# Commands that stand by themselves, without a prompt.
BARE = re.compile(
    r"(?:sudo )?(?:ip (?:-\S+ )*(?:a|addr|address|l|link|r|route|ro|n|neigh|neighbor|neighbour|rule|netns exec)\b"
    r"|(?:route|netstat|arp|sysctl|ifconfig)(?: -\w+| net\.\S+| -a)+$|cat /proc/(?:sys/net|net)/"
    r"|kubectl (?:-\S+ [\w.-]+ )*(?:get po|exec )|nsenter -)"
)
# Words between which a heading may name whose the following is.
HEADING = re.compile(
    r"(?:on|in|inside|from|at)?\s*(?:the\s+)?"
    r"(node|host|worker|master|control[- ]plane|pod|container|network namespace|netns)"
    r"(?:\s+name)?(?:[\s:=]+(?!netns\b)([\w./-]+))?(?:\s+netns\s+([\w./-]+))?\s*(?:\([^)]*\))?",
    re.IGNORECASE,
)
NAMED = re.compile(r"(?:on|in|inside|from|at)?\s*((?:[a-z0-9-]+/)?[a-z0-9][\w.-]*)", re.IGNORECASE)
MARKS = "#=-*_`>: \t[]"
LONGEST_HEADING = 80
FILLING = ("side", "is", "a", "the", "itself", "state", "shell", "output")
TRIMMED = re.compile(
    r"\s*(?:\.{3,}|…|\[\.{3}\]|\[?<?(?:snip|snipped|truncated|omitted|output omitted)>?\]?.{0,20}|\(\.{3}\))\s*"
)


@dataclass(frozen=True)
class Owner:
    """Whose output it is, as far as the session says. ``label`` keeps apart what is not named."""

    label: str
    role: str | None = None
    name: str | None = None
    netns: str | None = None


@dataclass
class Block:
    """A command and its output; without a command, lines between other blocks. ``at`` is the line of the command.

    ``trimmed``: somebody left lines out. ``prose``: it stands outside of the fences of a file that has some.
    """

    owner: Owner
    command: Command | None = None
    lines: list[Line] = field(default_factory=list)
    trimmed: bool = False
    prose: bool = False
    at: Line | None = None


QUOTATION = re.compile(r"(?:> ?)+")


@dataclass(frozen=True)
class Prompt:
    """A prompt: what it looks like without its directory, the host that it names, and the command behind it."""

    label: str
    host: str | None
    command: str


@dataclass
class Shell:
    """A shell inside of a shell: whose it is, the prompt where it was opened, and its own once that is known."""

    owner: Owner
    outer: str
    inner: str | None = None


def plain(text: str) -> str:
    """A line without colours, carriage returns and the marks of a quotation."""
    text = COLOURS.sub("", text) if "\x1b" in text or "\r" in text else text
    return QUOTATION.sub("", text) if text.startswith(">") else text


def find_prompt(text: str) -> Prompt | None:
    """The prompt at the beginning of a line, or None."""
    head = text.lstrip()[:LONGEST_PROMPT]
    if not head or head[0] in "{<|":
        return None
    rest = text.lstrip()
    if match := AT_HOST.fullmatch(rest) if "@" in head else None:
        return Prompt(f"{match[1]}@{match[2]}", match[2], match[4] or "")
    if match := SHELL.fullmatch(rest):
        return Prompt(f"{match[1]}{match[2]}", None, match[3] or "")
    if match := DIRECTORY.fullmatch(rest):
        return Prompt(f"/{match[1]}", None, match[2] or "")
    if match := HOST_ONLY.fullmatch(rest) if ":" in head else None:
        return Prompt(match[1], match[1], match[3] or "")
    if match := DOLLAR.fullmatch(rest):
        return Prompt("$", None, match[1] or "")
    match = HASH.fullmatch(rest)
    if match and (match[1].split() or [""])[0] in AFTER_HASH:
        return Prompt("#", None, match[1])
    return Prompt("#", None, "") if rest == "#" else None


def read_session(lines: Sequence[Line], file: str) -> Iterator[Block]:
    """The blocks of one file, in order."""
    reader = _Session(file, any(line.text.lstrip().startswith("```") for line in lines))
    for line in lines:
        reader.take(line)
        yield from reader.closed()
    reader.close()
    yield from reader.closed()


class _Session:
    def __init__(self, file: str, has_fences: bool) -> None:
        self.file = file
        self.blocks: list[Block] = []
        self.has_fences = has_fences
        self.fenced = False
        self.shells: list[Shell] = []
        self.heading: Owner | None = None
        self.headed_label: str | None = None
        self.prompt: Prompt | None = None
        self.current = Block(Owner(f"{file}:"))

    def take(self, line: Line) -> None:
        text = line.text
        if text.lstrip().startswith("```"):
            self.fenced = not self.fenced
            self._begin(None, line)
            return
        prompt = find_prompt(text) if len(text) <= LONGEST_LINE else None
        if (
            prompt is None
            and self.prompt
            and self.prompt.label == "#"
            and (match := HASH.fullmatch(text[:LONGEST_LINE]))
        ):
            # Where "# " is the prompt, whatever stands behind it was typed.
            prompt = Prompt("#", None, match[1])
        if prompt is not None:
            self._at_prompt(prompt, line)
        elif self._is_bare(text):
            self._begin(parse_command(text.strip().strip("`:* ")), line)
        elif (owner := self._heading(text)) is not None:
            self.heading, self.headed_label = owner, None
            self.shells.clear()
            self._begin(None, line)
        elif TRIMMED.fullmatch(text[:LONGEST_HEADING]):
            self.current.trimmed = True
        else:
            self.current.lines.append(line)

    def closed(self) -> list[Block]:
        """The blocks that have come to their end since this was asked last."""
        blocks, self.blocks = self.blocks, []
        return blocks

    def close(self) -> None:
        """End the block that the session is in."""
        if self.current.command or self.current.lines:
            self.blocks.append(self.current)

    def _begin(self, command: Command | None, at: Line) -> None:
        self.close()
        self.current = Block(self._owner(command), command, prose=self.has_fences and not self.fenced, at=at)

    def _is_bare(self, text: str) -> bool:
        bare = text.strip().strip("`:* ")
        if text[:1].isspace() or len(bare) > LONGEST_PROMPT or not BARE.match(bare):
            return False
        command = parse_command(bare)
        return bool(command.space) or listing_of(command) is not None

    def _at_prompt(self, prompt: Prompt, line: Line) -> None:
        self._leave_shells(prompt)
        if self.headed_label is None:
            self.headed_label = prompt.label
        elif self.headed_label != prompt.label and not self.shells:
            # A heading is about the shell that follows it, not about the next one.
            self.heading = None
        self.prompt = prompt
        command = parse_command(prompt.command) if prompt.command.strip() else None
        if command and command.ends_shell and self.shells:
            self.shells.pop()
        self._begin(command, line)
        if command and command.opens_shell and command.space:
            self.shells.append(Shell(self.current.owner, prompt.label))

    def _leave_shells(self, prompt: Prompt) -> None:
        """Out of a shell again where the prompt is the one before it."""
        while self.shells:
            shell = self.shells[-1]
            generic = prompt.label in ("$", "#")
            if shell.inner is None and (prompt.label != shell.outer or generic):
                shell.inner = prompt.label
                return
            if prompt.label != shell.outer or (shell.inner == shell.outer and shell.owner.netns):
                return
            if shell.inner is None and shell.owner.netns:
                # nsenter and ip netns exec keep the prompt: only "exit" leads out.
                shell.inner = prompt.label
                return
            if shell.inner == shell.outer:
                return
            self.shells.pop()

    def _owner(self, command: Command | None) -> Owner:
        if command and command.space:
            return self._elsewhere(command)
        if self.shells:
            return self.shells[-1].owner
        if self.heading:
            return self.heading
        if self.prompt and self.prompt.host:
            return Owner(f"host:{self.prompt.host}", name=self.prompt.host)
        return Owner(f"{self.file}:{self.prompt.label if self.prompt else ''}")

    def _elsewhere(self, command: Command) -> Owner:
        """Where a command line says that it runs."""
        how, _, name = command.space.partition(":")
        if how == "pod":
            full = f"{command.namespace}/{name}" if command.namespace else name
            return Owner(f"pod:{full}", POD, full)
        if how == "host":
            return Owner(f"host:{name}", name=name)
        return Owner(f"netns:{self.file}:{name}", netns=name)

    def _heading(self, text: str) -> Owner | None:
        """Whose the lines below are, where a line is a heading that says so."""
        bare = text.strip()
        if not bare or len(bare) > LONGEST_HEADING or text[:1].isspace():
            return None
        inner = bare.strip(MARKS)
        decorated = inner != bare.rstrip() and (bare[-1] == ":" or bare[0] in "#=*-")
        if not decorated or not inner or kind_of(text) is not None:
            return None
        words = [word for word in inner.split() if word.lower() not in FILLING]
        match = HEADING.fullmatch(" ".join(words))
        if match:
            return self._headed(match[1].lower(), (match[2] or "").strip("./-"), match[3])
        match = NAMED.fullmatch(inner)
        if (
            match
            and (bare[-1] == ":" or bare[0] in "#=-")
            and re.search(r"pod|node|worker|master", match[1], re.IGNORECASE)
        ):
            role = POD if "pod" in match[1].lower() else NODE
            return Owner(f"{role}:{match[1]}", role, match[1])
        return None

    def _headed(self, what: str, name: str, netns: str | None) -> Owner:
        if what in ("pod", "container"):
            return Owner(f"pod:{name or self.file}", POD, name or None, netns)
        if what in ("network namespace", "netns"):
            return Owner(f"netns:{self.file}:{name}", netns=name or None)
        return Owner(f"node:{name or self.file}", NODE, name or None)
