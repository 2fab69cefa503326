"""Misaddressed answers: for the port or the identifier of whoever asked, but from an address that it did not ask.

So comes what a node should have translated back to a service's address (kernel: net/netfilter/nf_nat_core.c). In: what
is open at the end of a capture, and the latest answers without a question. Resets are left out: a port may have
belonged to another connection before. So are answers of SCTP, which a host sends from any of its addresses (RFC 9260,
section 5.1.2), and DNS over TCP, which comes from where its connection was accepted. With UDP other than DNS a port may
talk to many hosts: an answer counts that comes from the port that was asked, to one that whoever asks was given, within
a second of the first question. From another port it counts if a service was asked, by its address: a pod behind it may
have another port, and the service itself speaks to nobody.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator

from msgspec import Struct

from pcapcheck.brief import Brief
from pcapcheck.capture.record import AddressOf
from pcapcheck.capture.scan_layout import ABSENT_TIME
from pcapcheck.decode.frame_group import absent
from pcapcheck.decode.frame_layout import (
    ABSENT_IDENT,
    ASSOCIATION,
    CONNECTION,
    DATAGRAM,
    E_RESET,
    EPHEMERAL,
    OVER_TCP,
)
from pcapcheck.exchanges import pairing_layout as layout
from pcapcheck.exchanges.head_marks import rest_of
from pcapcheck.exchanges.paired_kinds import TABLE_OF
from pcapcheck.exchanges.waiting import open_requests
from pcapcheck.networks import SERVICE_NETWORKS
from pcapcheck.values import is_within, parse_network

# Ports and identifiers that do not show it.
UNSURE = ABSENT_IDENT | ASSOCIATION | OVER_TCP
SERVICES = tuple(map(parse_network, SERVICE_NETWORKS))
# The most that are kept of one capture.
MOST = 64


class Misaddressed(Brief, Struct, frozen=True):
    """An answer of ``answerer`` to what ``asker`` asked ``asked``, of the table ``table``: where it was recorded."""

    table: str
    asker: int
    asked: int
    answerer: int
    group: int
    frame: int
    time: int | None
    ttl: int | None


def misaddressed(
    pool: array[int], rest: array[int], early: array[int], state: array[int], address_of: AddressOf
) -> list[Misaddressed]:
    """Those of one capture; ``pool``, ``rest``, ``early`` and ``state`` are those of ``pairing``."""
    answers = {_key(pool, row): row for row in _answers(pool, rest, early)}
    of_services = {_by_own_port(pool, row): row for row in answers.values() if pool[row + layout.IDENT_SEQ] & DATAGRAM}
    found: list[Misaddressed] = []
    for row in open_requests(pool, rest, state) if answers else ():
        answer = answers.get(_key(pool, row))
        if answer is None and _asks_a_service(pool, row, address_of):
            answer = of_services.get(_by_own_port(pool, row))
        if (
            answer is None
            or pool[row + layout.KIND] == layout.KIND_ECHO_TO_MANY
            or _of_same(pool, row, answer)
            or rest[rest_of(pool[answer + layout.MARKS]) + layout.REPLY_NUMBER] < pool[row + layout.NUMBER]
            or not _is_at_once(pool, rest, row, answer)
            or len(found) >= MOST
        ):
            continue
        reply = rest_of(pool[answer + layout.MARKS])
        time = rest[reply + layout.REPLY_TIME]
        found.append(
            Misaddressed(
                TABLE_OF[pool[row + layout.KIND]],
                address_of(pool[row + layout.SRC_HIGH], pool[row + layout.SRC_LOW]),
                address_of(pool[row + layout.DST_HIGH], pool[row + layout.DST_LOW]),
                address_of(pool[answer + layout.DST_HIGH], pool[answer + layout.DST_LOW]),
                rest[reply + layout.REPLY_GROUP],
                rest[reply + layout.REPLY_NUMBER],
                None if time == ABSENT_TIME else time,
                absent(rest[reply + layout.REPLY_TTL]),
            )
        )
    return found


def _answers(pool: array[int], rest: array[int], early: array[int]) -> Iterator[int]:
    """The rows of answers without a question, the latest of them."""
    for place in early:
        row = place * layout.HEAD_FIELDS
        if (
            place >= 0
            and pool[row + layout.STATE] == layout.EARLY
            and rest[rest_of(pool[row + layout.MARKS]) + layout.REPLIES] > 0
            and not rest[rest_of(pool[row + layout.MARKS]) + layout.EARLY_KIND] & E_RESET
            and not pool[row + layout.IDENT_SEQ] & UNSURE
            and not _is_of_many(pool[row + layout.IDENT_SEQ])
        ):
            yield row


def _is_at_once(pool: array[int], rest: array[int], row: int, answer: int) -> bool:
    """Whether an answer of datagrams follows the first question at once; always true of other answers."""
    if pool[row + layout.KIND] != layout.KIND_DATAGRAM:
        return True
    asked, answered = pool[row + layout.TIME], rest[rest_of(pool[answer + layout.MARKS]) + layout.REPLY_TIME]
    return ABSENT_TIME not in (asked, answered) and answered - asked <= layout.PROMPT


def _is_of_many(ident: int) -> bool:
    """Whether these are ports of datagrams between which many hosts may talk unasked."""
    return bool(ident & DATAGRAM) and (ident >> 16) & 0xFFFF < EPHEMERAL


def _key(pool: array[int], row: int) -> tuple[int, int, int, int]:
    """Where it was asked, by whom, and by which port or identifier: the back end of a service may have another port."""
    ident = pool[row + layout.IDENT_SEQ]
    own = ident >> 16 if ident & CONNECTION else ident
    return pool[row + layout.POINT], pool[row + layout.SRC_HIGH], pool[row + layout.SRC_LOW], own


def _of_same(pool: array[int], row: int, answer: int) -> bool:
    """Whether it is whoever was asked that answers, from another port."""
    return all(pool[row + half] == pool[answer + half] for half in (layout.DST_HIGH, layout.DST_LOW))


def _by_own_port(pool: array[int], row: int) -> tuple[int, int, int, int]:
    """Where it was asked, by whom, and from which port."""
    own = pool[row + layout.IDENT_SEQ] >> 16
    return pool[row + layout.POINT], pool[row + layout.SRC_HIGH], pool[row + layout.SRC_LOW], own


def _asks_a_service(pool: array[int], row: int, address_of: AddressOf) -> bool:
    if pool[row + layout.KIND] != layout.KIND_DATAGRAM:
        return False
    asked = address_of(pool[row + layout.DST_HIGH], pool[row + layout.DST_LOW])
    return is_within(asked, SERVICES)
