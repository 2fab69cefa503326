"""A question and its answer as packets that a firewall sees."""

from __future__ import annotations

from pcapcheck import protocols
from pcapcheck.paths.losses import REQUEST
from pcapcheck.protocols import ECHO_REPLY, ECHO_REQUEST, TCP_ACK, TCP_SYN
from pcapcheck.triage.firewall.lost import LostPackets
from pcapcheck.triage.firewall.lost_packet import LostPacket
from pcapcheck.triage.firewall.stage import ON_RETURN
from pcapcheck.triage.packet_evidence.case_exchanges import OTHER, TCP
from pcapcheck.values import is_ipv4

# By the type of question and the version of IP.
PROTOCOLS = {
    **{(REQUEST, 4): protocols.ICMP, (REQUEST, 6): protocols.ICMPV6},
    **{(TCP, 4): protocols.TCP, (TCP, 6): protocols.TCP},
    **{(OTHER, 4): protocols.SCTP, (OTHER, 6): protocols.SCTP},
}


def question_packets(loss: LostPackets, lost: str | None) -> tuple[LostPacket, LostPacket]:
    """The request and the reply; ``lost`` as of ``StageSeen``."""
    family = 4 if is_ipv4(loss.src) else 6
    protocol = PROTOCOLS.get((loss.kind, family), 17)
    asked, answered = (ECHO_REQUEST[family], ECHO_REPLY[family]) if loss.kind == REQUEST else (None, None)
    # After a reply, packets of the same flow are established: a ping keeps its identifier, a resolver its port.
    fresh = frozenset(("new",)) if loss.kind == TCP or not loss.answered else frozenset(("new", "established"))
    if loss.begun:
        # Data of a connection that conntrack knows, unless it has lost track of it.
        fresh = frozenset(("established", "invalid"))
    # A reply whose request this node did not see is invalid.
    back = frozenset(("established",)) if lost == ON_RETURN else frozenset(("established", "invalid", "new"))
    request = LostPacket(
        family,
        protocol,
        loss.src,
        loss.dst,
        loss.sports,
        loss.dports,
        asked,
        None if loss.kind != TCP else TCP_ACK if loss.begun else TCP_SYN,
        fresh,
    )
    # The back end's own address is translated back once the packet leaves (kernel: net/netfilter/nf_nat_core.c).
    source, ports = loss.answerer or (loss.dst, loss.dports)
    reply = LostPacket(
        family,
        protocol,
        source,
        loss.src,
        ports,
        loss.sports,
        answered,
        None if loss.kind != TCP else TCP_ACK if loss.begun else TCP_SYN | TCP_ACK,
        back,
        is_reply=True,
    )
    return request, reply
