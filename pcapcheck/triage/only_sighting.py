"""The only sighting: what can be said of a question that was not followed, from the link that shows it."""

from __future__ import annotations

from msgspec.structs import replace

from pcapcheck.links.capture_points import CapturePoint
from pcapcheck.links.sides import NODE, POD
from pcapcheck.paths.fates import named
from pcapcheck.paths.losses import AT_POD, IN_NODE, REPLY, LastSeen
from pcapcheck.paths.unidentified import is_shown_elsewhere
from pcapcheck.protocols import SCTP, TCP, UDP
from pcapcheck.questions.broken_transfers import DATA
from pcapcheck.questions.silent_hosts import WORDS
from pcapcheck.questions.unanswered import SILENT, Unanswered
from pcapcheck.ruleset.finding import Evidence, Finding
from pcapcheck.ruleset.judgement import Judgement
from pcapcheck.table_names import ASSOCIATIONS, CONNECTIONS, DATAGRAMS, DNS, ECHO, TRANSFERS
from pcapcheck.triage.last_seen import headline, seen_on, silence_of_question

# The packets that answer, among those that are followed, by the table of the questions.
ANSWERS_OF = {
    ECHO: "reply",
    CONNECTIONS: "tcp",
    TRANSFERS: "tcp",
    ASSOCIATIONS: "other",
    DNS: "udp",
    DATAGRAMS: "udp",
}


# And the protocols that carry them.
PROTOCOLS_OF = {
    CONNECTIONS: (TCP,),
    TRANSFERS: (TCP,),
    ASSOCIATIONS: (SCTP,),
    DNS: (UDP, TCP),
    DATAGRAMS: (UDP,),
}


def several_points(judgement: Judgement) -> bool:
    """Whether several points were recorded, so that ``last seen`` says something."""
    return max(len(judgement.captures), len(judgement.facts.points)) > 1


def on_only_link(judgement: Judgement, finding: Finding, evidence: Evidence) -> Evidence:
    """A failing row whose question was seen on the pod's link only, although other points were recorded too."""
    point = judgement.facts.point(evidence.capture, evidence.group) if evidence.group is not None else None
    if (
        point is None
        or point.kind != "pod-link"
        or not several_points(judgement)
        or finding.rule.table not in ANSWERS_OF
        or _may_be_elsewhere(
            judgement, point.capture_point, finding.rule.table, evidence.row.get("src"), evidence.row.get("dst")
        )
    ):
        return evidence
    side = point.sides.of(point.groups[evidence.group])[0]
    heading = {POD: ", entering the node", NODE: ", going to the pod"}.get(side or "", "")
    place = seen_on(f"last seen on {point.name}{heading}")
    return replace(evidence, headline=headline(finding.rule, evidence.row, place, evidence.headline))


def question_on_only_link(judgement: Judgement, question: Unanswered) -> Unanswered:
    """The same for a question that no rule is about."""
    capture_points = (point.capture_point for point in judgement.points)
    here = next(
        (
            capture_point
            for capture_point in capture_points
            if (capture_point.key[0], capture_point.name) == (question.capture, question.interface)
        ),
        None,
    )
    if here is not None and question.asked is not None and question.lost_answer is not None:
        return replace(
            question,
            last_seen=LastSeen(
                direction=REPLY,
                capture=question.capture,
                frame=question.lost_answer,
                host=judgement.followed.hosts.name(here.key),
                interface=here.name,
                kind=here.kind,
                encap="none",
                arrived=None,
                place=_taken_at(judgement, question),
                never=(),
                between=(question.asked, question.asker),
            ),
        )
    table = table_of(question)
    if (
        here is None
        or question.asked is None
        or not several_points(judgement)
        or table is None
        or question.fate != SILENT
        or _may_be_elsewhere(judgement, here, table, question.asker, question.asked)
    ):
        return question
    place = seen_on(f"last seen on {named(here, judgement.followed.hosts)}")
    return replace(question, fate=silence_of_question(table, place))


def _may_be_elsewhere(judgement: Judgement, here: CapturePoint, table: str, *ends: object) -> bool:
    """Whether the text of another capture point may show the packet, but not that it is this one."""
    hosts = {end for end in ends if isinstance(end, int)}
    return is_shown_elsewhere(judgement.captures, here.interface, PROTOCOLS_OF.get(table, ()), hosts)


def _taken_at(judgement: Judgement, question: Unanswered) -> str | None:
    """The part of the path that lost an answer: an answer that its asker's own link shows came to the pod."""
    point = judgement.facts.point(question.capture, question.group)
    if point is None or point.kind != "pod-link":
        return None
    return AT_POD if question.asker in point.pod_ips else IN_NODE


def table_of(question: Unanswered) -> str | None:
    """The table that a question would be in on a pod's link."""
    if question.protocol == "UDP":
        return DATAGRAMS
    if question.about.startswith(DATA):
        return TRANSFERS
    return next((name for name, words in WORDS.items() if question.about.startswith(words)), None)
