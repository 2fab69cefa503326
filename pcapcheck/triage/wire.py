"""The wire: whether packets were lost between the NICs of two nodes, so that neither node can have dropped them.

A recorder sees outgoing packets after the node has filtered them, and incoming ones before (kernel: net/core/dev.c,
dev_queue_xmit_nit and __netif_receive_skb_core). That the other NIC shows nothing proves a loss only if its recorder
would have shown these packets: it shows those of the other direction, in the same encapsulation, and some that came in.
"""

from __future__ import annotations

from collections.abc import Iterator

from pcapcheck.paths.losses import PathLoss
from pcapcheck.paths.path import PathStep
from pcapcheck.ruleset.judgement import Judgement

NIC = "host-nic"


def lost_on_wire(losses: list[PathLoss], judgement: Judgement) -> bool:
    """Whether all left by a NIC to the right MAC, and never came to the NIC that the other direction leaves by."""
    since = min(loss.path.first for loss in losses)
    return all(_vanished(loss, since, judgement) for loss in losses)


def unheard(losses: list[PathLoss], judgement: Judgement) -> bool:
    """Whether the NIC that they were sent to, by its MAC, was recorded then and shows none, but others of that sender.

    It is enough if some are: others may have come after that recording ended. No proof, since a filter may have kept
    them out.
    """
    return any(_is_unheard(loss, judgement) for loss in losses)


def _is_unheard(loss: PathLoss, judgement: Judgement) -> bool:
    here, group, hosts = loss.last.spot.point.capture_point, loss.last.spot.group, judgement.followed.hosts
    if here.kind != NIC or loss.arrived or None in (group.src, group.dst):
        return False
    for key, there in judgement.facts.points.items():
        if there.kind == NIC and key[0] in loss.path.watching and hosts.same(here.key, key) is False:
            senders = {other.src for other in there.groups.values()}
            if group.dst in senders and group.src in senders:
                return True
    return False


def _vanished(loss: PathLoss, since: int, judgement: Judgement) -> bool:
    last, here, hosts = loss.last, loss.last.spot.point.capture_point, judgement.followed.hosts
    if here.kind != NIC or loss.arrived is not False:
        return False
    near, there = [], []
    for step in _sent_back(last, since, judgement):
        key = step.spot.point.key
        if key == here.key:
            near.append(step)
        elif step.spot.point.kind == NIC and key[0] in loss.path.watching and hosts.same(here.key, key) is False:
            there.append(step)
    # The next hop is right if it is the other NIC itself, or the router that forwards what that NIC sends.
    right = {step.spot.group.src for step in near + there} - {None}
    return last.spot.group.dst in right and any(_hears(step, judgement) for step in there)


def _sent_back(last: PathStep, since: int, judgement: Judgement) -> Iterator[PathStep]:
    """Where packets of the other direction were seen in the same encapsulation."""
    src, dst = _ends(last)[::-1]
    followed = judgement.followed
    plain = ((path, number) for path, number in followed.steps_between(src, dst) if not path.steps[number].outer)
    for path, number in (*plain, *followed.steps_in_tunnel((src, dst))):
        if path.last >= since and path.steps[number].encap == last.encap:
            yield path.steps[number]


def _ends(step: PathStep) -> tuple[int, int]:
    """The addresses between which a packet travels there: the nodes of a tunnel, else its own addresses."""
    return step.outer or (step.src, step.dst)


def _hears(sent: PathStep, judgement: Judgement) -> bool:
    """Whether anything that came in at the sending NIC was recorded: ``tcpdump -Q out`` leaves that out."""
    point, own = sent.spot.point.key, sent.spot.group.src
    return any(
        group.count and group.point == point[1:] and (group.direction == "in" or (own is not None and group.dst == own))
        for group in judgement.captures[point[0]].groups
    )
