"""What an observation came to, causes included: what every report format reads."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pcapcheck.ruleset.finding import FAIL, PASS
from pcapcheck.ruleset.result import Result

if TYPE_CHECKING:
    from pcapcheck.triage.diagnosis import Diagnosis
    from pcapcheck.triage.pods import Pods
    from pcapcheck.triage.remarks.remark import Remark


@dataclass(frozen=True)
class Unmet:
    """What a caller demanded and did not get (``--strict``, ``--require``), and of which rule, if it is of one."""

    text: str
    rule: str | None = None


@dataclass(repr=False)
class Outcome(Result):
    """Findings and why they failed. ``remarks`` are on what is no fault but should be known, in the captures
    and in the node's state, where one was given.

    ``pods`` names pods, where a list of them was given. ``given`` are the files as they were named, ``error`` says why
    they could not be judged at all. ``unmet`` turns a pass into a failure, ``exit_zero`` exit code 1 into 0.
    """

    diagnoses: list[Diagnosis] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)
    pods: Pods | None = None
    given: tuple[str, ...] = ()
    error: str = ""
    unmet: list[Unmet] = field(default_factory=list)
    exit_zero: bool = False

    @property
    def verdict(self) -> str:
        """pass, fail (a rule of severity error failed, or something demanded is missing) or not-checked."""
        verdict = super().verdict
        return FAIL if verdict == PASS and self.unmet else verdict
