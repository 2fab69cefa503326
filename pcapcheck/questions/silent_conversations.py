"""Conversations in which a question got no answer: SYN-ACKs, datagrams and SCTP."""

from __future__ import annotations

from collections.abc import Iterator

from pcapcheck.exchanges.conversations import HALF_OPEN, REFUSED, SILENT, UNACCEPTED, Conversation
from pcapcheck.links.facts import Facts
from pcapcheck.links.point_facts import PointFacts
from pcapcheck.links.read_capture import Capture
from pcapcheck.protocols import TUNNEL_PORTS
from pcapcheck.questions.unanswered import Judged, Unanswered
from pcapcheck.table_names import CONNECTIONS
from pcapcheck.values import format_address

# Ports to which datagrams go that nobody answers, or not from there (IANA; the tools' documentation).
ONE_WAY = frozenset(
    (
        *(67, 68, 69, 137, 138, 162, 514, 520, 1900, 5353, 5355),  # DHCP, TFTP, NetBIOS, SNMP traps, syslog, discovery
        *(2055, 4739, 6343, 9995, 9996),  # NetFlow, IPFIX, sFlow
        *(2003, 5775, 6831, 6832, 8089, 8125, 8126, 8649, 12201, 24224, 25826),  # metrics, traces and logs
        *(3784, 3785, 4784, 6784),  # BFD: each side has a source port of its own
        *TUNNEL_PORTS,
    )
)
# Ports from here on are those of whoever asks (Linux: net.ipv4.ip_local_port_range).
EPHEMERAL = 32768
# The bytes of a datagram that keeps a NAT entry alive.
KEEP_ALIVE = 1


def silent_conversations(capture: Capture, facts: Facts, judged: Judged) -> Iterator[Unanswered]:
    """A question per two hosts and port asked, with how many conversations are like it."""
    alike: dict[object, list[Conversation]] = {}
    for conversation in capture.exchanges.conversations.found:
        point = facts.point(capture.number, conversation.group)
        if (
            point is None
            or not point.judged
            or conversation.kind == REFUSED
            or (conversation.kind == SILENT and not _asks(conversation))
        ):
            continue
        if conversation.kind in (SILENT, UNACCEPTED) and not point.heard_both_ends:
            # The other direction was not recorded.
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


def _asks(conversation: Conversation) -> bool:
    """Whether datagrams look like a question: to a port that answers, from one that asks."""
    return (
        conversation.asked_port not in ONE_WAY
        and conversation.asker_port not in ONE_WAY
        and conversation.asked_port < EPHEMERAL
        and conversation.asked_port <= conversation.asker_port
        and conversation.size > KEEP_ALIVE
    )


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
    asked = format_address(conversation.asked)
    about, protocol, meaning, wording, silence = "", "TCP", "", "", point.silence.get(CONNECTIONS, "")
    if conversation.kind == HALF_OPEN:
        about = f"connection to {asked} port {conversation.asked_port}"
        wording, meaning = _half_open(conversation, about, _is_at_home(conversation, point))
        silence = ""
    elif conversation.kind == UNACCEPTED:
        about, protocol = f"SCTP INIT to {asked} port {conversation.asked_port}", "SCTP"
    else:
        about, protocol = f"UDP request to {asked} port {conversation.asked_port}", "UDP"
    return Unanswered(
        protocol=protocol,
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
        port=conversation.asked_port,
        asker_ports=frozenset((conversation.asker_port,)),
        opens=conversation.kind in (SILENT, UNACCEPTED),
        lost_answer=conversation.frames[-1] if conversation.kind == HALF_OPEN else None,
    )
