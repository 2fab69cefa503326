"""Conversations in which a question got no answer: SYN-ACKs that are never acknowledged, or whose ACK is not heard."""

from __future__ import annotations

from collections.abc import Iterator

from pcapcheck.exchanges.conversations import UNHEARD, Conversation
from pcapcheck.links.facts import Facts
from pcapcheck.links.point_facts import PointFacts
from pcapcheck.links.read_capture import Capture
from pcapcheck.questions.broken_transfers import DATA
from pcapcheck.questions.unanswered import Judged, Unanswered
from pcapcheck.values import format_address


def silent_conversations(capture: Capture, facts: Facts, judged: Judged) -> Iterator[Unanswered]:
    """A question per two hosts and port asked, with how many conversations are like it."""
    alike: dict[object, list[Conversation]] = {}
    for conversation in capture.exchanges.conversations.found:
        point = facts.point(capture.number, conversation.group)
        if point is None or not point.judged:
            continue
        if not _is_at_home(conversation, point) and conversation.asker in facts.pod_ips:
            # The pod's own link tells better.
            continue
        port = min(conversation.asked_port, conversation.asker_port)
        alike.setdefault((conversation.kind, point.key, conversation.asker, conversation.asked, port), []).append(
            conversation
        )
    for some in alike.values():
        worst = max(some, key=lambda conversation: conversation.attempts)
        point = facts.point(capture.number, worst.group)
        if point is not None:
            yield _question(worst, len(some), point, capture)


def _is_at_home(conversation: Conversation, point: PointFacts) -> bool:
    """Whether a conversation was recorded on the link of the pod that asked."""
    return point.kind == "pod-link" and conversation.asker in point.pod_ips


def _half_open(conversation: Conversation, about: str, at_home: bool) -> tuple[str, str]:
    """A connection that is not made although its SYN is answered: the sentence, and what may be behind it."""
    asker, asked = format_address(conversation.asker), format_address(conversation.asked)
    wording = f"{asker}'s {about} is not made: {asked} answers, but "
    if at_home:
        return (
            f"{wording}{asker} ignores the answer (SYN-ACK) on its own link",
            "the SYN-ACK is repeated and gets neither an ACK nor an RST: something inside the pod drops it",
        )
    behind = (
        "lost between here and whoever asked (a firewall, a policy, the reverse path filter, the way back, or a next "
        "hop whose MAC is not found: ip neigh)"
    )
    if conversation.attempts > 1:
        return (
            f"{wording}the answer (SYN-ACK) never reaches {asker}",
            f"SYN and SYN-ACK are repeated, and neither ACK nor RST comes: the SYN-ACK is {behind}",
        )
    return (
        f"{wording}{asker} says nothing to the answer (SYN-ACK), which is sent again",
        f"neither ACK nor RST comes: the SYN-ACK is {behind}, or the ACK is lost on its way here",
    )


def _unheard(conversation: Conversation, about: str) -> tuple[str, str]:
    """The same of a connection whose asker did acknowledge the answer."""
    asker, asked = format_address(conversation.asker), format_address(conversation.asked)
    return (
        f"{asker}'s {about} is not made: {asked} sends its answer (SYN-ACK) again, although {asker} acknowledged it",
        f"the ACK is lost between here and {asked}, or not taken there: a firewall or connection tracking that never "
        "saw the SYN-ACK calls it INVALID (another way back), a policy or a wrong checksum stops it, or the queue of "
        "the listening socket is full; no fault where the server waits for data (TCP_DEFER_ACCEPT)",
    )


def _question(conversation: Conversation, count: int, point: PointFacts, capture: Capture) -> Unanswered:
    # A text may name a port that no number is known for.
    port = conversation.asked_port or None
    about = f"connection to {format_address(conversation.asked)}" + (f" port {port}" if port else "")
    unheard = conversation.kind == UNHEARD
    if unheard:
        wording, meaning = _unheard(conversation, about)
    else:
        wording, meaning = _half_open(conversation, about, _is_at_home(conversation, point))
    return Unanswered(
        protocol="TCP",
        asker=conversation.asker,
        asked=conversation.asked,
        # What comes behind a SYN that was answered is stopped by other things than a SYN.
        about=about.replace("connection", DATA, 1) if unheard else about,
        attempts=max(conversation.attempts, 1),
        lasted=None if unheard else conversation.lasted,
        capture=capture.number,
        interface=point.name,
        frames=tuple(dict.fromkeys(conversation.frames)),
        group=conversation.group,
        alike=count,
        meaning=meaning,
        doubt="",
        wording=wording,
        port=port,
        asker_ports=frozenset((conversation.asker_port,)),
        lost_answer=None if unheard else conversation.frames[-1],
    )
