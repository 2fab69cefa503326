"""Reset origin: who sent an RST that broke a connection off, and why, as columns that causes ask for."""

from __future__ import annotations

from pcapcheck.paths.path import Path
from pcapcheck.ruleset.judgement import Judgement
from pcapcheck.triage.case import RESET_RULE, Case
from pcapcheck.triage.quoted_columns import QuotedColumns
from pcapcheck.values import clean, format_address

TCP = "tcp"


def reset_origin(case: Case, judgement: Judgement) -> QuotedColumns:
    """``reset.forged`` and ``reset.untranslated`` for a connection that was reset; nothing for others."""
    found = QuotedColumns()
    if RESET_RULE not in case.names:
        return found
    unsent = _unsent(case, judgement)
    forged = True if unsent else case.row("reset_forged")
    found.columns = {"reset.forged": forged, "reset.untranslated": None}
    if unsent:
        found.lines["reset.forged"] = (unsent,)
    elif forged:
        ttl = case.row("reset_ttl")
        # What the state shows of the same pods may come first, and has no frames.
        evidence = next(item.evidence for item in case.items if item.name == RESET_RULE)
        which = f"frame {evidence.frames[0]} of {clean(judgement.captures[evidence.capture].source.short_name)}"
        found.lines["reset.forged"] = (f"the RST ({which}) has TTL {ttl}, which no other segment from its address has",)
    sender, receiver = case.lead.pod, case.lead.dst
    known = next((path for path in judgement.followed.found if _is_known_as_another(path, sender, receiver)), None)
    if known is not None:
        stray = _untranslated(judgement, receiver, sender)
        found.columns["reset.untranslated"] = stray is not None
        if stray is not None and receiver is not None:
            last = stray.steps[-1]
            name = last.spot.point.name
            frame = stray.samples[0].frames[-1]
            file = clean(judgement.captures[last.spot.capture].source.short_name)
            found.lines["reset.untranslated"] = (
                f"on {name}, its own link, it talks to {format_address(known.dst)}, and is sent an answer from "
                f"{format_address(receiver)} (frame {frame} of {file})",
            )
    return found


def _unsent(case: Case, judgement: Judgement) -> str | None:
    """That the link of the pod in whose name it was reset was recorded too, and does not show the RST."""
    question, home = case.question, case.lead.link
    if question is None or home is None or case.failed:
        # Of what a rule found, the link is the one that shows the RST.
        return None
    for path in judgement.followed.found:
        first, frames = path.steps[0].spot, {sample.frames[0] for sample in path.samples}
        if path.packet != TCP or first.capture != question.capture or not frames & set(question.frames):
            continue
        if first.point.key != home.key and home.key[0] in path.watching and path.src == question.asker:
            file, frame = clean(judgement.captures[first.capture].source.short_name), min(frames & set(question.frames))
            return f"{file}: the RST (frame {frame}) never was on {home.name}, the link of {format_address(path.src)}"
    return None


def _is_known_as_another(path: Path, sender: int | None, receiver: int | None) -> bool:
    """Whether these are segments that were sent to another address, as a service's, and came to the receiver."""
    first = path.steps[0]
    return (
        path.packet == TCP
        and (first.src, path.steps[-1].dst) == (sender, receiver)
        and first.dst != receiver
        and first.spot.point.kind == "pod-link"
    )


def _untranslated(judgement: Judgement, receiver: int | None, sender: int | None) -> Path | None:
    """Segments of the receiver that came to the sender's own link with the receiver's address."""
    for path in judgement.followed.between(receiver, sender):
        last = path.steps[-1]
        point = last.spot.point
        untranslated = path.packet == TCP and (last.src, last.dst) == (receiver, sender)
        if untranslated and point.kind == "pod-link" and sender in point.pod_ips:
            return path
    return None
