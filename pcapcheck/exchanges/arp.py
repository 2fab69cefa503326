"""Resolutions: who asked for an address by ARP (RFC 826) or neighbour discovery (RFC 4861), and who answered.

A resolution is an asker's first request for a target on its link, its repeats until an answer or a long pause,
and the answers. An announcement (sender IP = target IP) and a probe (no sender IP, RFC 5227) are neither requests
nor answers.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field

from pcapcheck.brief import Brief
from pcapcheck.capture.scan_layout import ABSENT_TIME
from pcapcheck.decode import frame_layout
from pcapcheck.decode.decoder import FrameBatch, absent
from pcapcheck.exchanges.arp_targets import Askers
from pcapcheck.exchanges.waiting import ENOUGH, with_margin
from pcapcheck.values import MAPPED, address_of

REQUEST = 1
REPLY = 2
SOLICITATION = 135
ADVERTISEMENT = 136
BROADCAST = 0xFFFFFFFFFFFF

# Two requests closer than this leave open to which of them an answer belongs: proxy_delay may hold an answer back
# for up to 0.8 s (kernel: net/ipv4/arp.c, pneigh_enqueue; the delay is 80 jiffies of 10 ms by default).
AMBIGUOUS = 800_000_000
MOST_OPEN = 1 << 17
# Answers without a request that are remembered, in case the recorder put them before it.
MOST_EARLY = 256
STEP_BACK = 1_000_000
OUT_OF_ORDER = 1_000_000_000
FRAMES_KEPT = 8
# What people call the question, by family.
PROTOCOLS = {4: "ARP", 6: "neighbour solicitation"}


@dataclass(slots=True)
class Message:
    """An ARP or neighbour discovery packet, in the words of ARP."""

    number: int
    time: int | None
    point: tuple[int, int | None]
    group: int
    family: int
    is_request: bool
    is_reply: bool
    sender_ip: int | None
    sender_mac: int | None
    target_ip: int | None
    target_mac: int | None
    eth_src: int | None
    unicast: bool | None
    is_announcement: bool = False
    # Made from text, which does not tell of a reply whom it answers.
    printed: bool = False

    @property
    def is_probe(self) -> bool:
        """A sender without an address: it asks whether the target is free, and claims nothing."""
        return self.sender_ip in (0, MAPPED)


@dataclass(slots=True)
class AnswerRow:
    """One answer to a resolution; ``reply_mac`` is what it told, ``reply_eth_src`` who sent the frame."""

    resolution: ArpRow
    message: Message
    latency: int | None

    @property
    def number(self) -> int:
        return self.message.number

    @property
    def time(self) -> int | None:
        return self.message.time

    @property
    def reply_mac(self) -> int | None:
        return self.message.sender_mac

    @property
    def reply_eth_src(self) -> int | None:
        return self.message.eth_src

    @property
    def group(self) -> int:
        return self.resolution.group

    @property
    def outcome(self) -> str:
        return "answered"

    @property
    def family(self) -> int:
        return self.resolution.family

    @property
    def protocol(self) -> str:
        return self.resolution.protocol

    @property
    def asker_ip(self) -> int:
        return self.resolution.asker_ip

    @property
    def asker_mac(self) -> int | None:
        return self.resolution.asker_mac

    @property
    def target(self) -> int:
        return self.resolution.target

    @property
    def frames(self) -> list[int]:
        return [self.number]


@dataclass(slots=True, repr=False)
class ArpRow(Brief):
    """One asker's question for one target. Times in nanoseconds; ``frames`` are the first few frame numbers."""

    group: int
    point: tuple[int, int | None]
    family: int
    asker_ip: int
    asker_mac: int | None
    target: int
    first_time: int | None
    latest_time: int | None
    unicast: bool | None
    previous_time: int | None = None
    attempts: int = 1
    outcome: str = "unanswered"
    answers: list[AnswerRow] = field(default_factory=list)
    answer_count: int = 0
    frames: list[int] = field(default_factory=list)
    # A further answer with another MAC may be an announcement: text without -e does not tell to whom it went.
    uncertain: bool = False

    def take_back_answer(self) -> Message:
        """Part with the latest answer, which belongs elsewhere."""
        answer = self.answers.pop()
        self.answer_count -= 1
        self.frames.remove(answer.number)
        return answer.message

    @property
    def protocol(self) -> str:
        return PROTOCOLS[self.family]

    @property
    def cast(self) -> str | None:
        """How the latest request was sent; a cooked capture does not say it of outgoing frames."""
        return None if self.unicast is None else "unicast" if self.unicast else "broadcast"

    @property
    def time(self) -> int | None:
        return self.first_time

    @property
    def latency_first(self) -> int | None:
        return between(self.first_time, self.answers[0].time) if self.answers else None

    @property
    def latency(self) -> int | None:
        gap = between(self.previous_time, self.latest_time)
        if not self.answers or (gap is not None and gap < AMBIGUOUS):
            return None
        return self.answers[0].latency

    @property
    def reply_mac(self) -> frozenset[int] | None:
        if self.uncertain:
            return None
        return frozenset(a.reply_mac for a in self.answers if a.reply_mac is not None) or None

    @property
    def reply_eth_src(self) -> frozenset[int] | None:
        return frozenset(a.reply_eth_src for a in self.answers if a.reply_eth_src is not None) or None

    @property
    def answering_macs(self) -> int | None:
        return len(self.reply_mac) if self.reply_mac else None


