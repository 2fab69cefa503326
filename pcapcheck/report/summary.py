"""Exchanges summed up per pod, as every format reports them."""

from __future__ import annotations

from dataclasses import dataclass, field

from pcapcheck.columns import ARP, DNS, ECHO
from pcapcheck.flows.links import Link
from pcapcheck.flows.sides import POD
from pcapcheck.flows.summary import Tally
from pcapcheck.ruleset.result import Result


@dataclass
class PodSummary:
    """What the pod on one link asked, and what came of it."""

    link: Link
    arp: Tally = field(default_factory=Tally)
    echo: Tally = field(default_factory=Tally)
    dns: Tally = field(default_factory=Tally)

    @property
    def tallies(self) -> tuple[tuple[str, Tally], ...]:
        """Its sums by table."""
        return (ARP, self.arp), (ECHO, self.echo), (DNS, self.dns)


def pods(result: Result) -> list[PodSummary]:
    """A summary per judged pod link, in the order of capture points."""
    summaries = {
        link.point.key: PodSummary(link) for link in result.links if link.point.kind == "pod-link" and link.judged
    }
    for capture in result.captures:
        for (table, number), tally in capture.tallies.items():
            link = result.facts.link(capture.number, number)
            if link is None or link.point.key not in summaries:
                continue
            if link.sides.of(link.point.groups[number])[0] == POD:
                summary = summaries[link.point.key]
                for own, sum_ in summary.tallies:
                    if table == own:
                        sum_.merge(tally)
    for summary in summaries.values():
        for table, tally in summary.tallies:
            if table in summary.link.silence:
                tally.doubt_silence()
    return list(summaries.values())


def total(summaries: list[PodSummary]) -> tuple[Tally, Tally, Tally]:
    """ARP, echo and DNS over all pods."""
    arp, echo, dns = Tally(), Tally(), Tally()
    for summary in summaries:
        arp.merge(summary.arp)
        echo.merge(summary.echo)
        dns.merge(summary.dns)
    return arp, echo, dns
