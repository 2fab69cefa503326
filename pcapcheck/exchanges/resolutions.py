"""Resolutions: who asked for an address by ARP (RFC 826) or neighbour discovery (RFC 4861), and who answered.

A resolution is an asker's first request for a target on its link, its repeats until an answer or a long pause,
and the answers. An announcement (sender IP = target IP) and a probe (no sender IP, RFC 5227) are neither requests
nor answers.
"""

from __future__ import annotations

from collections.abc import Iterator

from pcapcheck.exchanges.answer_row import AnswerRow
from pcapcheck.exchanges.arp_message import ArpMessage
from pcapcheck.exchanges.arp_row import ArpRow, between
from pcapcheck.exchanges.arp_targets import Askers
from pcapcheck.exchanges.waiting import ENOUGH, with_margin

MOST_OPEN = 1 << 17
# Answers without a request, remembered in case the recorder put them before it.
MOST_EARLY = 256
STEP_BACK = 1_000_000
OUT_OF_ORDER = 1_000_000_000
FRAMES_KEPT = 8


def out_of_order(asked: int | None, answered: int | None) -> bool:
    """Whether an answer that precedes its request in the capture still belongs to that request.

    Recorders with several queues do not keep packets in order, and clocks step back a little. An answer that is
    really older belongs to a request from before the capture.
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
        self._early: dict[tuple[object, ...], ArpMessage] = {}
        self._askers: Askers[tuple[object, ...]] = Askers()
        # The longest that an answer took after the latest request, by capture point.
        self._slowest: dict[tuple[int, int | None], int] = {}

    @property
    def open(self) -> tuple[int, int]:
        """How many resolutions are not handed out yet: the answered ones, and all."""
        answered = sum(resolution.outcome == "answered" for resolution in self._open.values())
        return answered, len(self._open)

    def feed(self, message: ArpMessage) -> Iterator[ArpRow]:
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
        """The resolutions open at the end.

        A request is in flight if it is closer to the last frame of its capture point than answers took there. Without
        times, its repeats show that the asker waited.
        """
        for resolution in self._open.values():
            waited = between(resolution.first_time, last_seen.get(resolution.point))
            wait = max(self.wait, with_margin(self._slowest.get(resolution.point, 0)))
            due = resolution.attempts >= ENOUGH if waited is None else waited >= wait
            if resolution.outcome == "unanswered" and not due:
                resolution.outcome = "in-flight"
            yield resolution
        self._open.clear()

    def _request(self, message: ArpMessage) -> Iterator[ArpRow]:
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
                    # The latest answer belongs to this request; the recorder put it first.
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
    def _insert_attempt(known: ArpRow, message: ArpMessage) -> None:
        """Insert a request that the recorder put after its answer, as the times show."""
        (answer,) = known.answers
        known.attempts += 1
        known.previous_time, known.latest_time = known.latest_time, message.time
        known.unicast = message.unicast
        answer.latency = between(message.time, answer.time)

    def _close(self, key: tuple[object, ...], resolution: ArpRow) -> None:
        target = (resolution.point, resolution.family, resolution.target)
        self._askers.forget(key, target, resolution.asker_mac)

    def _answer(self, message: ArpMessage) -> None:
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


def _asker_mac(message: ArpMessage) -> int | None:
    """The asker's MAC if both request and answer show it: ARP does, an advertisement does not."""
    if message.family != 4:
        return None
    return message.target_mac if message.is_reply else message.sender_mac
