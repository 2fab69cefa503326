"""What an observation came to, causes included: what every report format reads."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pcapcheck.ruleset.result import Result

if TYPE_CHECKING:
    from pcapcheck.triage.agreement import Remark
    from pcapcheck.triage.diagnosis import Diagnosis
    from pcapcheck.triage.pods import Pods


@dataclass
class Outcome(Result):
    """Findings and why they failed. ``remarks`` are on what is no fault but should be known, in the captures
    and in the node's state, where one was given.

    ``pods`` names pods, where a list of them was given.
    """

    diagnoses: list[Diagnosis] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)
    pods: Pods | None = None
