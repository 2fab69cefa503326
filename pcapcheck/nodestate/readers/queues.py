"""``tc -s qdisc`` and ``tc -s filter``: drops of queueing disciplines and policers; and Calico's BPF programs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from pcapcheck.nodestate.host import Host
from pcapcheck.nodestate.listing import Listing
from pcapcheck.nodestate.node_facts import Note
from pcapcheck.nodestate.numbers import after, number
from pcapcheck.nodestate.packet_facts import Counter
from pcapcheck.nodestate.readers.link_counters import IN, OUT
from pcapcheck.nodestate.readers.state_reader import StateReader
from pcapcheck.nodestate.readers.unjudged_forms import UNCOUNTED
from pcapcheck.nodestate.source_lines import Line
from pcapcheck.nodestate.state import State

QUEUE = "queue"
# Disciplines for incoming packets: they hold filters, and count what these drop.
ENTRANCES = ("ingress", "clsact")
POLICE, NETEM = "police", "netem"
HEAD = re.compile(r"qdisc (\S+) (\S+) (.*)")
ACTION = re.compile(r"action order \d+:\s+(police|gact)\b.*|police (?:0x)?[0-9a-f]+ .*")
SENT = re.compile(r"Sent \d+ bytes (\d{1,19}) pkts? ?\(drop(?:ped|s)? (\d{1,19})[,)].*")
DROPS = "dropped"
LOSING = ("loss", "corrupt")
BPF = re.compile(r".*(?:\bcali_\w+|bpfin\.cali|bpfout\.cali|calico_\w*(?:from|to)_(?:wep|hep|workload|host)_\w*).*")


def read_bpf(lines: Iterable[Line], into: Host, _: Listing | None = None) -> list[Line]:
    """``bpftool`` and ``tc filter``: programs of Calico."""
    for line in lines:
        if BPF.fullmatch(line.text.strip()):
            into.notes.append(Note("bpf", line.text.strip(), line))
    return []


def read_queues(lines: Iterable[Line], into: Host, listing: Listing | None = None) -> list[Line]:
    """Counters of a discipline or action stand in a line below its own."""
    about = about_filters(listing)
    head: tuple[str, str, str, Line] | None = None
    for line in lines:
        text = " ".join(line.text.split())
        if match := HEAD.fullmatch(text):
            rest = match[3].split()
            dev = after(["", *rest], "dev") or (listing.dev if listing else None)
            direction = IN if match[1] in ENTRANCES else OUT
            head = (f"{match[1]} {match[2]}", dev, direction, line) if dev else None
            if dev and match[1] == NETEM and any(word in rest for word in LOSING):
                into.notes.append(Note(NETEM, dev, line))
        elif ACTION.fullmatch(text) and about is not None:
            head = (POLICE, *about, line)
        elif (sent := SENT.fullmatch(text)) and head is not None:
            # The first line says what drops, the second how much; the second is quoted.
            kind, dev, direction, above = head
            said = Line(line.file, line.number, f"{text}  (of {' '.join(above.text.split())})")
            keep_queue(kind, dev, direction, (number(sent[2]), number(sent[1])), said, into)
            head = None
    return read_bpf(lines, into)


def read_nameless(lines: Iterable[Line], into: State, listing: Listing | None = None) -> list[Line]:
    """Count disciplines of an interface that only the command would name, and those without counters."""
    known = list(lines)
    counted = any(SENT.fullmatch(" ".join(line.text.split())) for line in known)
    for line in known:
        match = HEAD.fullmatch(" ".join(line.text.split()))
        if match is None:
            continue
        if after(["", *match[3].split()], "dev") is None and (listing is None or listing.dev is None):
            into.leave_unjudged("queues of an interface that is not named (paste tc's command too)", line)
        elif not counted:
            into.leave_unjudged(UNCOUNTED, line)
    return []


def about_filters(listing: Listing | None) -> tuple[str, str] | None:
    """The interface and the direction of a listing of filters."""
    words = listing.words if listing is not None else []
    dev = after(words, "dev")
    entering = "ingress" in words or "ffff:" in words
    return (dev, IN if entering else OUT) if dev else None


def keep_queue(
    kind: str, dev: str, direction: str, counts: tuple[int | None, int | None], line: Line, into: Host
) -> None:
    """``counts`` are how many packets were dropped, and let through."""
    dropped, passed = counts
    if dropped is not None:
        into.counters.append(Counter(QUEUE, DROPS, dropped, line, dev, direction, kind, passed))


def is_uncounted(document: Mapping[str, object]) -> bool:
    """Whether an object is an entry of ``tc -j qdisc`` without ``-s``."""
    return "kind" in document and "handle" in document and not document.keys() & {"drops", "packets", "bytes"}


def read_queue_object(document: Mapping[str, object], line: Line, into: Host, listing: Listing | None) -> bool:
    """An entry of ``tc -s -j qdisc``."""
    kind, handle = document.get("kind"), document.get("handle")
    dev = document.get("dev") or (listing.dev if listing else None)
    if not isinstance(kind, str) or not isinstance(dev, str):
        return False
    direction = IN if kind in ENTRANCES else OUT
    options = document.get("options")
    if kind == NETEM and isinstance(options, dict) and any(str(name).startswith(LOSING) for name in options):
        into.notes.append(Note(NETEM, dev, line))
    counts = number(document.get("drops")), number(document.get("packets"))
    keep_queue(f"{kind} {handle if isinstance(handle, str) else ''}".strip(), dev, direction, counts, line, into)
    return True


BPF_READER = StateReader(name="bpf", commands=("bpftool",), read_host=read_bpf)
QUEUES_READER = StateReader(
    name="queues",
    commands=("tc",),
    looks_like=lambda text, _: bool(HEAD.fullmatch(text) or SENT.fullmatch(text)),
    read_host=read_queues,
    read_cluster=read_nameless,
)
