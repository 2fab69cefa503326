"""Questions as cases: what nobody answered, or the node refused, and no rule is about, wants a reason like any failure.

In: the questions of an observation, and the cases of the rules that failed. Out: a case per whom was asked for what.
"""

from __future__ import annotations

from collections.abc import Iterable

from pcapcheck.columns import CONNECTIONS, DNS, ECHO, PATHS
from pcapcheck.links.capture_points import NODE_KINDS
from pcapcheck.paths.losses import REQUEST
from pcapcheck.questions.unanswered import Unanswered
from pcapcheck.ruleset.finding import Evidence
from pcapcheck.ruleset.judgement import Judgement
from pcapcheck.triage.address_roles import NODE_ROLE, POD_ROLE, SERVICE, UNKNOWN_ROLE, AddressRoles
from pcapcheck.triage.case import AS_IF, DATAGRAMS, Case, Item, home_of

# By which packets it is asked, as they are called where they are followed.
PACKETS_OF = {ECHO: REQUEST, CONNECTIONS: "tcp", DNS: "udp", DATAGRAMS: "udp", PATHS: REQUEST}
# Of more questions it is only said that nobody answered.
MOST = 20


def question_cases(result: Judgement, told: Iterable[Case], roles: AddressRoles) -> list[Case]:
    """A case per question of ``result`` that a node had a part in; not of what the cases ``told`` are about."""
    known = {(item.pod, item.dst, PACKETS_OF.get(item.table)) for one in told for item in one.items}
    # The same packets, as address translation left them further on.
    known |= {
        (step.src, step.dst, path.packet)
        for path in result.followed.found
        if (path.src, path.dst, path.packet) in known
        for step in path.steps[1:]
    }
    cases: dict[object, Case] = {}
    for one in result.asked_in_vain:
        item = _item(result, one, roles)
        if item is None or (item.pod, item.dst, PACKETS_OF[item.table]) in known:
            continue
        key = (item.pod, item.dst, item.table, one.port)
        if key in cases or len(cases) < MOST:
            cases.setdefault(key, Case()).items.append(item)
    return list(cases.values())


def _item(result: Judgement, one: Unanswered, roles: AddressRoles) -> Item | None:
    if one.asked is None or one.protocol not in AS_IF or not one.about:
        return None
    point, dst_link = home_of(result, one.asker), home_of(result, one.asked)
    ours = {POD_ROLE, SERVICE, NODE_ROLE} & {roles.of(one.asker), roles.of(one.asked)}
    here = result.facts.point(one.capture, one.group)
    inside = here is not None and here.kind in NODE_KINDS and roles.of(one.asked) == UNKNOWN_ROLE
    if not (one.last_seen or one.refusal or point or dst_link or ours or inside):
        # Two hosts of which nothing shows that a node of the cluster has a part in what they say.
        return None
    evidence = Evidence(
        capture=one.capture,
        interface=one.interface,
        frames=one.frames,
        time=None,
        expected="an answer",
        observed=one.sentence,
        headline=one.sentence,
        group=one.group,
        row={"src": one.asker, "dst": one.asked, "dst_port": one.port},
        last_seen=one.last_seen,
    )
    return Item(None, evidence, point, dst_link, one.asker, one.asked, question=one)
