"""Remarks where no capture was given: what is judged then, whether that reports a fault, and what to record."""

from __future__ import annotations

from collections.abc import Iterable

from pcapcheck.nodestate.state import State
from pcapcheck.ruleset.finding import FAIL, Finding
from pcapcheck.triage.remarks.remark import Remark
from pcapcheck.triage.remarks.sound_state import is_sound
from pcapcheck.triage.remarks.unjudged_outputs import listed_pods_remark, unjudged_output_remarks

SAID = "no capture was given: a node's state alone is judged here, as pcapcheck state does"
RECORD = "For the packets, record on the node while it happens: tcpdump -nn -i any -w any.pcap"


def only_state_remarks(findings: Iterable[Finding], remarks: Iterable[Remark], state: State) -> list[Remark]:
    """That there was no capture; if nothing else was found, that the state reports no fault, and what to record.

    ``remarks`` are the others on it. A list of pods alone is named too.
    """
    listed = None if state.hosts or state.services.size else listed_pods_remark(state)
    known = {remark.text for remark in unjudged_output_remarks(state)}
    has_failed = any(finding.status == FAIL for finding in findings)
    if has_failed or any(remark.text not in known for remark in remarks):
        said = SAID
    elif is_sound(state):
        said = f"{SAID}; it shows no fault. {RECORD}"
    else:
        said = f"{SAID}. {RECORD}"
    return [Remark(said), *([] if listed is None else [listed])]
