"""A pasted terminal session as blocks: which command, in whose shell, and the lines below it.

Prompts, Markdown fences, headings and shells inside of shells (``kubectl exec``, ``ssh``, ``nsenter``) are understood.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from msgspec import Struct, field
from msgspec.structs import replace

from pcapcheck.nodestate.bundles.bundled_file import BundledFile
from pcapcheck.nodestate.bundles.printed_files import announced_file, is_cut
from pcapcheck.nodestate.command_line import Command, parse_command
from pcapcheck.nodestate.command_listing import listing_of
from pcapcheck.nodestate.headings import ANSIBLE, LONGEST_HEADING, RULER, Heading, read_heading
from pcapcheck.nodestate.host import NODE, POD
from pcapcheck.nodestate.prefixes import without_prefixes
from pcapcheck.nodestate.prompts import GLYPHS, HASH, LONGEST_PROMPT, SAME, Prompt, find_prompt
from pcapcheck.nodestate.readers.registry import reader_of
from pcapcheck.nodestate.source_lines import Line
from pcapcheck.nodestate.yaml_lines import begins_yaml, goes_on_in_yaml

LONGEST_LINE = 1 << 14
# A bold line of more words is no heading.
MOST_OF_HEADING = 3
COLOURS = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b\][^\x07]*\x07|\r")
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


class Owner(Struct, frozen=True):
    """Whose output it is, as far as the session says. ``label`` keeps apart what is not named.

    ``section`` is a heading above it that may be the name of a host. ``on_node``: the command says
    that the pod is on its node's network. ``through`` is the pod by which a node was looked into whose name is not
    known. ``place`` is where the file stands in a bundle, and ``place_name`` what that is called.
    """

    label: str
    role: str | None = None
    name: str | None = None
    netns: str | None = None
    section: str | None = None
    on_node: bool = False
    through: str | None = None
    place: str | None = None
    place_name: str | None = None


class SessionBlock(Struct):
    """A command and its output; without a command, lines between other blocks. ``at`` is the line of the command.

    ``trimmed``: somebody left lines out. ``prose``: it stands outside of the fences of a file that has some. ``last``:
    nothing stands below it in its file, not even a prompt. ``by_name``: only the name of its file says what printed it.
    """

    owner: Owner
    command: Command | None = None
    lines: list[Line] = field(default_factory=list)
    trimmed: bool = False
    prose: bool = False
    last: bool = False
    by_name: bool = False
    at: Line | None = None


HOSTNAME = re.compile(r"[A-Za-z0-9](?=.{0,252}$)[\w-]*(?:\.[\w-]+)*")
# uname -a, and hostnamectl.
SYSTEM = re.compile(r"Linux (\S+) \d+\.\d+\S* #.*|Static hostname: (\S+)")
# A packet as tcpdump prints it: a paste may hold both.
PACKET = re.compile(
    r"(?:\d{4}-\d\d-\d\d )?\d\d:\d\d:\d\d\.\d{6,9} (?:IP6? |ARP, |[0-9a-f]{2}(?::[0-9a-f]{2}){5} > "
    r"|[\w.@-]+ +(?:In|Out|P|M|B) )"
)
QUOTATION = re.compile(r"(?:> ?)+")


class Shell(Struct):
    """A shell inside of a shell: whose it is, the prompt where it was opened, and its own once that is known."""

    owner: Owner
    outer: str
    inner: str | None = None


def plain(text: str) -> str:
    """A line without colours, carriage returns and the marks of a quotation."""
    text = COLOURS.sub("", text) if "\x1b" in text or "\r" in text else text
    if text.startswith("**") and text.rstrip().endswith("**") and len(text.split()) > MOST_OF_HEADING:
        # A line of an output that somebody made bold; a heading is shorter.
        text = text.strip()[2:-2]
    return QUOTATION.sub("", text) if text.startswith(">") else text


def read_session(lines: Sequence[Line], file: str, bundled: BundledFile | None = None) -> Iterator[SessionBlock]:
    """The blocks of one file, in order; ``bundled`` says which file of a bundle it is."""
    lines = without_prefixes(lines)
    reader = _Session(file, any(line.text.lstrip().startswith("```") for line in lines))
    reader.cut = is_cut(line.text for line in lines)
    if bundled is not None:
        reader.begin_file(bundled)
    for at, line in enumerate(lines):
        below = lines[at + 1].text if at + 1 < len(lines) else ""
        reader.take(line, ruled=RULER.fullmatch(below[:LONGEST_HEADING]) is not None)
        yield from reader.closed()
    reader.current.last = True
    reader.close()
    yield from reader.closed()


class _Session:
    def __init__(self, file: str, has_fences: bool) -> None:
        self.file = file
        self.blocks: list[SessionBlock] = []
        self.has_fences = has_fences
        self.fenced = False
        self.shells: list[Shell] = []
        self.heading: Owner | None = None
        self.section: str | None = None
        # What hostname printed, and the prompt at which it was typed.
        self.host: tuple[str, str] | None = None
        # The command that a tool runs on each of the hosts whose names follow as headings.
        self.carried: Command | None = None
        self.headed_by_tool = False
        self.headed_label: str | None = None
        # Of files that follow one another with their names above each only the first or last lines are there.
        self.cut = False
        self.place: str | None = None
        self.place_name: str | None = None
        self.in_yaml = False
        self.prompt: Prompt | None = None
        self.current = SessionBlock(Owner(f"{file}:"))

    def begin_file(self, bundled: BundledFile) -> None:
        """The file is one of a bundle: its place shows whose it is, and its name the command that printed it."""
        self.place, self.place_name = bundled.place or None, bundled.node
        if bundled.netns is not None:
            self.heading = Owner(f"netns:{bundled.place}", netns=bundled.netns)
        elif not bundled.by_hand:
            self.heading = self._owner_named(Heading(NODE, bundled.node))
            if bundled.node is None:
                self.heading = replace(self.heading, label=f"bundle:{bundled.place}")
        self.headed_by_tool = self.heading is not None
        at = Line(self.file, 1, bundled.command or "")
        self._begin(parse_command(bundled.command) if bundled.command else None, at)
        self.current.by_name = True

    def take(self, line: Line, *, ruled: bool = False) -> None:
        """Take the next line; ``ruled``: a line of marks stands below it."""
        text = plain(line.text)
        if text.lstrip().startswith("```"):
            self.fenced = not self.fenced
            self._begin(None, line)
            return
        if PACKET.match(text):
            # What stands above is over, and what stands below may be more of it.
            if self.current.command is not None:
                self._begin(None, line)
            return
        prompt = self._prompt_in(text) if len(text) <= LONGEST_LINE else None
        if prompt is not None:
            self._at_prompt(prompt, line)
        elif self._is_bare(text):
            command = parse_command(text.strip().strip("`:* "))
            if command.opens_shell and command.space:
                # "ssh worker-1" on a line of its own is a heading of what follows.
                self.heading, self.headed_label = self._elsewhere(command), None
            self._begin(command, line)
        elif self._is_of_yaml(text):
            self.current.lines.append(line)
        elif self._headed(line.text if line.text.startswith(">>") else text, line, ruled=ruled):
            pass
        elif TRIMMED.fullmatch(text[:LONGEST_HEADING]):
            self.current.trimmed = True
        elif RULER.fullmatch(text[:LONGEST_HEADING]) and text.strip() == text.strip()[:LONGEST_HEADING]:
            pass
        else:
            self.current.lines.append(line)
            self._learn_host(text)

    def _is_of_yaml(self, text: str) -> bool:
        """Whether a line is of a YAML document of the cluster; its keys look like headings with names of hosts."""
        bare = text.rstrip()
        self.in_yaml = begins_yaml(bare) or (self.in_yaml and goes_on_in_yaml(bare))
        return self.in_yaml

    def _prompt_in(self, text: str) -> Prompt | None:
        prompt = find_prompt(text)
        if prompt is not None and (prompt.label == SAME or (prompt.label == GLYPHS and self._is_second_line())):
            return replace(self.prompt or Prompt("$", None, ""), command=prompt.command)
        if prompt is None and self.prompt and self.prompt.label == "#" and (match := HASH.fullmatch(text)):
            # Where "# " is the prompt, whatever stands behind it was typed, but for a heading.
            return None if read_heading(text) else Prompt("#", None, match[1])
        return prompt

    def _is_second_line(self) -> bool:
        """Whether the line above was a prompt without a command."""
        return bool(self.prompt and self.prompt.host) and self.current.command is None and not self.current.lines

    def closed(self) -> list[SessionBlock]:
        """The blocks that have come to their end since this was asked last."""
        blocks, self.blocks = self.blocks, []
        return blocks

    def close(self) -> None:
        """End the block that the session is in."""
        if self.current.command or self.current.lines:
            self.blocks.append(self.current)

    def _begin(self, command: Command | None, at: Line) -> None:
        self.close()
        self.current = SessionBlock(self._owner(command), command, prose=self.has_fences and not self.fenced, at=at)

    def _is_bare(self, text: str) -> bool:
        bare = text.strip().strip("`:* ")
        if text[:1].isspace() or len(bare) > LONGEST_PROMPT or not BARE.match(bare):
            return False
        if "(" in bare:
            # Retina lists its commands, with what they show in parentheses, before it runs them.
            return False
        command = parse_command(bare)
        return bool(command.space) or command.tool in ("hostname", "uname") or listing_of(command) is not None

    def _at_prompt(self, prompt: Prompt, line: Line) -> None:
        self._leave_shells(prompt)
        if self.headed_by_tool:
            # Who writes such a heading above commands of his own means these.
            above = prompt.host is None and self.carried is None and not self.current.lines
            self.heading, self.headed_by_tool = self.heading if above else None, False
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
        self.carried = command.on_each if command else None
        if command and command.opens_shell and (command.space or command.on_node):
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
        owner = self._owner_of(command)
        return replace(owner, place=self.place, place_name=self.place_name) if self.place_name else owner

    def _owner_of(self, command: Command | None) -> Owner:
        if command and command.space:
            return self._elsewhere(command)
        if self.shells:
            return self.shells[-1].owner
        label = self.prompt.label if self.prompt else ""
        if self.heading and (self.host is None or self.heading.name or self.heading.netns is not None):
            return self.heading
        if self.prompt and self.prompt.host:
            return Owner(f"host:{self.prompt.host}", name=self.prompt.host)
        if self.host and self.host[0] == label:
            role = self.heading.role if self.heading else None
            return Owner(f"host:{self.host[1]}", role, self.host[1])
        return Owner(f"{self.file}:{label}", section=self.section)

    def _elsewhere(self, command: Command) -> Owner:
        """Where a command line says that it runs."""
        how, _, name = command.space.partition(":")
        if how == "pod":
            full = f"{command.namespace}/{name}" if command.namespace else name
            return Owner(f"pod:{full}", POD, full, on_node=command.on_node)
        if how == "node":
            return Owner(f"host:{name}", NODE, name)
        if how == "host":
            return Owner(f"host:{name}", name=name)
        return Owner(f"netns:{self.file}:{name}", netns=name)

    def _headed(self, text: str, line: Line, *, ruled: bool) -> bool:
        """Whether a line is a heading that says, or may say, whose the lines below are; then they are."""
        if len(text) > LONGEST_LINE:
            return False
        if self._announced(text, line):
            return True
        heading = read_heading(text, underlined=ruled)
        if heading is None or (heading.weak and self.shells):
            return False
        if not ruled and reader_of(text) is not None:
            return False
        self.shells.clear()
        if heading.weak:
            self.section = heading.name
        else:
            self.section = self.headed_label = self.host = None
            self.heading = self._owner_named(heading)
            # What a tool prints above each host's output ends with the tool's.
            self.headed_by_tool = self.carried is not None or ANSIBLE.fullmatch(text.strip()) is not None
        self._begin(self.carried, line)
        return True

    def _announced(self, text: str, line: Line) -> bool:
        """Whether a line announces a file of a node's diagnostics; then the lines below are that file's."""
        found = announced_file(text)
        if found is None:
            return False
        self.shells.clear()
        self.section = self.headed_label = self.host = self.carried = None
        self.heading, self.headed_by_tool = self._owner_named(Heading(NODE, found.node)), True
        self._begin(parse_command(found.command) if found.command else None, line)
        self.current.trimmed = self.cut
        return True

    def _owner_named(self, heading: Heading) -> Owner:
        name = heading.name
        if heading.role == POD:
            return Owner(f"pod:{name or self.file}", POD, name, heading.netns)
        if heading.role is None:
            return Owner(f"netns:{self.file}:{heading.netns or ''}", netns=heading.netns)
        return Owner(f"host:{name}" if name else f"node:{self.file}", NODE, name)

    def _learn_host(self, text: str) -> None:
        """Whose the shell is, from the output of ``hostname`` or ``uname -a``; a pod's shell is known already."""
        command = self.current.command
        name = text.strip()
        if command is None or command.tool not in ("hostname", "uname", "cat", "hostnamectl") or command.space:
            return
        if command.tool == "cat" and "/etc/hostname" not in command.words:
            return
        if match := SYSTEM.fullmatch(name):
            name = match[1] or match[2]
        elif command.tool in ("uname", "hostnamectl") and "-n" not in command.words:
            return
        named = self.heading is not None and self.heading.name is not None
        if self.shells or named or (self.prompt and self.prompt.host) or not HOSTNAME.fullmatch(name):
            return
        self.host = (self.prompt.label if self.prompt else "", name)
        self.section = None
        self.current.owner = self._owner(command)
