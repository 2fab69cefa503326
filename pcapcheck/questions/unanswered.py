"""Questions that got no answer, whatever the protocol: a report with one must not say PASS, with or without a rule.

A producer looks at a capture after it was read, and yields the questions that nobody answered there. It uses exchanges
that were counted anyway (resolutions, bins of echoes and of connections), never frames. What a rule judges
(``judged``) is left out, so that a question that the report fails or accepts is not said twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from pcapcheck.links.facts import Facts
from pcapcheck.links.read_capture import Capture
from pcapcheck.paths.losses import LastSeen
from pcapcheck.paths.path import Path
from pcapcheck.raw_rows import TableRow
from pcapcheck.values import clean, format_address, format_duration

# How many are kept; a report shows fewer.
MOST_KEPT = 100
# What questions and answers are among the packets that are followed from point to point.
QUESTIONS = {"ICMP": "request", "TCP": "tcp", "UDP": "udp", "DNS": "udp"}
ANSWERS = {"ICMP": "reply", "TCP": "tcp", "UDP": "udp", "DNS": "udp"}
SILENT = "gets no answer"
UNANSWERED = "unanswered"
REFUSED = "refused"
# The recording ended before an answer was due.
OPEN = "open"
CAME_BACK = "answers came back on another interface"
ANOTHER_WAY = (
    "its answers go another way than the question came, and do not reach the asker, who asks again: a router or a "
    "firewall there never saw the question, or the asker's reverse-path check drops them (on the host that answers: ip "
    "route get {asker} from {asked}; ip rule; a route or a rule for answers from {asked} sends them back where the "
    "questions come in)"
)
# A SYN that is sent so often was not answered where its asker hears it, however soon a first answer may come.
SENT_IN_VAIN = 3


class ErrorReply(Struct, frozen=True):
    """What came instead of an answer: the ICMP error ``error`` (family, type, code) from ``source``, with its TTL.

    Without an error it is a reset of TCP that the node sent in somebody else's name.
    """

    error: tuple[int, int, int] | None = None
    source: int | None = None
    ttl: int | None = None


class Unanswered(Struct, frozen=True):
    """One question, with its repeats and with others alike, that got no answer where it was recorded.

    ``protocol`` is ARP, ND, ICMP, TCP, DNS, UDP or SCTP; IP for later fragments. ``asked`` is None where everybody was
    asked. ``about`` goes on after "ASKER's": ``DNS query to 10.96.0.10 for A api.example.org``, ``connection to
    10.0.0.9 port 80``.
    ``attempts`` is how often the packet was sent, over ``lasted`` nanoseconds (None: not known), ``alike`` how many
    such questions stand behind it. ``frames`` are the first few of ``capture`` (its number), which recorded them on
    ``interface``, in the frame group ``group``. ``meaning`` is what follows from it or may be behind it, where that is
    known. ``doubt`` says why the silence proves nothing: an answer would not have been recorded there. ``fate`` is what
    became of it, as the sentence goes on; ``wording`` is the sentence where it does not begin with who asked, ``verb``
    what was done so often. ``last_seen`` is where the question, or its answer, was seen last. ``port`` is the one that
    was asked, ``asker_ports`` are those that asked, if known; ``error_reply`` is what came instead of an answer.
    ``size`` is how many bytes of data were sent again and again, where it is about that. ``noun`` and ``ended`` are
    what it is counted as: one that was refused, or a connection that was broken off, is none that nobody answered.
    ``opens``: it is the first packet of what it asks for, as anybody may send it to anybody. ``targets`` is how many
    hosts and ports those that are alike ask, if known. ``lost_answer`` is the frame of an answer that was recorded
    here, but did not come to whoever asked.
    """

    protocol: str
    asker: int
    asked: int | None
    about: str
    attempts: int
    lasted: int | None
    capture: int
    interface: str
    frames: tuple[int, ...]
    group: int
    alike: int = 1
    meaning: str = ""
    doubt: str = ""
    fate: str = SILENT
    wording: str = ""
    verb: str = "asked"
    last_seen: LastSeen | None = None
    port: int | None = None
    asker_ports: frozenset[int] = frozenset()
    error_reply: ErrorReply | None = None
    size: int | None = None
    noun: str = "question"
    ended: str = UNANSWERED
    opens: bool = False
    targets: int = 1
    lost_answer: int | None = None

    @property
    def last_seen_on(self) -> str | None:
        """The interface that showed it, or the answer to it, last."""
        return self.last_seen.interface if self.last_seen is not None else None

    @property
    def times(self) -> int:
        """How often it was asked, and what is like it."""
        return self.attempts * self.alike

    @property
    def often(self) -> str:
        """How often it was asked, over how long, and how many are alike: "asked 3 times over 2.04 s"."""
        times = f"{self.verb} once" if self.attempts == 1 else f"{self.verb} {self.attempts} times"
        if self.lasted:
            lasted = format_duration(self.lasted)
            times = f"{self.verb} for {lasted}" if self.attempts == 1 else f"{times} over {lasted}"
        return times + (f", and {self.alike - 1} more like it" if self.alike > 1 else "")

    @property
    def sentence(self) -> str:
        """What a headline says of it."""
        return clean(self.wording or f"{format_address(self.asker)}'s {self.about} {self.fate}")


# Whether a rule judges whether a row (of a table, in a capture by its number) was answered.
Judged = Callable[[str, int, TableRow], bool]
# Paths by the type of their packets, from whom to whom.
Between = Mapping[tuple[str | None, int, int | None], list[Path]]
Producer = Callable[[Capture, Facts, Judged], Iterator[Unanswered]]


def unanswered(
    captures: Sequence[Capture], facts: Facts, judged: Judged, producers: Iterable[Producer], paths: Sequence[Path] = ()
) -> list[Unanswered]:
    """What nobody answered, worst first: what could have been heard, then what was asked most often.

    Each is there once, however many capture points saw it. ``paths`` are those of the packets: what came
    back on another interface was answered, unless the question left its asker's own link, where an answer must arrive,
    or the answer was seen only where the question went from here: then it is lost on its way back to here.
    """
    some = tuple(producers)
    found = [question for capture in captures for producer in some for question in producer(capture, facts, judged)]
    # A router that gets no answer for a machine sends the others an ICMP error: one question.
    sought = {question.about for question in found if question.protocol in ("ARP", "ND")}
    found = [question for question in found if question.error_reply is None or not sought & _asking_for(question.asked)]
    found = _without_answered(found)
    between: dict[tuple[str | None, int, int | None], list[Path]] = {}
    translated: dict[tuple[str | None, int, int | None], list[Path]] = {}
    for path in paths if found else ():
        between.setdefault((path.packet, path.src, path.dst), []).append(path)
        for src, dst in {(step.src, step.dst) for step in path.steps[1:]} if path.rewritten else ():
            translated.setdefault((path.packet, src, dst), []).append(path)
    if found:
        # A healthy capture need not load it.
        from pcapcheck.questions.scanners import noise_apart

        found = noise_apart(found, captures, facts, between)
    at_home = {
        (point.key[0], point.name, ip)
        for point in facts.points.values()
        if found and point.kind == "pod-link"
        for ip in point.pod_ips
    }
    found = [
        question
        if (question.capture, question.interface, question.asker) in at_home
        else _with_way_back(question, captures, facts, between, translated)
        for question in found
    ]
    found.sort(key=lambda question: (bool(question.doubt), -question.times, question.capture, question.frames[:1]))
    kept: dict[str, Unanswered] = {}
    for question in found:
        kept.setdefault(question.sentence, question)
    return list(kept.values())[:MOST_KEPT]


def _with_way_back(
    question: Unanswered, captures: Sequence[Capture], facts: Facts, between: Between, translated: Between
) -> Unanswered:
    """A question, with what it means if its answers came back on another interface."""
    if question.asked is None:
        return question
    if not question.doubt and question.error_reply is None:
        from pcapcheck.questions.answered_elsewhere import come_in_elsewhere

        answers = between.get((ANSWERS.get(question.protocol), question.asked, question.asker), ())
        elsewhere = come_in_elsewhere(question, answers, facts, captures[question.capture])
        if elsewhere is not None:
            return elsewhere
    if not _came_back(question, between) and not _came_back_to_its_asker(question, between, translated):
        return question
    if question.protocol != "TCP" or question.attempts < SENT_IN_VAIN or question.alike > 1:
        return replace(question, doubt=CAME_BACK)
    # No fault, unless its asker asks again and again.
    asker, asked = format_address(question.asker), format_address(question.asked)
    return replace(question, meaning=ANOTHER_WAY.format(asker=asker, asked=asked))


def _without_answered(found: list[Unanswered]) -> list[Unanswered]:
    """Without those that say less than another: that somebody else answered. The first that says so is kept."""
    answered: dict[tuple[object, ...], Unanswered] = {}
    for question in found:
        if question.last_seen is not None:
            answered.setdefault(_about(question), question)
    return [question for question in found if answered.get(_about(question), question) is question]


def _about(question: Unanswered) -> tuple[object, ...]:
    return question.capture, question.interface, question.about, question.asker, question.asked


def _asking_for(asked: int | None) -> set[str]:
    """What asking for an address is about."""
    return set() if asked is None else {f"{protocol} for {format_address(asked)}" for protocol in ("ARP", "ND")}


def _came_back_to_its_asker(question: Unanswered, between: Between, translated: Between) -> bool:
    """The same of a question that left its asker with other addresses, as a pod's that leaves with its node's."""
    asked = translated.get((QUESTIONS.get(question.protocol), question.asker, question.asked), ())
    pairs = {(path.src, path.dst) for path in asked}
    return any(
        _came_back(replace(question, asker=src, asked=dst), between)
        for src, dst in pairs - {(question.asker, question.asked)}
    )


def _came_back(question: Unanswered, between: Between) -> bool:
    """Whether packets in the direction of the answer were seen at a point that the question did not pass after here."""
    if question.asked is None:
        return False
    here = (question.capture, question.interface)
    onward = {
        place
        for path in between.get((QUESTIONS.get(question.protocol), question.asker, question.asked), ())
        if here in (places := _places(path))
        for place in places[places.index(here) + 1 :]
    }
    return any(
        here not in places and not onward.issuperset(places)
        for path in between.get((ANSWERS.get(question.protocol), question.asked, question.asker), ())
        if (places := _places(path))
    )


def _places(path: Path) -> list[tuple[int, str | None]]:
    """The capture points of a path, in order: the capture's number and the interface."""
    return [(step.spot.capture, step.spot.point.name) for step in path.steps]
