"""Cases: failures with one origin, so that ten failed rules are one diagnosis."""

from __future__ import annotations

from collections.abc import Container, Iterator
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from pcapcheck.brief import Brief
from pcapcheck.links.capture_points import PointKey
from pcapcheck.links.point_facts import PointFacts
from pcapcheck.links.sides import POD
from pcapcheck.questions import broken_transfers
from pcapcheck.questions.unanswered import Unanswered
from pcapcheck.ruleset.finding import FAIL, Evidence, Finding, ordered
from pcapcheck.ruleset.judgement import Judgement
from pcapcheck.table_names import (
    ADDRESSES,
    ANSWERS,
    ARP,
    ASSOCIATIONS,
    CONNECTIONS,
    DATAGRAMS,
    DNS,
    ECHO,
    HOPS,
    PAIRED,
    PATHS,
    STATE,
    TRANSFERS,
)
from pcapcheck.values import Value, as_number

if TYPE_CHECKING:
    from pcapcheck.nodestate.state import PodLink, State

# A question that no rule is about: the table that it would be in, and the rule that would have failed.
ASKED_IN = {"ICMP": ECHO, "TCP": CONNECTIONS, "DNS": DNS, "UDP": DATAGRAMS, "SCTP": ASSOCIATIONS}
AS_IF = {
    "ICMP": "echo-answered",
    "TCP": "tcp-answered",
    "DNS": "dns-answered",
    "UDP": "udp-answered",
    "SCTP": "sctp-answered",
}
# The rule about connections that were broken off.
RESET_RULE = "tcp-not-reset-midway"


class Item(Brief, Struct, frozen=True):
    """One failing row: which rule it breaks, on which link, and between whom; or a question that nobody answered.

    ``pod`` is the pod that suffers, ``dst`` the address that it asked. ``described``: the cali interface that the
    state, not a capture, shows. A question that no rule is about has no ``finding``, and its ``pod`` may be any host.
    A connection that a rule found stalled or reset is a question too: its data was not acknowledged.
    """

    finding: Finding | None
    evidence: Evidence
    link: PointFacts | None = None
    dst_link: PointFacts | None = None
    pod: int | None = None
    dst: int | None = None
    described: str | None = None
    question: Unanswered | None = None

    @property
    def table(self) -> str:
        """The table of the rule, or the table that such a question would be in."""
        if self.question is not None:
            return ASKED_IN[self.question.protocol]
        return self.finding.rule.table if self.finding is not None else ""

    @property
    def name(self) -> str:
        """The rule that failed, or would have failed if it were about this: causes are found by it."""
        if self.finding is not None:
            return self.finding.rule.id
        if self.question is None:
            return ""
        return RESET_RULE if self.question.ended == broken_transfers.BROKEN else AS_IF[self.question.protocol]

    @property
    def interface(self) -> str:
        """What rows that belong together have in common."""
        return self.link.name if self.link is not None else self.described or ""

    @property
    def is_hint(self) -> bool:
        return self.finding is not None and self.table == STATE and self.finding.rule.severity != "error"

    @property
    def about_gateway(self) -> bool:
        """Whether it is a pod's question for its gateway; the node's for a pod has that pod as ``dst``."""
        return self.table in (ARP, ANSWERS) and self.dst is None

    @property
    def unanswered(self) -> bool:
        """Whether the gateway's ARP got no answer at all."""
        return self.about_gateway and self.table == ARP and self.evidence.row.get("answers") == 0


