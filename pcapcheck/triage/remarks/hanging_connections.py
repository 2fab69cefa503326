"""Remarks on connections that sockets show to be not made: a SYN that nobody answers, an answer that nobody heard."""

from __future__ import annotations

from pcapcheck.nodestate.opening_sockets import OpeningSocket
from pcapcheck.nodestate.source_lines import quote
from pcapcheck.nodestate.state import State
from pcapcheck.triage.remarks.remark import Remark
from pcapcheck.values import clean

MOST_SHOWN = 3
AGAIN = "a connection is like that for a round trip only: list them again, and capture those that stay"
UNHEARD = (
    "the answer (SYN-ACK) is lost on its way back, or the ACK on its way here (a firewall, a policy, the reverse-path "
    f"check, another way back); {AGAIN}"
)
SILENT = f"it is dropped on its way, or nobody is there, or the answer is lost on its way back; {AGAIN}"


def hanging_connection_remarks(state: State) -> list[Remark]:
    """A remark per end that was asked, those with the most connections first."""
    found: dict[tuple[bool, str], list[OpeningSocket]] = {}
    for socket in state.opening:
        found.setdefault((socket.sent, socket.asked), []).append(socket)
    ordered = sorted(found.values(), key=len, reverse=True)
    return [_remark(sockets) for sockets in ordered[:MOST_SHOWN]]


def _remark(sockets: list[OpeningSocket]) -> Remark:
    asker, asked, sent = sockets[0].asker, sockets[0].asked, sockets[0].sent
    others = len({socket.asker for socket in sockets}) - 1
    whose = f"{clean(asker)}" + (f" and {others} more" if others else "")
    many = f"{len(sockets)} connections" if len(sockets) > 1 else "a connection"
    waits = "wait" if len(sockets) > 1 else "waits"
    what = "the answer to its SYN (SYN-SENT)" if sent else "the ACK to its answer (SYN-RECV)"
    sentence = f"{many} of {whose} to {clean(asked)} {waits} for {what}"
    return Remark(f"{sentence}: {SILENT if sent else UNHEARD}", lines=(quote(sockets[0].line),), short=sentence)
