"""Expiry: whether echo requests that expired, or got no answer, were pings or a traceroute's probes.

A traceroute wants its packets to expire: errors come from one router after the other, the next probe is sent as soon as
an error comes, or all at once, and the last probes are answered. A ping in a loop of routers gets errors from the same
router for each of its requests, and sends them at its own pace.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from pcapcheck.exchanges import pairing_layout as layout
from pcapcheck.exchanges.exchange_bins import ExchangeBin
from pcapcheck.exchanges.paired_exchanges import PairedExchanges
from pcapcheck.protocols import TIME_EXCEEDED
from pcapcheck.table_names import ECHO

# No ping is faster without an option (iputils: 200 ms is the least that users may set), no traceroute slower.
PACE = 150_000_000
# This many requests in a row expire at the same router; traceroute sends three before it asks the next router.
MANY = 4


def pings_expired(paired: PairedExchanges) -> frozenset[int]:
    """The frame groups of echo requests without a TTL that expired and were not a traceroute's."""
    return frozenset(
        some.group
        for some in paired.bins_of(ECHO)
        if some.outcome == "error"
        and some.error == "time-exceeded"
        and _at_a_pings_pace(some)
        and not _is_traced(some, paired)
    )


def probes_unanswered(bins: Sequence[ExchangeBin]) -> frozenset[int]:
    """The frame groups whose unanswered echo requests were a traceroute's: their targets answered larger TTLs.

    Many routers drop what expires at them and say nothing, or only so often (RFC 1812, section 4.3.2.8).
    """
    reached: dict[tuple[int, int], int] = {}
    for some in bins:
        for each in some.samples if some.outcome == "replied" else ():
            if each.ttl is not None:
                reached[each.src, each.dst] = max(each.ttl, reached.get((each.src, each.dst), 0))
    return frozenset(
        some.group
        for some in (bins if reached else ())
        if some.outcome == "unanswered"
        and all(
            each.ttl is not None and each.ttl <= layout.MOST_HOPS and each.ttl < reached.get((each.src, each.dst), 0)
            for each in (*some.samples, *some.spread)
        )
    )


def may_be_traced(some: ExchangeBin, paired: PairedExchanges) -> bool:
    """Whether requests may have been sent to expire: by their TTLs, or by other packets."""
    ttls = [each.ttl for each in some.samples if each.ttl is not None]
    return min(ttls) <= layout.MOST_HOPS if ttls else _is_traced(some, paired)


def _is_traced(some: ExchangeBin, paired: PairedExchanges) -> bool:
    """Whether several routers report expired packets, or others between the same two were answered."""
    errors = paired.ending_errors.counts
    routers = {
        source for family, icmp_type, code, source, _ in errors if (icmp_type, code) == (TIME_EXCEEDED[family], 0)
    }
    if len(routers) > 1:
        return True
    failed = {(each.src, each.dst) for each in some.samples}
    answered = (bin_ for bin_ in paired.bins_of(ECHO) if bin_.outcome == "replied")
    return any((each.src, each.dst) in failed for bin_ in answered for each in bin_.samples)


def _at_a_pings_pace(some: ExchangeBin) -> bool:
    times = sorted(each.time for each in some.samples if each.time is not None)
    if len(times) < len(some.samples):
        return some.count >= MANY
    return len(times) > 1 and all(after - before >= PACE for before, after in pairwise(times))