class Case(Brief, Struct):
    """Failing rows of one origin; the first is what a person should look at first."""

    items: list[Item] = field(default_factory=list)

    @property
    def lead(self) -> Item:
        return self.items[0]

    @property
    def failed(self) -> dict[str, Finding]:
        """The failed rules by id, in the order of ``ordered``."""
        return {item.finding.rule.id: item.finding for item in self.items if item.finding is not None}

    @property
    def question(self) -> Unanswered | None:
        """The question that the case is about, if no rule is; or the connection that stalled or was reset."""
        return self.lead.question

    @property
    def names(self) -> tuple[str, ...]:
        """What failed, or would have failed if a rule were about it, in the order of ``ordered``."""
        return tuple(dict.fromkeys(item.name for item in self.items))

    @property
    def points(self) -> set[PointKey]:
        return {point.key for item in self.items for point in (item.link, item.dst_link) if point is not None}

    @property
    def interfaces(self) -> set[Value]:
        """The names of its links, as captures, rows and the state call them."""
        links = [point.name for item in self.items for point in (item.link, item.dst_link) if point is not None]
        rows = [item.evidence.row.get(name) for item in self.items for name in ("interface", "to.interface")]
        return {name for name in (*links, *rows, *(item.described for item in self.items)) if name}

    def is_about(self, item: Item) -> bool:
        """Whether a failure on a link belongs here: the link, or the pod behind it, is one of the case's."""
        if item.link is not None and item.link.key in self.points:
            return True
        return item.described is not None and item.pod is not None and item.pod in (self.lead.pod, self.lead.dst)

    def row(self, name: str) -> Value | None:
        """The first value of a column in a failing row."""
        found = (item.evidence.row[name] for item in self.items if item.evidence.row.get(name) is not None)
        return next(found, None)


def cases_of(judgement: Judgement, about: Container[str], state: State | None = None) -> list[Case]:
    """The failures of the rules ``about`` by origin; what comes first on a link is before what follows from it."""
    items = [
        item
        for finding in ordered(judgement.findings)
        if finding.status == FAIL and not finding.is_accepted and finding.rule.id in about
        for item in _items(judgement, finding, state)
    ]
    cases: dict[object, Case] = {}
    for item in items:
        if item.about_gateway:
            cases.setdefault(("link", item.interface), Case()).items.append(item)
    for item in items:
        if not item.about_gateway and item.dst is not None:
            case = _same_origin(item, list(cases.values())) or cases.setdefault(("dst", item.dst), Case())
            case.items.append(item)
    for item in items:
        if not item.about_gateway and item.dst is None:
            known = next((case for case in cases.values() if case.is_about(item)), None)
            if known is None and item.is_hint:
                # A warning about the state alone is no failure that needs a reason.
                continue
            case = known or cases.setdefault(("link", item.interface), Case())
            case.items.append(item)
    for case in cases.values():
        # The pod's own problem with its gateway comes first: nothing else can work until that does. What packets show
        # comes before what the state says of it.
        case.items.sort(key=lambda other: (not other.unanswered, other.table == STATE, items.index(other)))
    found = sorted(cases.values(), key=lambda case: (not case.lead.unanswered, items.index(case.lead)))
    for case in found:
        _name_sufferer(case)
    return found


def _name_sufferer(case: Case) -> None:
    """If the node asked for a pod in vain, the host that got no answer from there suffers, else that pod itself."""
    lead = case.lead
    if lead.pod is None and lead.dst is not None:
        asker = next((item for item in case.items if item.pod is not None), None)
        point, pod = (asker.link, asker.pod) if asker is not None else (lead.dst_link, lead.dst)
        case.items[0] = replace(lead, link=point, pod=pod)


def _same_origin(item: Item, cases: list[Case]) -> Case | None:
    """The case of a gateway that is silent to either end, or that is wrong to both ends' only link."""
    for point in (item.link, item.dst_link):
        for case in cases:
            if point is not None and case.lead.about_gateway and point.key in case.points:
                return case
    return None


