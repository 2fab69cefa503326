"""Remarks on who asks in vain, beyond its link, with an address that is of one link only.

No router passes on what comes from such an address (RFC 4291, section 2.5.6; RFC 3927, section 2.6.2; kernel:
net/ipv6/ip6_output.c, ip6_forward). Of IPv4, Linux passes it on, and the answer finds no way back.
"""

from __future__ import annotations

from pcapcheck.ruleset.judgement import Judgement
from pcapcheck.triage.remarks.remark import Remark
from pcapcheck.values import format_address, is_ipv4, is_link_local, is_multicast_address

MOST = 3
# What looks for neighbours is of one link by nature.
PROTOCOLS = ("ICMP", "TCP", "UDP", "DNS", "SCTP")


def link_local_asker_remarks(judgement: Judgement) -> list[Remark]:
    """A remark per asker, the first few of them."""
    found = {
        question.asker: _remark(question.asker, question.asked)
        for question in judgement.unanswered
        if question.protocol in PROTOCOLS
        and question.asked is not None
        and is_link_local(question.asker)
        and not is_link_local(question.asked)
        and not is_multicast_address(question.asked)
    }
    return list(found.values())[:MOST]


def _remark(asker: int, asked: int) -> Remark:
    way = "its answer has no way back, unless the node translates the source" if is_ipv4(asker) else "the node drops it"
    return Remark(
        f"{format_address(asker)}, who asks {format_address(asked)}, is an address of one link only: where the packet "
        f"has to go on from there, as to a pod behind a node port, {way}; give the asker another address, or let "
        "something answer on that node itself (with hostNetwork)"
    )
