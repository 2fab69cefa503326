"""Loss: whether a case lost all or a part, and what that follows, as columns that causes ask for."""

from __future__ import annotations

from math import log

from pcapcheck.exchanges.chance import FEWEST, log_ways
from pcapcheck.links.outages import AT_EDGE, FEWEST_AT_EDGE
from pcapcheck.links.question_losses import CONNECTION, OUT, PEER, POD_, PORT, SIZE, TIME, Losses, Share
from pcapcheck.ruleset.judgement import Judgement
from pcapcheck.table_names import ASKED_BY_PORT, ECHO, PAIRED, PATHS
from pcapcheck.triage.case import Case
from pcapcheck.values import Value

ASKED = {PATHS: ECHO, **{table: table for table in PAIRED}}
# The first of these columns decide what a loss may come from, the others only say how much was lost.
DECIDING = ("loss", "loss.follows", "loss.over")
COLUMNS = (*DECIDING, "lost.count", "lost.asked")
# A cause that loses everything may lose a part of these: while it lasts, or of those for whom it is.
BY_ITSELF = ("time", "pair", "size")


def loss_columns(judgement: Judgement, case: Case, replies: str | None) -> dict[str, Value | None]:
    """``loss`` between the pod and whom it asked, and ``loss.follows`` of all that was asked.

    ``replies`` as the samples of the pair have it: what it got answers to.
    """
    if case.question is not None and case.question.protocol != "ICMP":
        # Other exchanges between the two are other questions.
        return dict.fromkeys(COLUMNS)
    table = next((ASKED[item.table] for item in case.items if item.table in ASKED), None)
    losses = judgement.losses(table) if table is not None else None
    port = case.row("dst_port") if table in ASKED_BY_PORT else None
    share = _share(losses, case.lead.pod, case.lead.dst, port) if losses is not None else None
    if losses is None or share is None or not share.failed:
        return dict.fromkeys(COLUMNS)
    scattered = _is_scattered(losses, share, port)
    apart = scattered and losses.follows != CONNECTION
    follows = "nothing" if apart else losses.follows or ("nothing" if losses.is_conclusive else None)
    if follows == "nothing" and replies == "at-first" and _ends_answers(share):
        # Somebody else was answered afterwards, so that it is no outage of all.
        follows = TIME
    found: dict[str, Value | None] = {
        "loss": "total" if share.failed == share.asked and not scattered else "partial",
        "loss.follows": follows,
        "loss.over": follows == TIME and bool(losses.outages) and all(outage.over for outage in losses.outages),
        "lost.count": share.failed,
        "lost.asked": share.asked,
    }
    if loses_a_part(found):
        # Otherwise samples decide, which are the first of each kind.
        found["replies"] = "some"
    elif follows == TIME:
        # While it lasted nothing was answered; that it passed says nothing about its cause.
        found["replies"] = "at-first"
    return found


def _ends_answers(share: Share) -> bool:
    """Whether it is no chance that all that a pair lost came after all that was answered."""
    return share.failed >= FEWEST_AT_EDGE and -log_ways(share.asked, share.failed) < log(AT_EDGE)


def _share(losses: Losses, pod: int | None, dst: int | None, port: Value | None) -> Share | None:
    """What was lost between two, of connections to the port that the case is about: another may be let through."""
    if pod is None or dst is None:
        return None
    target = losses.targets.of((pod, dst, port)) if isinstance(port, int) else None
    if target is not None:
        return Share((pod, dst), target.asked, target.failed, 0)
    return losses.pairs.of((pod, dst))


def _is_scattered(losses: Losses, share: Share, port: Value | None) -> bool:
    """Whether the loss of a pair is part of one spread over many: neither of the two stands out, nor do they together.

    A few questions may all be lost by chance.
    """
    if not losses.is_conclusive or losses.follows in (SIZE, TIME) or not isinstance(share.who, tuple):
        return False
    pod, peer = share.who[:2]
    if losses.suspect is not None and losses.suspect.who == {POD_: pod, PEER: peer, PORT: port}.get(
        losses.follows or "", share.who
    ):
        return False
    alone = [share, losses.pods.of(pod), losses.peers.of(peer)]
    if any(other and other.asked >= FEWEST and other.failed >= OUT * other.asked for other in alone):
        return False
    return losses.partial and losses.pairs.losing > 1


def loses_a_part(packet_evidence: dict[str, Value | None]) -> bool:
    """Whether some packets of this very pair are lost while others pass all the time."""
    follows = packet_evidence.get("loss.follows")
    return packet_evidence.get("loss") == "partial" and follows is not None and follows not in BY_ITSELF
