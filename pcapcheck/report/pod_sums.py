"""Exchanges summed up per pod, as every format reports them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct, field

from pcapcheck.analysis import Analysis
from pcapcheck.exchanges.sums import AskerSums
from pcapcheck.links.capture_points import PointKey
from pcapcheck.links.point_facts import PointFacts
from pcapcheck.links.sides import POD
from pcapcheck.table_names import ARP, CONNECTIONS, DNS, ECHO


class PodSummary(Struct):
    """The questions of the pod on one link and their outcomes. ``ips`` and ``macs`` are the pod's.

    ``connections`` are in no table of a report: only who watches a stream is shown them.
    """

    link: PointFacts
    ips: frozenset[int]
    macs: frozenset[int]
    arp: AskerSums = field(default_factory=AskerSums)
    echo: AskerSums = field(default_factory=AskerSums)
    dns: AskerSums = field(default_factory=AskerSums)
    connections: AskerSums = field(default_factory=AskerSums)

    @property
    def tallies(self) -> tuple[tuple[str, AskerSums], ...]:
        """Its sums by table."""
        return (ARP, self.arp), (ECHO, self.echo), (DNS, self.dns)

    @property
    def every_tally(self) -> tuple[tuple[str, AskerSums], ...]:
        """Its sums by table, with those of connections."""
        return *self.tallies, (CONNECTIONS, self.connections)


def pods(analysis: Analysis) -> list[PodSummary]:
    """A summary per judged pod link, in the order of capture points."""
    return list(_summaries(analysis, {}).values())


def each_pod(analysis: Analysis) -> list[PodSummary]:
    """A summary per pod, also if several asked on one link (``-i any``, a bridge, a merged file)."""
    split = {
        key: ids for key, point in analysis.facts.points.items() if len(set((ids := _pods_of(point)).values())) > 1
    }
    return list(_summaries(analysis, split).values())


def _summaries(
    analysis: Analysis, split: dict[PointKey, dict[int, frozenset[int]]]
) -> dict[tuple[PointKey, frozenset[int]], PodSummary]:
    """Tallies by link and, on a link that is ``split``, by the senders (MACs, or addresses) that are one pod."""
    summaries: dict[tuple[PointKey, frozenset[int]], PodSummary] = {}
    for point in analysis.points:
        if point.kind == "pod-link" and point.judged:
            pods = dict.fromkeys(split.get(point.key, {}).values(), None) or {frozenset[int](): None}
            # Once per link: there may be a thousand pods on it.
            senders = _by_sender(point) if point.key in split else {}
            for pod in pods:
                summaries[point.key, pod] = PodSummary(point, *_names(point, pod, senders))
    for capture in analysis.captures:
        for (table, number), tally in capture.tallies.items():
            at = analysis.facts.point(capture.number, number)
            if at is None or at.kind != "pod-link" or not at.judged:
                continue
            if at.sides.of(at.groups[number])[0] != POD:
                continue
            sender = at.groups[number].sender
            pod = split.get(at.key, {}).get(-1 if sender is None else sender, frozenset())
            # Exchanges without a sender, as in a text, belong to no named pod.
            summary = summaries.setdefault((at.key, pod), PodSummary(at, frozenset(), frozenset()))
            for own, sum_ in summary.every_tally:
                if table == own:
                    sum_.merge(tally)
    for summary in summaries.values():
        for table, tally in summary.every_tally:
            if table in summary.link.silence:
                tally.doubt_silence()
    return summaries


def _pods_of(point: PointFacts) -> dict[int, frozenset[int]]:
    """Which senders are one pod: those that share an address, such as a pod that was recreated with a new MAC."""
    by_address: dict[int, set[int]] = {}
    for sender, ips in _addresses(point):
        for ip in ips:
            by_address.setdefault(ip, set()).add(sender)
    pods = {sender: {sender} for sender, _ in _addresses(point)}
    for senders in by_address.values():
        joined = set().union(*(pods[member] for member in senders))
        for member in joined:
            pods[member] = joined
    return {sender: frozenset(some) for sender, some in pods.items()}


def _addresses(point: PointFacts) -> Iterator[tuple[int, set[int]]]:
    """Who sends from the pod's side, each with the addresses that it asks or sends from."""
    for number, group in point.groups.items():
        if group.sender is None or point.sides.of(group)[0] != POD:
            continue
        ips = set(point.capture_point.gateway.askers.get(number, ()))
        if group.source is not None:
            ips.add(group.source)
        yield group.sender, ips & point.pod_ips


def _by_sender(point: PointFacts) -> dict[int, set[int]]:
    """The addresses of each sender on the pod's side."""
    addresses: dict[int, set[int]] = {}
    for sender, some in _addresses(point):
        addresses.setdefault(sender, set()).update(some)
    return addresses


def _names(
    point: PointFacts, senders: frozenset[int], addresses: dict[int, set[int]]
) -> tuple[frozenset[int], frozenset[int]]:
    """The addresses and MACs of one of several pods; of a pod by itself the link's."""
    if not senders:
        return point.pod_ips, point.pod_macs
    ips = set().union(*(addresses.get(sender, ()) for sender in senders))
    return frozenset(ips), senders & point.pod_macs


def total(summaries: Iterable[PodSummary]) -> tuple[AskerSums, AskerSums, AskerSums]:
    """ARP, echo and DNS over all pods."""
    arp, echo, dns = AskerSums(), AskerSums(), AskerSums()
    for summary in summaries:
        arp.merge(summary.arp)
        echo.merge(summary.echo)
        dns.merge(summary.dns)
    return arp, echo, dns