def between(start: int | None, end: int | None) -> int | None:
    """A duration, or None where either time is absent. A clock that stepped back gives 0, not less."""
    return None if start is None or end is None else max(0, end - start)


def out_of_order(asked: int | None, answered: int | None) -> bool:
    """Whether an answer that stands before its request in the capture is that request's all the same.

    Recorders with several queues do not keep packets in order, and clocks step back a little. An answer that is
    really older belongs to a request from before the capture began.
    """
    return asked is not None and answered is not None and -STEP_BACK <= answered - asked <= OUT_OF_ORDER


class Resolutions:
    """Pairs requests with answers over one capture, in the order of its frames.

    ``wait`` is the longest time (nanoseconds) that an answer may take. Closed resolutions are handed out by
    ``feed``; what is still open when the capture ends, by ``finish``.
    """

    def __init__(self, wait: int) -> None:
        self.wait = wait
        self.evicted = 0
        self._open: dict[tuple[object, ...], ArpRow] = {}
        self._early: dict[tuple[object, ...], Message] = {}
        self._askers: Askers[tuple[object, ...]] = Askers()
        # The longest that an answer took after the latest request, by capture point.
        self._slowest: dict[tuple[int, int | None], int] = {}

    @property
    def open(self) -> tuple[int, int]:
        """How many resolutions are not handed out yet, those that were answered first."""
        answered = sum(one.outcome == "answered" for one in self._open.values())
        return answered, len(self._open)

    def feed(self, message: Message) -> Iterator[ArpRow]:
        """Take the next message; yields the resolutions that it closes."""
        if message.is_probe or message.sender_ip is None:
            return
        if message.target_ip is None and not message.printed:
            return
        if message.is_reply:
            self._answer(message)
        elif message.is_request and not message.is_announcement and message.target_ip is not None:
            yield from self._request(message)

    def finish(self, last_seen: dict[tuple[int, int | None], int]) -> Iterator[ArpRow]:
        """What is open at the end.

        A request too close to the last frame of its capture point is in flight, by what answers took there. Without
        times its repeats tell that the asker waited.
        """
        for resolution in self._open.values():
            waited = between(resolution.first_time, last_seen.get(resolution.point))
            wait = max(self.wait, with_margin(self._slowest.get(resolution.point, 0)))
            due = resolution.attempts >= ENOUGH if waited is None else waited >= wait
            if resolution.outcome == "unanswered" and not due:
                resolution.outcome = "in-flight"
            yield resolution
        self._open.clear()

    def _request(self, message: Message) -> Iterator[ArpRow]:
        assert message.sender_ip is not None
        assert message.target_ip is not None
        key = (message.point, message.family, message.sender_ip, _asker_mac(message), message.target_ip)
        known = self._open.get(key)
        if known is not None:
            pause = between(known.latest_time, message.time)
            if known.outcome == "unanswered" and (pause is None or pause <= 3 * self.wait):
                known.attempts += 1
                known.previous_time = known.latest_time
                known.latest_time = message.time
                known.unicast = message.unicast
                if len(known.frames) < FRAMES_KEPT:
                    known.frames.append(message.number)
                return
            if known.answers and known.answers[-1].time is not None and message.time is not None:
                if known.answers[-1].time > message.time and len(known.answers) == 1:
                    self._insert_attempt(known, message)
                    return
                if known.answers[-1].time > message.time:
                    # The latest answer is this request's, put before it by the recorder.
                    self._early[key] = known.take_back_answer()
            del self._open[key]
            self._close(key, known)
            yield known
        elif len(self._open) >= MOST_OPEN:
            first = next(iter(self._open))
            oldest = self._open.pop(first)
            self._close(first, oldest)
            if oldest.outcome == "unanswered":
                oldest.outcome = "evicted"
                self.evicted += 1
            yield oldest
        self._open[key] = ArpRow(
            message.group,
            message.point,
            message.family,
            message.sender_ip,
            message.sender_mac,
            message.target_ip,
            message.time,
            message.time,
            message.unicast,
            frames=[message.number],
        )
        early = self._early.pop(key, None)
        if message.printed:
            target = (message.point, message.family, message.target_ip)
            self._askers.add(key, target, message.sender_mac)
            for mac in (message.sender_mac, None):
                early = early or self._early.pop((message.point, message.family, None, mac, message.target_ip), None)
        if early is not None and out_of_order(message.time, early.time):
            self._answer(early)

    @staticmethod
    def _insert_attempt(known: ArpRow, message: Message) -> None:
        """A request that the recorder put behind its answer, of which the times tell."""
        (answer,) = known.answers
        known.attempts += 1
        known.previous_time, known.latest_time = known.latest_time, message.time
        known.unicast = message.unicast
        answer.latency = between(message.time, answer.time)

    def _close(self, key: tuple[object, ...], resolution: ArpRow) -> None:
        target = (resolution.point, resolution.family, resolution.target)
        self._askers.forget(key, target, resolution.asker_mac)

    def _answer(self, message: Message) -> None:
        key: tuple[object, ...]
        key = (message.point, message.family, message.target_ip, _asker_mac(message), message.sender_ip)
        if message.target_ip is None:
            target = (message.point, message.family, message.sender_ip)
            key = self._askers.find(target, message.target_mac) or key
        resolution = self._open.get(key)
        if resolution is None:
            self._early[key] = message
            if len(self._early) > MOST_EARLY:
                del self._early[next(iter(self._early))]
            return
        if message.printed:
            known = resolution.reply_mac
            if message.target_mac is None and known is not None and message.sender_mac not in known:
                resolution.uncertain = True
            target = (message.point, message.family, message.sender_ip)
            self._askers.settle(key, target, resolution.asker_mac)
        latency = between(resolution.latest_time, message.time)
        if latency is not None and not resolution.answers:
            self._slowest[message.point] = max(latency, self._slowest.get(message.point, 0))
        resolution.outcome = "answered"
        resolution.answer_count += 1
        if len(resolution.answers) < FRAMES_KEPT:
            resolution.answers.append(AnswerRow(resolution, message, latency))
            resolution.frames.append(message.number)


