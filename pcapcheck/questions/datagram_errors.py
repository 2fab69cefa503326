"""Datagram errors: UDP datagrams for which an ICMP error came back and nothing else.

The error says that nobody will answer, or that they expired. That is certain, unlike silence: much that is sent by UDP
is never answered. DNS has its own rule.
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
from pcapcheck.questions.unanswered import UNANSWERED, ErrorReply, Unanswered
from pcapcheck.values import format_address, is_ipv4, is_public

# The ICMP type of unreachable, by family. In IPv4 it includes too big, which is not about this (RFC 792, RFC 1191,
# RFC 4443).
UNREACHABLE = {4: 3, 6: 1}
TOO_BIG = (4, 3, 4)
EXPIRED = ((4, 11, 0), (6, 3, 0))
EXPIRED_MEANING = (
    "routers send them in a circle until their TTL is used up, or a tool sent them to expire, as traceroute does"
)
MEANING = "nothing listens there, or a firewall rule, a policy or a route rejects them"
# The errors of more conversations are not read.
MOST = 200


def datagram_errors(
    captures: Iterable[Capture], facts: Facts, reading: Reading, earlier: Iterable[Unanswered]
) -> Iterator[Unanswered]:
    """A question per two hosts and port; ``earlier`` are the questions found before."""
    known = {(question.asker, question.asked, question.port) for question in earlier if question.protocol == "UDP"}
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
    """Whether datagrams are questions: a late answer to an asker that is gone gets an ICMP error as well.

    Traceroute sends to ports from 33434 on.
    """
    return (
        conversation.asked_port not in (0, DNS_PORT)
        and conversation.asked_port < EPHEMERAL
        and conversation.asked_port <= conversation.asker_port
        and not is_public(conversation.asker)
    )


def _errors(capture: Capture, reading: Reading, found: list[Conversation]) -> dict[int, ErrorReply]:
    """The errors that ended conversations, by frame, if they say that nobody will answer."""
    errors: dict[int, ErrorReply] = {}
    ended = {conversation.frames[-1]: conversation.frames[0] for conversation in found}
    probes: set[int] = set()
    for row in rows_of(capture.source, reading, {*ended, *ended.values()}):
        if row.frames[0] not in ended:
            if isinstance(row.ip_ttl, int) and row.ip_ttl <= MOST_HOPS:
                probes.add(row.frames[0])
            continue
        source, icmp_type, code, ttl = row.ip_src, row.icmp_type, row.icmp_code, row.ip_ttl
        if not isinstance(source, int) or not isinstance(icmp_type, int) or not isinstance(code, int):
            continue
        error = 4 if is_ipv4(source) else 6, icmp_type, code
        if (icmp_type == UNREACHABLE[error[0]] and error != TOO_BIG) or error in EXPIRED:
            errors[row.frames[0]] = ErrorReply(error, source, ttl if isinstance(ttl, int) else None)
    return {
        number: reply for number, reply in errors.items() if reply.error not in EXPIRED or ended[number] not in probes
    }


def _question(some: list[Conversation], capture: Capture, interface: str, error_reply: ErrorReply) -> Unanswered:
    first = some[0]
    words = in_words(*error_reply.error) if error_reply.error else ""
    expired = error_reply.error in EXPIRED
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
        fate=f"{'are lost' if expired else 'are refused'}: {format_address(error_reply.source or 0)} says {words}",
        verb="sent",
        port=first.asked_port,
        asker_ports=frozenset(conversation.asker_port for conversation in some),
        error_reply=error_reply,
        ended=UNANSWERED if expired else TURNED_AWAY,
    )
