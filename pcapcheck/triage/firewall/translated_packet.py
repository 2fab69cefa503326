"""How packets looked where they were seen last, after nodes had translated their addresses.

On the asker's node kube-proxy gives a packet for a service another destination and port, and a node that masquerades
gives it another source: the rules of the next node see these, not what the pod sent.
"""

from __future__ import annotations

from msgspec import Struct

from pcapcheck.links.point_facts import UNNAMED
from pcapcheck.links.sides import NODE
from pcapcheck.paths.losses import REQUEST
from pcapcheck.paths.path import Path
from pcapcheck.ruleset.judgement import Judgement
from pcapcheck.triage.case import Case, home_of
from pcapcheck.triage.firewall.lost import ports_of
from pcapcheck.triage.packet_evidence.case_exchanges import PACKETS, exchanges_of


class Carried(Struct, frozen=True):
    """The last addresses and ports of requests; no ports: not known.

    ``interface`` is the recorded link of the pod that has the destination.
    """

    src: int
    dst: int
    sports: frozenset[int] = frozenset()
    dports: frozenset[int] = frozenset()
    interface: str | None = None


def carried(case: Case, judgement: Judgement) -> Carried | None:
    """None if they were seen only as the pod sent them, or translated in several ways.

    If some were lost, only those count, not those that reached a pod.
    """
    pod, dst = case.lead.pod, case.lead.dst
    kind = PACKETS.get(case.lead.table, REQUEST)
    paths = [path for path in judgement.followed.found if (path.src, path.dst, path.packet) == (pod, dst, kind)]
    paths = [path for path in paths if not _has_arrived(path)] or paths
    ends = {(path.steps[-1].src, path.steps[-1].dst) for path in paths}
    if len(ends) != 1 or ends == {(pod, dst)}:
        return None
    last = paths[0].steps[-1]
    sports, dports = ports_of(exchanges_of(kind, judgement, last.src, last.dst, last.spot.point))
    home = home_of(judgement, last.dst)
    name = home.node_interface if home is not None else UNNAMED
    return Carried(last.src, last.dst, sports, dports, name if name != UNNAMED else None)


def _has_arrived(path: Path) -> bool:
    """Whether packets reached a pod's link from its node."""
    spot = path.steps[-1].spot
    return len(path.steps) > 1 and spot.point.kind == "pod-link" and spot.side == NODE