def _asker_mac(message: Message) -> int | None:
    """The asker's MAC as far as request and answer both tell it: ARP names it, an advertisement does not."""
    if message.family != 4:
        return None
    return message.target_mac if message.is_reply else message.sender_mac


def messages(batch: FrameBatch) -> Iterator[Message]:
    """The ARP and neighbour discovery packets among the rows of a batch."""
    for row, carries in enumerate(batch.field(frame_layout.CARRIES)):
        if carries == frame_layout.ARP:
            yield _arp(batch, row)
        elif carries == frame_layout.ND:
            message = _neighbour_discovery(batch, row)
            if message is not None:
                yield message


def _arp(batch: FrameBatch, row: int) -> Message:
    rows, capacity = batch.rows, batch.capacity

    def get(number: int) -> int | None:
        return absent(rows[number * capacity + row])

    opcode = get(frame_layout.ARP_OPCODE)
    sender_ip, target_ip = get(frame_layout.ARP_SRC_IP), get(frame_layout.ARP_DST_IP)
    sender_mac, target_mac = get(frame_layout.ARP_SRC_MAC), get(frame_layout.ARP_DST_MAC)
    printed = is_printed(rows, capacity, row)
    if printed and opcode == REQUEST and sender_mac is None:
        sender_mac = get(frame_layout.ETH_SRC)
    if printed and opcode == REPLY:
        target_mac = get(frame_layout.ETH_DST)
    # A reply that tells somebody else about their own address is proxy ARP's; an announcement is meant for all.
    to_somebody = opcode == REPLY and target_mac not in (None, 0, BROADCAST, sender_mac)
    announcement = sender_ip is not None and sender_ip == target_ip and not to_somebody
    if printed and opcode == REPLY:
        announcement = target_mac == BROADCAST
    return Message(
        number=rows[frame_layout.NUMBER * capacity + row],
        time=time_of(rows[frame_layout.TIME * capacity + row]),
        point=(rows[frame_layout.INTERFACE * capacity + row], get(frame_layout.IFINDEX)),
        group=rows[frame_layout.GROUP * capacity + row],
        family=4,
        is_request=opcode == REQUEST,
        is_reply=opcode == REPLY and not announcement,
        sender_ip=sender_ip,
        sender_mac=sender_mac,
        target_ip=target_ip,
        target_mac=target_mac,
        eth_src=get(frame_layout.ETH_SRC),
        unicast=_unicast(rows[frame_layout.CAST * capacity + row]),
        is_announcement=announcement,
        printed=printed,
    )


