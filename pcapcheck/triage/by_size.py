"""By size: whether small packets of a case pass and large ones do not, as columns that causes ask for."""

from __future__ import annotations

from pcapcheck.ruleset.judgement import Judgement
from pcapcheck.table_names import ECHO
from pcapcheck.values import Value

# The packets that ask and answer, by the ``packet`` that asks.
PACKETS = {"request": ("request", "reply"), "tcp": ("tcp",), "udp": ("udp",), "other": ("other",)}


def by_size(
    judgement: Judgement, packet: str, pod: int | None, dst: int | None, stalled: bool
) -> dict[str, Value | None]:
    """``by_size`` in either direction between the two, and the largest packet that passed.

    The paths of packets show it if they were followed; else, for pings, the replies on the asker's link.
    ``stalled``: the case is about data, and no smaller data passed to compare with.
    """
    if dst is None:
        return {"by_size": None, "size.arrived": None}
    ends = {pod, dst}
    found = [
        limit
        for limit in judgement.followed.size_limits
        if limit.packet in PACKETS[packet] and {limit.src, limit.dst} == ends
    ]
    if found:
        passed = [limit.arrived for limit in found if limit.arrived is not None]
        return {"by_size": True, "size.arrived": max(passed, default=None)}
    losses = judgement.losses(ECHO) if packet == "request" else None
    if (
        losses is not None
        and losses.follows == "size"
        and [share.who for share in losses.pairs.worst(2)] == [(pod, dst)]
    ):
        return {"by_size": True, "size.arrived": losses.passing}
    return {"by_size": None if stalled else False, "size.arrived": None}