def _items(judgement: Judgement, finding: Finding, state: State | None) -> Iterator[Item]:
    table = finding.rule.table
    for evidence in finding.evidence:
        row = evidence.row
        point = judgement.facts.point(evidence.capture, evidence.group)
        if table == STATE:
            if state is not None:
                yield _described(judgement, finding, evidence, state.links[evidence.group])
            continue
        target = as_number(row.get("target"))
        if table == ARP and target is not None and target not in judgement.reading.gateways:
            yield Item(finding, evidence, dst_link=point, dst=target)
            continue
        if table in (ARP, ANSWERS):
            yield Item(finding, evidence, point, pod=as_number(row.get("asker_ip")) or _pod_of(point))
            continue
        if table == TRANSFERS and point is not None:
            yield _broken(judgement, finding, evidence, point)
            continue
        src = as_number(row.get("src"))
        # Behind address translation a reply is for the asker, not for its destination.
        dst = as_number(row.get("receiver")) or as_number(row.get("dst"))
        if table == ADDRESSES or src is None or dst is None or table not in (*PAIRED, PATHS, HOPS):
            yield Item(finding, evidence, point, pod=_pod_of(point))
            continue
        if row.get("packet") == "reply":
            src, dst = dst, src
        if (asked := as_number(row.get("asked"))) is not None:
            # An answer, whoever it came from.
            src, dst = as_number(row.get("dst")) or src, asked
        home = point if _is_at(point, src) else home_of(judgement, src)
        there = point if _is_at(point, dst) else home_of(judgement, dst)
        yield Item(finding, evidence, home, there, src, dst)


def _broken(judgement: Judgement, finding: Finding, evidence: Evidence, point: PointFacts) -> Item:
    """A connection that stalled or was reset: who sent what got stuck, or who broke it off, suffers."""
    asked = broken_transfers.question(evidence.row, evidence.frames, evidence.group, evidence.capture, point)
    asked = replace(asked, last_seen=evidence.last_seen)
    src, dst = asked.asker, asked.asked
    home = point if _is_at(point, src) else home_of(judgement, src)
    there = None if dst is None else point if _is_at(point, dst) else home_of(judgement, dst)
    shown = replace(evidence, row={**evidence.row, "src": src, "dst": dst, "dst_port": asked.port})
    return Item(finding, shown, home, there, src, dst, question=asked)


def _described(judgement: Judgement, finding: Finding, evidence: Evidence, described: PodLink) -> Item:
    """A failing row of the state, with its link in the captures, if there is one."""
    name = described.cali_name
    known = next((point for point in judgement.points if name and name in (point.name, point.node_interface)), None)
    pod = min(described.ips, default=None) if described.ips else _pod_of(known)
    if isinstance(lacking := evidence.row.get("unrouted"), tuple):
        # Of a pod's addresses, the one without a route.
        pod = min(lacking)
    if isinstance(asked := evidence.row.get("unresolved"), tuple):
        # The pod is the one that is asked, by its node.
        return Item(finding, evidence, dst_link=known, dst=min(asked), described=name)
    return Item(finding, evidence, known, pod=pod, described=name)


def home_of(judgement: Judgement, address: int | None) -> PointFacts | None:
    """The link of a pod, by what it sent or by the node's questions for it there."""
    keys = judgement.followed.topology.homes.get(address or 0, set())
    known = [judgement.facts.points[key] for key in sorted(keys, key=str)]
    spoken = [point for point in judgement.points if address in point.pod_ips and point.kind == "pod-link"]
    asked = [point for point in judgement.points if point.kind == "pod-link" and asked_for(judgement, point, address)]
    return next(iter(spoken or known or asked), None)


def asked_for(judgement: Judgement, point: PointFacts, address: int | None) -> list[int]:
    """The frame groups in which the node asked for an address on a link."""
    askers = judgement.captures[point.key[0]].exchanges.askers_for
    if address is None or address not in askers:
        return []
    return [number for number in point.groups if number in askers[address] and _side(point, number) != POD]


def _side(point: PointFacts, number: int) -> str | None:
    return point.sides.of(point.groups[number])[0]


def _is_at(point: PointFacts | None, address: int) -> bool:
    return point is not None and point.kind == "pod-link" and address in point.pod_ips


def _pod_of(point: PointFacts | None) -> int | None:
    return min(point.pod_ips) if point is not None and point.pod_ips else None
