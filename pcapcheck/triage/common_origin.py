"""Diagnoses of one origin: those that are parts of one loss, or that the same causes explain, become one."""

from __future__ import annotations

from msgspec.structs import replace

from pcapcheck.triage.case import Case
from pcapcheck.triage.case_loss import loses_a_part
from pcapcheck.triage.diagnosis import Diagnosis
from pcapcheck.triage.suspect import CONFIRMED

# What a loss follows that takes a part from every asker.
OF_MANY = ("nothing", "connection")


def one_per_origin(found: list[Diagnosis]) -> list[Diagnosis]:
    """Diagnoses of one origin, merged."""
    merged: list[Diagnosis] = []
    for later in found:
        origin = next((diagnosis for diagnosis in merged if _same_origin(diagnosis, later)), None)
        if origin is None:
            merged.append(later)
        else:
            origin.others += [later.case, *later.others]
            if _is_one_loss(origin, later):
                _join(origin, later)
    return merged


def _is_one_loss(first: Diagnosis, later: Diagnosis) -> bool:
    """Whether both are of one loss that takes a part from many pairs, and nothing shows another cause."""
    spread = all(
        loses_a_part(diagnosis.packet_evidence)
        and diagnosis.packet_evidence["loss.follows"] in OF_MANY
        and diagnosis.packet_evidence["refused"] == "none"
        for diagnosis in (first, later)
    )
    if not spread or first.packet_evidence["asked"] != later.packet_evidence["asked"]:
        return False
    confirmed = {suspect.cause.id for suspect in first.confirmed}
    return not later.confirmed or {suspect.cause.id for suspect in later.confirmed} == confirmed


def _join(origin: Diagnosis, later: Diagnosis) -> None:
    """Add the rules that failed there; keep the possible causes that fit both."""
    known = set(origin.case.names)
    origin.case.items += [item for item in later.case.items if item.name not in known]
    both = {suspect.cause.id for suspect in later.suspects}
    kept = [
        suspect for suspect in origin.suspects if suspect.status == CONFIRMED or suspect.cause.id in both
    ] or origin.suspects
    origin.suspects = [
        replace(suspect, explains=tuple(name for name in origin.case.names if name in suspect.cause.explains))
        for suspect in kept
    ]


def _same_origin(first: Diagnosis, later: Diagnosis) -> bool:
    """Whether both are parts of one loss, or the same lines confirm the same causes.

    Or both are about one link or one address, and the same causes are confirmed or possible, or the later failures are
    all among the first and known to follow from what is confirmed.
    """
    if _is_one_loss(first, later):
        return True
    confirmed = {suspect.cause.id for suspect in first.confirmed}
    if later.confirmed:
        proofs = {(suspect.cause.id, suspect.because) for suspect in first.confirmed}
        if all((suspect.cause.id, suspect.because) in proofs for suspect in later.confirmed):
            return True
    claimed = first.packet_evidence["claimed"]
    one_address = claimed is not None and claimed == later.packet_evidence["claimed"]
    if not one_address and not first.case.interfaces & later.case.interfaces:
        return False
    if confirmed:
        followed = set(later.case.names) <= set(first.case.names) and not _is_of_another(first.case, later.case)
        return {suspect.cause.id for suspect in later.confirmed} <= confirmed and (bool(later.confirmed) or followed)
    possible = [suspect.cause.id for suspect in first.possible]
    same = [suspect.cause.id for suspect in later.possible]
    return bool(same) and not later.confirmed and (possible == same or (one_address and set(same) <= set(possible)))


def _is_of_another(first: Case, later: Case) -> bool:
    """Whether another address was asked in vain: what is confirmed for the first says nothing about it."""
    asked = {first.lead.dst, later.lead.dst} if not first.lead.about_gateway else set()
    return len(asked) > 1 and None not in asked
