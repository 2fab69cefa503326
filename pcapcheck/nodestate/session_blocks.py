"""Blocks of a session -> what each says of one host, by the reader that its command or its own shape calls for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from msgspec import Struct, field

from pcapcheck.errors import StateError
from pcapcheck.nodestate.command_listing import listing_of
from pcapcheck.nodestate.host import Host
from pcapcheck.nodestate.listing import EVERY_SERVICE, Listing
from pcapcheck.nodestate.output_owner import Owner
from pcapcheck.nodestate.readers.complaints import is_complaint
from pcapcheck.nodestate.readers.firewall.iptables_list import is_listed
from pcapcheck.nodestate.readers.firewall.listing_end import Stretch
from pcapcheck.nodestate.readers.ip_link import BRIEF, HEADER
from pcapcheck.nodestate.readers.json_documents import FELIX, read_cluster_object, read_documents
from pcapcheck.nodestate.readers.kubectl import READY
from pcapcheck.nodestate.readers.registry import READERS, reader_of
from pcapcheck.nodestate.readers.route_lookups import ANSWERS, read_lookups
from pcapcheck.nodestate.readers.unjudged_forms import NAME as UNJUDGED
from pcapcheck.nodestate.readers.unjudged_forms import form_of_command
from pcapcheck.nodestate.session import SessionBlock
from pcapcheck.nodestate.session_lines import plain
from pcapcheck.nodestate.source_lines import Line
from pcapcheck.nodestate.state import PodEntry, State
from pcapcheck.values import clean

JSON, FIREWALL, SETTINGS = "json", "firewall", "proc"
# How a list or an object begins; a prompt or a counter in brackets does not.
DOCUMENT = re.compile(r"""[\[{]\s*(?:$|["{\[\]}])""")
# Lines of ip addr below which those of the interface's addresses stand.
AMID_INTERFACE = re.compile(r"\d+: \S+: <|\s+link/")
MOST_PARTS = 20_000
MOST_FACTS = 200_000
SHOWN = 60


class HostPart(Struct):
    """What one output says, and whose it is as far as the session tells."""

    owner: Owner
    host: Host
    reader: str


class Understood(Struct):
    """All that was understood of some files; ``state`` has the pods that were listed, and the problems."""

    parts: list[HostPart] = field(default_factory=list)
    state: State = field(default_factory=State)
    facts: int = 0
    outputs: int = 0

    @property
    def pods(self) -> list[PodEntry]:
        return self.state.pods

    @property
    def size(self) -> int:
        """How much was understood: outputs of hosts, pods and services."""
        services, unjudged = self.state.services.size, len(self.state.unjudged)
        failures, pools = self.state.client_failures, len(self.state.pools)
        return self.outputs + len(self.pods) + services + unjudged + failures + pools

    def add(self, part: HostPart) -> None:
        """Take a part. Raises StateError where there is more than any node has."""
        self.outputs += 1
        self.facts += part.host.size
        before = self.parts[-1] if self.parts else None
        if before and before.owner == part.owner and before.owner.place and before.reader == part.reader == SETTINGS:
            # A copy of /proc/sys has a file per setting: together they are one output.
            before.host.sysctls |= part.host.sysctls
        else:
            self.parts.append(part)
        if len(self.parts) > MOST_PARTS or self.facts + self.state.services.size > MOST_FACTS:
            what = (
                f"{MOST_PARTS} outputs"
                if len(self.parts) > MOST_PARTS
                else f"{MOST_FACTS} routes, addresses and the like"
            )
            raise StateError(f"more than {what} are described; leave out what is not about this node")


def understand(block: SessionBlock, into: Understood) -> None:
    """Read one block."""
    lines = [
        Line(line.file, line.number, text) if (text := plain(line.text)) is not line.text else line
        for line in block.lines
    ]
    lines = _without_yaml(lines, into)
    listing = listing_of(block.command) if block.command and not block.command.follows else None
    if listing is None or listing.reader == UNJUDGED:
        left = _by_shape(lines, block, into)
        if block.command is not None and listing is not None and block.at is not None:
            # An empty answer is one too.
            for line in left if lines else [block.at]:
                into.state.leave_unjudged(form_of_command(block.command) or UNJUDGED, line)
        return
    if block.trimmed or (block.last and "addresses4" in listing.whole and _ends_amid(lines)):
        listing.whole.clear()
    text = next((line.text.lstrip() for line in lines if line.text.strip()), "")
    if DOCUMENT.match(text):
        _read(JSON, lines, listing, block, into)
    else:
        _read(listing.reader, lines, listing, block, into)


def _without_yaml(lines: list[Line], into: Understood) -> list[Line]:
    """Read the YAML documents among some lines; returns the other lines."""
    if not any(line.text.startswith(("apiVersion: ", "kind: ", "- apiVersion: ")) for line in lines):
        return lines
    # Loaded only if there is some.
    from pcapcheck.nodestate.readers.yaml_documents import yaml_documents

    read: set[int] = set()
    for places, objects in yaml_documents(lines):
        for document, line in objects:
            if document.get("kind") != FELIX:
                read_cluster_object(document, line, into.state)
        # Felix's settings have a reader that goes by lines.
        if objects and not any(document.get("kind") == FELIX for document, _ in objects):
            read.update(places)
    return [line for at, line in enumerate(lines) if at not in read]


def _ends_amid(lines: Sequence[Line]) -> bool:
    """Whether a listing of addresses ends with an interface that has none: then the paste may end too early."""
    text = next((line.text for line in reversed(lines) if line.text.strip()), "")
    return AMID_INTERFACE.match(text) is not None


def _read(reader: str, lines: Sequence[Line], listing: Listing | None, block: SessionBlock, into: Understood) -> None:
    """One reader over some lines; what it leaves may be of another reader, or is a problem where we should know it."""
    host = Host()
    complaints = [line for line in lines if is_complaint(line.text)]
    chosen = READERS.get(reader)
    answers = list(lines)
    if complaints and not (chosen and chosen.reads_complaints):
        answers = [line for line in lines if not is_complaint(line.text)]
    if chosen is None:
        strange = read_documents(answers, host, into.state, listing)
    else:
        strange = chosen.read(answers, host, into.state, listing)
    if listing and (
        (block.by_name and any(line.text.strip() for line in strange)) or _is_mostly_unknown(strange, answers)
    ):
        # The file may hold something else as well, or instead; lines of no known kind were changed on their way.
        listing.whole.clear()
    if listing and listing.reader == "lookup":
        read_lookups([line for line in complaints if ANSWERS in line.text], host, listing)
    if listing and not complaints and (any(line.text.strip() for line in lines) or _may_be_empty(listing)):
        host.whole |= listing.whole
        host.listed |= {name: block.at for name in listing.whole if block.at}
        if EVERY_SERVICE in listing.whole:
            into.state.services.whole = block.at
            host.whole.discard(EVERY_SERVICE)
    if host.size or host.whole:
        into.add(HostPart(block.owner, host, reader))
    if listing is not None:
        strange = [line for line in strange if line.text.strip() and not is_complaint(line.text)]
        left = _by_shape(strange, block, into) if strange else []
        if chosen and chosen.expected and not block.prose:
            for line in _without_prose(left, lines):
                into.state.complain(
                    line, f"not understood: {clean(line.text.strip()[:SHOWN])!r}; expected {chosen.expected}"
                )


def _without_prose(left: Sequence[Line], lines: Sequence[Line]) -> list[Line]:
    """The lines of an output that are left, without later paragraphs that say nothing known: people wrote those."""
    unread = {id(line) for line in left}
    paragraphs: list[list[Line]] = [[]]
    for line in lines:
        if line.text.strip():
            paragraphs[-1].append(line)
        elif paragraphs[-1]:
            paragraphs.append([])
    prose = {id(line) for some in paragraphs[1:] if unread.issuperset(map(id, some)) for line in some}
    return [line for line in left if id(line) not in prose]


def _is_mostly_unknown(strange: Sequence[Line], lines: Sequence[Line]) -> bool:
    unknown = sum(bool(line.text.strip()) and reader_of(line.text) is None for line in strange)
    return unknown > 0 and 2 * unknown > sum(bool(line.text.strip()) for line in lines)


def _may_be_empty(listing: Listing) -> bool:
    """An empty answer is an answer, but of ``ip link``: every namespace has lo."""
    return "links" not in listing.whole


def _by_shape(lines: Sequence[Line], block: SessionBlock, into: Understood) -> list[Line]:
    """Read lines that no command announced; returns those that look like nothing known."""
    left: list[Line] = []
    for reader, some in _runs(lines, left):
        _read(reader, some, None, block, into)
    return left


def _runs(lines: Sequence[Line], left: list[Line]) -> Iterator[tuple[str, list[Line]]]:
    """Neighbouring lines of one reader, with their continuation lines."""
    reader: str | None = None
    run: list[Line] = []
    seen: set[str] = set()
    index = 0
    stretch = Stretch()
    for at, line in enumerate(lines):
        text = line.text
        if stretch.takes(text):
            if reader is not None and reader != FIREWALL:
                yield reader, run
            run = run if reader == FIREWALL else []
            reader, seen = FIREWALL, set()
            run.append(line)
            continue
        own = _reader(text, reader)
        if own == "routes" and at + 1 < len(lines) and lines[at + 1].text.strip().startswith("cache"):
            own = "lookup"
        begins, index = _begins_anew(own, reader, text, index)
        thing = _thing(own, text)
        begins = begins or (own == reader and thing in seen)
        continues = own is None and reader is not None and text[:1].isspace() and bool(text.strip())
        if continues or (own is not None and own == reader and not begins):
            run.append(line)
        else:
            if reader is not None:
                yield reader, run
            reader, run, seen = own, [line] if own else [], set()
            if own is None and text.strip():
                left.append(line)
        if thing:
            seen.add(thing)
    if reader is not None:
        yield reader, run


def _reader(text: str, before: str | None) -> str | None:
    """The reader of a line, which may depend on what it follows."""
    if DOCUMENT.match(text) or (before == JSON and text[:1] in '[]{}", \t'):
        return JSON
    if before == FIREWALL and (text.strip() == "}" or is_listed(text.strip())):
        return before
    if before == "services" and reader_of(text) is None and text.strip():
        return "services"
    if before == "pods" and any(READY.fullmatch(word) for word in text.split()[1:3]):
        return "pods"
    return reader_of(text)


def _thing(reader: str | None, text: str) -> str | None:
    """What a line is about of which a listing has one: another means that the listing begins again."""
    words = text.split()
    if reader == "links" and BRIEF.fullmatch(text.strip()):
        return words[0]
    if reader == "routes" and words[0] == "default" and "nexthop" not in text:
        return " ".join(word for at, word in enumerate(words) if at and words[at - 1] in ("dev", "metric", "table"))
    return None


def _begins_anew(reader: str | None, before: str | None, text: str, index: int) -> tuple[bool, int]:
    """Whether a listing of links begins from the start again, as another host's does; with the link's number."""
    match = HEADER.match(text) if reader == "links" else None
    if match is None or len(match[1]) > 9:
        return False, index
    number = int(match[1])
    return before == "links" and number <= index and not text.startswith(" "), number
