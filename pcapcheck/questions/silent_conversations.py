"""Conversations in which a question got no answer: TCP data, SYN-ACKs, and connections broken off."""

from __future__ import annotations

from collections.abc import Iterator

from pcapcheck.exchanges.conversations import HALF_OPEN, RESET, STALLED, Conversation
from pcapcheck.links.facts import Facts
from pcapcheck.links.point_facts import PointFacts
from pcapcheck.links.read_capture import Capture
from pcapcheck.questions.unanswered import UNANSWERED, Judged, Unanswered
from pcapcheck.table_names import CONNECTIONS
from pcapcheck.values import format_address

# Segments of at least this many bytes may exceed the MTU of the network.
LARGE = 1200


def silent_conversations(capture: Capture, facts: Facts, judged: Judged) -> Iterator[Unanswered]:
    """A question per two hosts and port asked, with how many conversations are like it."""
    alike: dict[object, list[Conversation]] = {}
    for conversation in capture.exchanges.conversations.found:
        point = facts.point(capture.number, conversation.group)
        if point is None or not point.judged:
            continue
        if (
            conversation.kind == HALF_OPEN
            and not _is_at_home(conversation, point)
            and conversation.asker in facts.pod_ips
        ):
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
    behind = "lost between here and whoever asked (a firewall, a policy, the reverse path filter, the way back)"
    if conversation.attempts > 1:
        return (
            f"{wording}the answer (SYN-ACK) never reaches {asker}",
            f"SYN and SYN-ACK are repeated, and neither ACK nor RST comes: the SYN-ACK is {behind}",
        )
    return (
        f"{wording}{asker} says nothing to the answer (SYN-ACK), sent again and again",
        f"neither ACK nor RST comes: the SYN-ACK is {behind}, or the ACK is lost on its way here",
    )


def _question(conversation: Conversation, count: int, point: PointFacts, capture: Capture) -> Unanswered:
    asker, asked = format_address(conversation.asker), format_address(conversation.asked)
    about, meaning, wording, silence = "", "", "", point.silence.get(CONNECTIONS, "")
    if conversation.kind == STALLED:
        about = f"TCP data to {asked} port {conversation.asked_port}"
        meaning = f"{conversation.size} bytes were sent again and again and never acknowledged"
        if conversation.size >= LARGE:
            meaning += "; if smaller ones arrive, the way takes no packets of this size and says so to nobody (MTU)"
    elif conversation.kind == RESET:
        # An RST bears the address of an end of the connection, whoever made it.
        wording = (
            f"the connection of {asker} port {conversation.asker_port} with {asked} port {conversation.asked_port} is "
            f"broken off (RST from {asker}'s address)"
        )
        meaning = (
            "data was under way: the process ended, or a firewall or the node reset the connection in its name or "
            "lost track of it; an RST that its sender's own link does not show comes from somebody else"
        )
        silence = ""
    else:
        about = f"connection to {asked} port {conversation.asked_port}"
        wording, meaning = _half_open(conversation, about, _is_at_home(conversation, point))
        silence = ""
    return Unanswered(
        protocol="TCP",
        asker=conversation.asker,
        asked=conversation.asked,
        about=about,
        attempts=conversation.attempts,
        lasted=conversation.lasted,
        capture=capture.number,
        interface=point.name,
        frames=tuple(dict.fromkeys(conversation.frames)),
        group=conversation.group,
        alike=count,
        meaning=meaning,
        doubt=silence,
        wording=wording,
        verb="sent" if conversation.kind == STALLED else "seen" if conversation.kind == RESET else "asked",
        port=conversation.asked_port,
        asker_ports=frozenset((conversation.asker_port,)),
        size=conversation.size if conversation.kind == STALLED else None,
        noun="connection" if conversation.kind == RESET else "question",
        ended="broken off" if conversation.kind == RESET else UNANSWERED,
        lost_answer=conversation.frames[-1] if conversation.kind == HALF_OPEN else None,
    )
