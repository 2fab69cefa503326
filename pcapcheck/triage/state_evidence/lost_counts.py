"""What counters are held against: how much of a case was lost, and the interfaces on its path."""

from __future__ import annotations

from collections import Counter

from pcapcheck.ruleset.judgement import Judgement
from pcapcheck.triage.drop_places import CounterEnd, stretch_of
from pcapcheck.triage.drops import Drops, Lost
from pcapcheck.triage.state_evidence.described_pods import DescribedPods


def drops_of(pods: DescribedPods, judgement: Judgement, dst_interface: str | None) -> Drops | None:
    """What may have dropped the packets; nothing if the state is of another node or time."""
    count, asked = pods.packet_evidence.get("lost.count"), pods.packet_evidence.get("lost.asked")
    if pods.elsewhere or not isinstance(count, int) or not isinstance(asked, int):
        return None
    own = pods.link if not pods.pod_is_foreign else None
    end = own.inner_end if own else None
    dst_end = pods.dst_end()
    here = CounterEnd(
        pods.node or pods.alone,
        pods.recorded_interface,
        own.inside if own else None,
        end.name if end else None,
    )
    there = CounterEnd(
        pods.dst_link.node if pods.dst_link else None,
        pods.dst_cali(dst_interface),
        pods.dst_pod(),
        dst_end.name if dst_end else None,
    )
    names = Counter(point.name for point in judgement.points)
    frames = {point.name: point.capture_point.frames for point in judgement.points if names[point.name] == 1}
    began, ended = (pods.packet_evidence.get(name) for name in ("began", "ended"))
    lost = Lost(
        count, asked, began if isinstance(began, int) else None, ended if isinstance(ended, int) else None, frames
    )
    return Drops(lost, stretch_of(pods.packet_evidence, here, there, pods.ground.prefix))
