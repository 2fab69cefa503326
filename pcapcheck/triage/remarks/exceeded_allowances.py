"""Remarks on what a cloud dropped at a node's card, as its driver counts it: the instance asked for more than it may.

Amazon's ENA counts packets that were held up or dropped since they exceeded a limit of the instance (ena.rst).
"""

from __future__ import annotations

from collections.abc import Iterator

from pcapcheck.nodestate.host import Host
from pcapcheck.nodestate.readers.card_counters import ALLOWANCE, CARD
from pcapcheck.nodestate.source_lines import quote
from pcapcheck.nodestate.state import State
from pcapcheck.triage.remarks.counted_drops import in_words
from pcapcheck.triage.remarks.remark import Remark
from pcapcheck.values import clean

# Which limit -> what is beyond it.
LIMITS = {
    "bw_in": "more comes in than its bandwidth",
    "bw_out": "more leaves than its bandwidth",
    "pps": "more packets a second than it may have",
    "conntrack": "more connections than its security groups track, so new ones are not made",
    "linklocal": "more packets a second to the services of the cloud, as its resolver and metadata, than these take",
}


def exceeded_allowance_remarks(state: State) -> list[Remark]:
    """A remark per host, on the limit that cost most."""
    return [remark for host in state.hosts for remark in _of(host)]


def _of(host: Host) -> Iterator[Remark]:
    latest = {counter.key: counter for counter in host.counters if counter.source == CARD and counter.value > 0}
    exceeded = sorted(latest.values(), key=lambda counter: -counter.value)
    if exceeded:
        most, limit = exceeded[0], ALLOWANCE.fullmatch(exceeded[0].name)
        where = f"{clean(most.dev)} of {host.label}" if most.dev else f"the card of {host.label}"
        sentence = f"the cloud held up or dropped {in_words(most.value)} at {where} ({clean(most.name)})"
        yield Remark(
            f"{sentence}: {LIMITS[limit[1]] if limit else 'a limit of the instance'}; that is since the card's driver "
            "was loaded: read it twice to see whether it grows meanwhile. A larger instance, or fewer such packets, "
            "mends it",
            lines=tuple(quote(counter.line) for counter in exceeded[:2]),
            short=sentence,
        )
