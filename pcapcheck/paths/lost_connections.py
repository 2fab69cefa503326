"""Lost connections: whether each is lost whole or not at all, as it is if one of several network paths is broken.

A packet that is lost by itself is sent again and arrives. Where a hash of addresses and ports chooses the path (ECMP,
bonding; a tunnel's outer source port is such a hash: RFC 7348, section 5), what is sent again is lost again, and
whatever else the other connections send arrives.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import log

from pcapcheck.exchanges.chance import ALPHA, FEWEST, SHARPLY, log_tail
from pcapcheck.links.facts import Facts
from pcapcheck.links.question_losses import Losses, counts
from pcapcheck.links.read_capture import Capture
from pcapcheck.paths.paths import Paths
from pcapcheck.table_names import CONNECTIONS

TCP = "tcp"


def lost_whole(losses: Losses, captures: Iterable[Capture], facts: Facts, followed: Paths) -> bool:
    """Whether of connections to the same targets some lost every packet and the others none, which chance would not do.

    Only where nothing else stands out: a port that nobody may ask loses whole connections too.
    """
    if losses.table != CONNECTIONS or not losses.is_conclusive or losses.icmp_errors or losses.follows is not None:
        return False
    dead, most = losses.targets.dead
    if most >= FEWEST or dead > losses.failed / 2:
        # Somebody who answers nobody; of few attempts all may have come to the broken path.
        return False
    again, late = _sent_again(captures, facts)
    if late:
        return False
    tries, lost = losses.asked + again, losses.failed + again
    if again and log_tail(tries, lost, again, again) < log(SHARPLY):
        return True
    return _others_arrive(losses, followed, tries, lost)


def _sent_again(captures: Iterable[Capture], facts: Facts) -> tuple[int, int]:
    """How many SYNs were sent again: by those that got no answer, by those that got one."""
    again = late = 0
    for capture in captures:
        for some in capture.exchanges.paired.bins_of(CONNECTIONS):
            if counts(facts, capture.number, some.group, CONNECTIONS):
                again += some.requests - some.count if some.outcome == "unanswered" else 0
                late += some.requests - some.count if some.outcome == "replied" else 0
    return again, late


def _others_arrive(losses: Losses, followed: Paths, tries: int, lost: int) -> bool:
    """Whether, of all packets of TCP that were followed, none was lost but SYNs of connections that failed."""
    if followed.share > 1:
        return False
    pairs = {share.who for share in losses.pairs.failing()}
    paths = [
        path for path in followed.found if path.packet == TCP and {(path.src, path.dst), (path.dst, path.src)} & pairs
    ]
    arrived, missing = 0, 0
    for path in paths:
        delivered = followed.is_delivered(path)
        if delivered is False and (path.src, path.dst) not in pairs:
            # How many answers to a SYN were sent again nobody knows.
            return False
        arrived += path.count if delivered and (path.src, path.dst) in pairs else 0
        missing += path.count if delivered is False else 0
    return 0 < missing <= lost and log_tail(arrived + missing, missing, tries, missing) < log(ALPHA)
