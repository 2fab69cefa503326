"""Refused datagrams: UDP for which an ICMP error came back that says that nobody will answer, and nothing else.

An error that says that they expired on their way tells the same.

That is certain, where mere silence is not: much that is sent by UDP nobody answers. DNS has a rule of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pcapcheck.decode.icmp_words import in_words
from pcapcheck.exchanges.conversations import REFUSED, Conversation
from pcapcheck.exchanges.expiry import MOST_HOPS
from pcapcheck.links.facts import Facts
from pcapcheck.links.frames_again import rows_of
from pcapcheck.links.read_capture import Capture, Reading
from pcapcheck.protocols import DNS_PORT
from pcapcheck.questions.silent_conversations import EPHEMERAL
from pcapcheck.questions.unanswered import REFUSED as TURNED_AWAY
from pcapcheck.questions.unanswered import UNANSWERED, Refusal, Unanswered
from pcapcheck.values import format_address, is_ipv4, is_public

# Unreachable, by family; that a packet is too big says so in IPv4, and is no refusal (RFC 792, RFC 1191, RFC 4443).
UNREACHABLE = {4: 3, 6: 1}
TOO_BIG = (4, 3, 4)
EXPIRED = ((4, 11, 0), (6, 3, 0))
EXPIRED_MEANING = (
    "routers send them in a circle until their TTL is used up, or a tool sent them to expire, as traceroute does"
)
MEANING = "nothing listens there, or a firewall rule, a policy or a route rejects them"
# Of more conversations the errors are not looked at.
MOST = 200


def refused_datagrams(
    captures: Iterable[Capture], facts: Facts, reading: Reading, told: Iterable[Unanswered]
) -> Iterator[Unanswered]:
    """A question per two hosts and port; ``told`` are those that are known already."""
    known = {(question.asker, question.asked, question.port) for question in told if question.protocol == "UDP"}
    for capture in captures:
        found = [
            conversation
            for conversation in capture.exchanges.conversations.found
            if conversation.kind == REFUSED and _asks(conversation)
        ]
        errors = _errors(capture, reading, found[:MOST])
        alike: dict[tuple[int, int, int], list[Conversation]] = {}
        for conversation in found[:MOST]:
            point = facts.point(capture.number, conversation.group)
            elsewhere = point is not None and point.kind != "pod-link" and conversation.asker in facts.pod_ips
            if point is None or not point.judged or elsewhere or conversation.frames[-1] not in errors:
                continue
            alike.setdefault((conversation.asker, conversation.asked, conversation.asked_port), []).append(conversation)
        for key, some in alike.items():
            point = facts.point(capture.number, some[0].group)
            if point is not None and key not in known:
                known.add(key)
                yield _question(some, capture, point.name, errors[some[0].frames[-1]])


def _asks(conversation: Conversation) -> bool:
    """Whether datagrams went to somebody who is asked: a late answer to whoever is gone is refused as well.

    Those of traceroute go to ports from 33434 on.
    """
    return (
        conversation.asked_port not in (0, DNS_PORT)
        and conversation.asked_port < EPHEMERAL
        and conversation.asked_port <= conversation.asker_port
        and not is_public(conversation.asker)
    )


def _errors(capture: Capture, reading: Reading, found: list[Conversation]) -> dict[int, Refusal]:
    """The errors that ended conversations, by their frames, but those that refuse nothing."""
    errors: dict[int, Refusal] = {}
    ended = {conversation.frames[-1]: conversation.frames[0] for conversation in found}
    probes: set[int] = set()
    for row in rows_of(capture.source, reading, {*ended, *ended.values()}):
        if row.frames[0] not in ended:
            if isinstance(row.ip_ttl, int) and row.ip_ttl <= MOST_HOPS:
                probes.add(row.frames[0])
            continue
        source, kind, code, ttl = row.ip_src, row.icmp_type, row.icmp_code, row.ip_ttl
        if not isinstance(source, int) or not isinstance(kind, int) or not isinstance(code, int):
            continue
        error = 4 if is_ipv4(source) else 6, kind, code
        if (kind == UNREACHABLE[error[0]] and error != TOO_BIG) or error in EXPIRED:
            errors[row.frames[0]] = Refusal(error, source, ttl if isinstance(ttl, int) else None)
    return {number: one for number, one in errors.items() if one.error not in EXPIRED or ended[number] not in probes}


def _question(some: list[Conversation], capture: Capture, interface: str, refusal: Refusal) -> Unanswered:
    first = some[0]
    words = in_words(*refusal.error) if refusal.error else ""
    expired = refusal.error in EXPIRED
    return Unanswered(
        protocol="UDP",
        asker=first.asker,
        asked=first.asked,
        about=f"UDP datagrams to {format_address(first.asked)} port {first.asked_port}",
        attempts=sum(conversation.attempts for conversation in some),
        lasted=None,
        capture=capture.number,
        interface=interface,
        frames=tuple(sorted({number for conversation in some for number in conversation.frames})),
        group=first.group,
        meaning=EXPIRED_MEANING if expired else MEANING,
        fate=f"{'are lost' if expired else 'are refused'}: {format_address(refusal.source or 0)} says {words}",
        verb="sent",
        port=first.asked_port,
        asker_ports=frozenset(conversation.asker_port for conversation in some),
        refusal=refusal,
        ended=UNANSWERED if expired else TURNED_AWAY,
    )