def is_printed(rows: array[int], capacity: int, row: int) -> bool:
    """Whether a row is of a printed frame: how much of it was captured is told of all others."""
    return rows[frame_layout.CAPTURED * capacity + row] == frame_layout.ABSENT


def _unicast(cast: int) -> bool | None:
    return None if cast == frame_layout.ABSENT else cast == frame_layout.TO_ONE


def _neighbour_discovery(batch: FrameBatch, row: int) -> Message | None:
    """A solicitation or advertisement in the words of ARP: an advertisement's target is the sender that it claims."""
    rows, capacity = batch.rows, batch.capacity

    def get(number: int) -> int | None:
        return absent(rows[number * capacity + row])

    kind = get(frame_layout.ICMP_TYPE)
    if (
        kind not in (SOLICITATION, ADVERTISEMENT)
        or not rows[frame_layout.HAS * capacity + row] & frame_layout.HAS_TARGET
    ):
        return None
    source = address_of(rows[frame_layout.IP_SRC_HIGH * capacity + row], rows[frame_layout.IP_SRC_LOW * capacity + row])
    destination = address_of(
        rows[frame_layout.IP_DST_HIGH * capacity + row], rows[frame_layout.IP_DST_LOW * capacity + row]
    )
    target = address_of(
        rows[frame_layout.ND_TARGET_HIGH * capacity + row], rows[frame_layout.ND_TARGET_LOW * capacity + row]
    )
    eth_src = get(frame_layout.ETH_SRC)
    mac = get(frame_layout.ND_MAC)
    asks = kind == SOLICITATION
    return Message(
        number=rows[frame_layout.NUMBER * capacity + row],
        time=time_of(rows[frame_layout.TIME * capacity + row]),
        point=(rows[frame_layout.INTERFACE * capacity + row], get(frame_layout.IFINDEX)),
        group=rows[frame_layout.GROUP * capacity + row],
        family=6,
        is_request=asks,
        is_reply=not asks and destination >> 120 != 0xFF,
        sender_ip=source if asks else target,
        # The option may be left out where the frame's own source says the same (RFC 4861, section 4.4).
        sender_mac=(eth_src if asks else (eth_src if mac is None else mac)),
        target_ip=target if asks else destination,
        target_mac=None,
        eth_src=eth_src,
        unicast=destination >> 120 != 0xFF,
    )


def time_of(value: int) -> int | None:
    return None if value == ABSENT_TIME else value
