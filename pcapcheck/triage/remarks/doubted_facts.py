"""Remarks on facts that two files show differently. Neither is used."""

from __future__ import annotations

from pcapcheck.nodestate.source_lines import quote
from pcapcheck.nodestate.state import State
from pcapcheck.triage.remarks.remark import Remark
from pcapcheck.values import clean

# Of many facts of a host, this many are shown.
MOST_SHOWN = 5


def doubted_fact_remarks(state: State) -> list[Remark]:
    """One for each host; of one that contradicts itself altogether, nothing is used anyway."""
    return [
        _of_host(clean(host.label), [(fact.text, quote(fact.line)) for fact in host.doubted.values()])
        for host in state.hosts
        if host.doubted and not host.contradictions
    ]


def _of_host(name: str, facts: list[tuple[str, str]]) -> Remark:
    said = "; ".join(clean(text) for text, _ in facts[:MOST_SHOWN])
    more = f"; and {len(facts) - MOST_SHOWN} more" if facts[MOST_SHOWN:] else ""
    return Remark(
        f"the files show {name} at two times: {said}{more}. Nothing shows which is the time of the packets, so neither "
        "is used of what differs; give the files of one time",
        tuple(line for _, line in facts[:MOST_SHOWN]),
        warning=f"the files show {name} at two times, and what differs was not judged",
    )
