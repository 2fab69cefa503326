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
from pcapcheck.nodestate.headings import ANSIBLE, LONGEST_HEADING, RULER, Heading, read_heading
from pcapcheck.nodestate.host import NODE
from pcapcheck.nodestate.line_marks import without_marks
from pcapcheck.nodestate.output_owner import Owner, owner_elsewhere, owner_named
from pcapcheck.nodestate.prefixes import without_prefixes
from pcapcheck.nodestate.prompts import GLYPHS, HASH, SAME, Prompt, find_prompt
from pcapcheck.nodestate.readers.registry import reader_of
from pcapcheck.nodestate.session_lines import PACKET, TRIMMED, is_bare_command, plain, printed_host
from pcapcheck.nodestate.source_lines import Line
from pcapcheck.nodestate.yaml_lines import begins_yaml, goes_on_in_yaml

LONGEST_LINE = 1 << 14
# What people write between a command and its output where each has fences of its own.
INTRODUCTION = re.compile(r".{1,60}[:：]\s*|\s*")
# Fences of a shell hold commands.
OF_COMMANDS = re.compile(r"\s*```\s*(?:bash|sh|shell|zsh)\b")


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


class Shell(Struct):
    """A shell inside of a shell: whose it is, the prompt where it was opened, and its own once that is known."""

    owner: Owner
    outer: str
    inner: str | None = None


def read_session(lines: Sequence[Line], file: str, bundled: BundledFile | None = None) -> Iterator[SessionBlock]:
    """The blocks of one file, in order; ``bundled`` says which file of a bundle it is."""
    lines = without_prefixes(without_marks(lines))
    reader = _Session(file, any(line.text.lstrip().startswith("```") for line in lines))
    reader.cut = is_cut(line.text for line in lines)
    if bundled is not None:
        reader.begin_file(bundled)
    for at, line in enumerate(lines):
        below = lines[at + 1].text if at + 1 < len(lines) else ""
        reader.take(line, ruled=RULER.fullmatch(below[:LONGEST_HEADING]) is not None)
        yield from reader.closed()
    reader.current.last = True
    if lines and lines[-1].text.strip():
        # Without a line end: the text may have been cut there.
        if reader.current.at is lines[-1] and bundled is None:
            # Typed, and not run yet.
            reader.current.command = None
        else:
            reader.current.trimmed = True
    reader.close()
    yield from reader.closed()


class _Session:
    def __init__(self, file: str, has_fences: bool) -> None:
        self.file = file
        self.blocks: list[SessionBlock] = []
        self.has_fences = has_fences
        self.fenced = False
        # How many commands stand between these fences, and the only one of those before, if its output may follow.
        self.commands = 0
        self.held: SessionBlock | None = None
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
            self.heading = owner_named(Heading(NODE, bundled.node), self.file)
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
            self._at_fence(text, line)
            return
        if self.held is not None and not INTRODUCTION.fullmatch(text):
            self._release()
        if PACKET.match(text):
            # What stands above is over, and what stands below may be more of it.
            if self.current.command is not None:
                self._begin(None, line)
            return
        prompt = self._prompt_in(text) if len(text) <= LONGEST_LINE else None
        if prompt is not None:
            self._at_prompt(prompt, line)
        elif is_bare_command(text):
            command = parse_command(text.strip().strip("`:* "))
            if command.opens_shell and command.space:
                # "ssh worker-1" on a line of its own is a heading of what follows.
                self.heading, self.headed_label = owner_elsewhere(command, self.file), None
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

    def _at_fence(self, text: str, line: Line) -> None:
        """A command alone between fences may have its output between the next ones, as in many an article."""
        self.fenced = not self.fenced
        held, self.held = self.held, None
        if not self.fenced and self.commands == 1 and self.current.command and not self.current.lines:
            self.held = self.current
            self.current = SessionBlock(self._owner(None), prose=True, at=line)
        elif held is not None and self.fenced and not OF_COMMANDS.match(text):
            self.close()
            self.current = held
        else:
            self.blocks += [held] if held is not None else []
            self._begin(None, line)
        self.commands = 0

    def _release(self) -> None:
        """Nothing printed what the held command would have."""
        if self.held is not None:
            self.blocks.append(self.held)
            self.held = None

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
        self._release()
        if self.current.command or self.current.lines:
            self.blocks.append(self.current)

    def _begin(self, command: Command | None, at: Line) -> None:
        self.close()
        self.commands += command is not None
        self.current = SessionBlock(self._owner(command), command, prose=self.has_fences and not self.fenced, at=at)

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
        return replace(owner, place=self.place, place_name=self.place_name) if self.place or self.place_name else owner

    def _owner_of(self, command: Command | None) -> Owner:
        if command and command.space:
            return owner_elsewhere(command, self.file)
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
            self.heading = owner_named(heading, self.file)
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
        self.heading, self.headed_by_tool = owner_named(Heading(NODE, found.node), self.file), True
        self._begin(parse_command(found.command) if found.command else None, line)
        self.current.trimmed = self.cut
        return True

    def _learn_host(self, text: str) -> None:
        """Whose the shell is, from an output that names its host; a pod's shell is known already."""
        command = self.current.command
        name = printed_host(command, text) if command is not None else None
        named = self.heading is not None and self.heading.name is not None
        if name is None or self.shells or named or (self.prompt and self.prompt.host):
            return
        self.host = (self.prompt.label if self.prompt else "", name)
        self.section = None
        self.current.owner = self._owner(command)
