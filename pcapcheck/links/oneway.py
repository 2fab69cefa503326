"""Does a recording hold one direction only (``tcpdump -Q in``)? Then no missing answer proves anything.

Only traffic that cannot be without answers proves it: a pod that sends although nobody seems to have answered for the
gateway's MAC, or a TCP handshake completed although nobody seems to have answered its SYN.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any

from pcapcheck.column_words import IP_UNICAST
from pcapcheck.decode import frame_layout
from pcapcheck.decode.frame_group import FrameGroup
from pcapcheck.decode.frame_row import FrameRow
from pcapcheck.protocols import (
    ARP_REPLY,
    ARP_REQUEST,
    ICMP_ECHO_REPLY,
    ICMPV6_ECHO_REPLY,
    NEIGHBOR_ADVERTISEMENT,
    NEIGHBOR_SOLICITATION,
    TCP_ACK,
    TCP_SYN,
)

MOST_HANDSHAKES = 1 << 12
# Where answers come in at all, one of the first frames is an answer.
MOST_LOOKED_AT = 1 << 13
ECHO_REPLIES = (ICMP_ECHO_REPLY, ICMPV6_ECHO_REPLY)
# Linux repeats an unanswered unicast request after retrans_time_ms (1 s), so a lone one was answered
# (kernel: net/core/neighbour.c, neigh_timer_handler).
REPEATED_WITHIN = 3_000_000_000
TO_ONE_HOST = (frame_layout.TO_ONE, frame_layout.TO_OTHER)


def proof_of_one_way(rows: Iterable[FrameRow], gateways: frozenset[int], arp_wait: int) -> str | None:
    """What shows that the other end's frames were not recorded, or None.

    ``rows`` are the frames of one capture point on which only one sender is known to have been heard.
    """
    asked: dict[Any, tuple[int, int, Any]] = {}
    revalidated: dict[Any, tuple[int, int, Any]] = {}
    # The latest answer for each address.
    answered_at: dict[Any, int] = {}
    handshakes: dict[tuple[Any, ...], int] = {}
    for row in rows:
        time = row.time
        if time is None:
            continue
        if row.carries in ("arp", "nd"):
            target = row.arp_dst_proto_ipv4 if row.carries == "arp" else row.nd_target
            if row.arp_opcode == ARP_REPLY or row.icmp_type == NEIGHBOR_ADVERTISEMENT:
                answered_at[row.arp_src_proto_ipv4 if row.carries == "arp" else target] = row.frames[0]
            elif target in gateways and (row.arp_opcode == ARP_REQUEST or row.icmp_type == NEIGHBOR_SOLICITATION):
                pending = revalidated if row.field(frame_layout.CAST) in TO_ONE_HOST else asked
                for sender in _senders(row):
                    revalidated.pop(sender, None)
                    pending[sender] = (time, row.frames[0], target)
        elif row.carries == IP_UNICAST:
            sender = row.ip_src if row.eth_src is None else row.eth_src
            since, number, target = asked.get(sender, (None, 0, None))
            if since is not None and answered_at.get(target, 0) < number and 0 <= time - since <= arp_wait:
                return _reason(f"frame {row.frames[0]} is sent to the gateway although frame {number} got no answer")
            since, number, target = revalidated.get(sender, (None, 0, None))
            if since is not None and answered_at.get(target, 0) < number and time - since > REPEATED_WITHIN:
                return _reason(f"frame {number} got no answer and yet was not repeated")
            proof = _handshake(row, handshakes)
            if proof:
                return proof
    return None


def proof_of_incoming_only(rows: Iterable[FrameRow], groups: Sequence[FrameGroup]) -> str | None:
    """The same of a recording of several interfaces in which every frame comes in: what shows that others went out.

    An answer that came in by one interface is to a question that came in by another, and must have gone out by it.
    """
    came: dict[tuple[Any, Any], tuple[object, int]] = {}
    for row in islice(rows, MOST_LOOKED_AT):
        if row.carries != IP_UNICAST:
            continue
        interface, ends = _interface(groups[row.group]), (row.ip_src, row.ip_dst)
        flags = row.tcp_flags
        is_answer = row.icmp_type in ECHO_REPLIES or (isinstance(flags, int) and bool(flags & TCP_ACK))
        asked, number = came.get((row.ip_dst, row.ip_src), (interface, 0))
        if is_answer and asked != interface:
            return _reason(f"frame {row.frames[0]} answers what frame {number} asked, and nothing goes out")
        if len(came) < MOST_HANDSHAKES:
            came.setdefault(ends, (interface, row.frames[0]))
    return None


def only_comes_in(groups: Sequence[FrameGroup]) -> bool:
    """Whether it is a recording of several interfaces that shows none sending."""
    sent = [group for group in groups if group.carries == IP_UNICAST]
    outgoing = any(group.direction == "out" for group in groups)
    return not outgoing and len({_interface(group) for group in sent if group.direction == "in"}) > 1


def _interface(group: FrameGroup) -> object:
    return group.interface, group.ifindex


def _senders(row: FrameRow) -> list[object]:
    """Who asked: by MAC, and by address, since the text of a capture may show no MAC of what is sent afterwards."""
    address = row.arp_src_proto_ipv4 if row.carries == "arp" else row.ip_src
    return [sender for sender in (row.eth_src, address) if sender is not None]


def _handshake(row: FrameRow, handshakes: dict[tuple[Any, ...], int]) -> str | None:
    flags = row.tcp_flags
    if not isinstance(flags, int):
        return None
    flow = (row.ip_src, row.tcp_srcport, row.ip_dst, row.tcp_dstport)
    if flags & TCP_SYN and flags & TCP_ACK:
        # In texts without MACs whatever stands between two pods may look like one sender's.
        handshakes.pop((row.ip_dst, row.tcp_dstport, row.ip_src, row.tcp_srcport), None)
    elif flags & TCP_SYN:
        if len(handshakes) < MOST_HANDSHAKES:
            handshakes[flow] = row.frames[0]
    elif flags & TCP_ACK and not flags & TCP_SYN and flow in handshakes:
        return _reason(
            f"frame {row.frames[0]} completes a handshake, but only its SYN (frame {handshakes[flow]}) is here"
        )
    return None


def _reason(what: str) -> str:
    return f"only one direction was recorded ({what}); capture without -Q"
