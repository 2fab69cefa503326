"""Echoes: one ICMP or ICMPv6 echo request and its replies, or the ICMP error that ended it (RFC 792, RFC 4443).

Paired by addresses, identifier and sequence number at one capture point.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from pcapcheck.decode import layout
from pcapcheck.decode.frames import FrameBatch, absent
from pcapcheck.flows.arp import between, out_of_order, time_of
from pcapcheck.values import address_of, is_group_address

ECHO_REQUEST = {4: 8, 6: 128}
ECHO_REPLY = {4: 0, 6: 129}
# ICMP types that end an exchange, by family. Redirects (5) and source quench (4) do not.
ERRORS = {
    4: {3: "unreachable", 11: "time-exceeded", 12: "other"},
    6: {1: "unreachable", 2: "too-big", 3: "time-exceeded", 4: "other"},
}
FRAGMENTATION_NEEDED = 4

# A request seen again within this time with the same IP identification is the same packet, seen twice.
SAME_PACKET = 1_000_000_000
# So many answered echoes are remembered, so that a second reply is known as a duplicate.
REMEMBERED = 1024
MOST_OPEN = 1 << 18
MOST_ERRORS = 1000


@dataclass(slots=True)
class Echo:
    """One echo request with what came of it. Times in nanoseconds."""

    group: int
    point: tuple[int, int | None]
    family: int
    src: int
    dst: int
    ident: int
    seq: int
    time: int | None
    ip_id: int | None
    ttl: int | None
    eth_src: int | None
    eth_dst: int | None
    frames: list[int]
    outcome: str = "unanswered"
    requests: int = 1
    replies: int = 0
    rtt: int | None = None
    reply_ttl: int | None = None
    reply_eth_src: int | None = None
    reply_eth_dst: int | None = None
    error: str = "none"
    error_type: int | None = None
    error_code: int | None = None
    error_from: int | None = None
    error_mtu: int | None = None

    @property
    def unicast(self) -> bool:
        return not is_group_address(self.dst)


@dataclass(frozen=True, slots=True)
class Reply:
    """An echo reply as recorded."""

    number: int
    time: int | None
    ttl: int | None
    eth_src: int | None
    eth_dst: int | None


Key = tuple[object, ...]


@dataclass
class Echoes:
    """Pairs echo requests with replies and errors over one capture, in the order of its frames.

    ``wait`` is how long (nanoseconds) after a request a capture must go on for its silence to mean anything.
    Finished exchanges are handed out by ``feed``, the rest by ``finish``.
    """

    wait: int
    evicted: int = 0
    errors: Counter[tuple[int, int, int, int]] = field(default_factory=Counter)
    _open: dict[Key, Echo] = field(default_factory=dict)
    _answered: dict[Key, Echo] = field(default_factory=dict)
    # Replies without a request so far: recorders do not always keep packets in order.
    _early: dict[Key, Reply] = field(default_factory=dict)

    def feed(self, batch: FrameBatch) -> Iterator[Echo]:
        """Take the ICMP rows of a batch; yields the exchanges that can no longer change."""
        types = batch.field(layout.ICMP_TYPE)
        versions = batch.field(layout.IP_VERSION)
        has = batch.field(layout.HAS)
        for row, kind in enumerate(types):
            family = versions[row]
            if kind < 0 or not has[row] & layout.HAS_ADDRESSES:
                continue
            if kind == ECHO_REQUEST[family]:
                yield from self._request(batch, row, family)
            elif kind == ECHO_REPLY[family]:
                yield from self._reply(batch, row)
            elif kind in ERRORS[family]:
                self._error(batch, row, family, kind)

    def finish(self, last_seen: dict[tuple[int, int | None], int]) -> Iterator[Echo]:
        """What is left at the end; a request too close to the last frame of its capture point is in flight."""
        yield from self._answered.values()
        for echo in self._open.values():
            waited = between(echo.time, last_seen.get(echo.point))
            if echo.outcome == "unanswered" and waited is not None and waited < self.wait:
                echo.outcome = "in-flight"
            yield echo
        self._answered.clear()
        self._open.clear()

    def _request(self, batch: FrameBatch, row: int, family: int) -> Iterator[Echo]:
        rows, capacity = batch.rows, batch.capacity
        ident, seq = rows[layout.ICMP_IDENT * capacity + row], rows[layout.ICMP_SEQ * capacity + row]
        if seq < 0:
            return
        point = _point(batch, row)
        src, dst = _addresses(batch, row)
        time = time_of(rows[layout.TIME * capacity + row])
        ip_id = absent(rows[layout.IP_ID * capacity + row])
        number = rows[layout.NUMBER * capacity + row]
        key = (point, src, dst, ident, seq)
        known = self._open.get(key) or self._answered.get(key)
        if known is not None:
            gap = between(known.time, time)
            if known.ip_id == ip_id and (gap is None or gap < SAME_PACKET):
                known.requests += 1
                return
            yield self._open.pop(key) if key in self._open else self._answered.pop(key)
        elif len(self._open) >= MOST_OPEN:
            oldest = self._open.pop(next(iter(self._open)))
            if oldest.outcome == "unanswered":
                oldest.outcome = "evicted"
                self.evicted += 1
            yield oldest
        echo = Echo(
            rows[layout.GROUP * capacity + row],
            point,
            family,
            src,
            dst,
            ident,
            seq,
            time,
            ip_id,
            absent(rows[layout.IP_TTL * capacity + row]),
            absent(rows[layout.ETH_SRC * capacity + row]),
            absent(rows[layout.ETH_DST * capacity + row]),
            [number],
        )
        early = self._early.pop(key, None)
        if early is not None and out_of_order(echo.time, early.time):
            yield from self._complete(key, echo, early)
        else:
            self._open[key] = echo

    def _reply(self, batch: FrameBatch, row: int) -> Iterator[Echo]:
        rows, capacity = batch.rows, batch.capacity
        src, dst = _addresses(batch, row)
        ident, seq = rows[layout.ICMP_IDENT * capacity + row], rows[layout.ICMP_SEQ * capacity + row]
        key = (_point(batch, row), dst, src, ident, seq)
        known = self._answered.get(key)
        if known is not None:
            known.replies += 1
            return
        reply = Reply(
            rows[layout.NUMBER * capacity + row],
            time_of(rows[layout.TIME * capacity + row]),
            absent(rows[layout.IP_TTL * capacity + row]),
            absent(rows[layout.ETH_SRC * capacity + row]),
            absent(rows[layout.ETH_DST * capacity + row]),
        )
        echo = self._open.pop(key, None)
        if echo is not None:
            yield from self._complete(key, echo, reply)
            return
        self._early[key] = reply
        if len(self._early) > REMEMBERED:
            del self._early[next(iter(self._early))]

    def _complete(self, key: Key, echo: Echo, reply: Reply) -> Iterator[Echo]:
        echo.outcome = "replied"
        echo.replies = 1
        echo.rtt = between(echo.time, reply.time)
        echo.reply_ttl, echo.reply_eth_src, echo.reply_eth_dst = reply.ttl, reply.eth_src, reply.eth_dst
        echo.frames.append(reply.number)
        self._answered[key] = echo
        if len(self._answered) > REMEMBERED:
            yield self._answered.pop(next(iter(self._answered)))

    def _error(self, batch: FrameBatch, row: int, family: int, kind: int) -> None:
        rows, capacity = batch.rows, batch.capacity
        code = rows[layout.ICMP_CODE * capacity + row]
        source, _ = _addresses(batch, row)
        tally = (family, kind, code, source)
        if tally in self.errors or len(self.errors) < MOST_ERRORS:
            self.errors[tally] += 1
        if not rows[layout.HAS * capacity + row] & layout.HAS_QUOTED:
            return
        if rows[layout.QUOTED_TYPE * capacity + row] != ECHO_REQUEST[family]:
            return
        quoted_src = address_of(
            rows[layout.QUOTED_SRC_HIGH * capacity + row], rows[layout.QUOTED_SRC_LOW * capacity + row]
        )
        quoted_dst = address_of(
            rows[layout.QUOTED_DST_HIGH * capacity + row], rows[layout.QUOTED_DST_LOW * capacity + row]
        )
        ident, seq = rows[layout.QUOTED_IDENT * capacity + row], rows[layout.QUOTED_SEQ * capacity + row]
        echo = self._open.get((_point(batch, row), quoted_src, quoted_dst, ident, seq))
        # The request stays open: a reply that comes all the same is worth more than the error.
        if echo is None or echo.error != "none":
            return
        echo.outcome = "error"
        name = ERRORS[family][kind]
        echo.error = "too-big" if name == "unreachable" and family == 4 and code == FRAGMENTATION_NEEDED else name
        echo.error_type, echo.error_code, echo.error_from = kind, code, source
        echo.error_mtu = absent(rows[layout.ICMP_MTU * capacity + row])
        echo.frames.append(rows[layout.NUMBER * capacity + row])


def _point(batch: FrameBatch, row: int) -> tuple[int, int | None]:
    rows, capacity = batch.rows, batch.capacity
    return rows[layout.INTERFACE * capacity + row], absent(rows[layout.IFINDEX * capacity + row])


def _addresses(batch: FrameBatch, row: int) -> tuple[int, int]:
    rows, capacity = batch.rows, batch.capacity
    return (
        address_of(rows[layout.IP_SRC_HIGH * capacity + row], rows[layout.IP_SRC_LOW * capacity + row]),
        address_of(rows[layout.IP_DST_HIGH * capacity + row], rows[layout.IP_DST_LOW * capacity + row]),
    )
