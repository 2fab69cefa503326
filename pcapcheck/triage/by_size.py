"""By size: whether small packets of a case pass and large ones do not, as columns that causes ask for."""

from __future__ import annotations

from pcapcheck.columns import ECHO
from pcapcheck.ruleset.judgement import Judgement
from pcapcheck.values import Value

# What is asked and what answers, by the packets of a case.
PACKETS = {"request": ("request", "reply"), "tcp": ("tcp",), "udp": ("udp",)}


def by_size(result: Judgement, kind: str, pod: int | None, dst: int | None, stalled: bool) -> dict[str, Value | None]:
    """``by_size`` either way between the two, and the largest that passed.

    Where packets were followed their ways tell; else, of pings, what was replied to on the asker's link.
    ``stalled``: it is about data, and none that is smaller passed to compare with.
    """
    if dst is None:
        return {"by_size": None, "size.arrived": None}
    ends = {pod, dst}
    found = [one for one in result.followed.size_limits() if one.packet in PACKETS[kind] and {one.src, one.dst} == ends]
    if found:
        passed = [one.arrived for one in found if one.arrived is not None]
        return {"by_size": True, "size.arrived": max(passed, default=None)}
    losses = result.losses(ECHO) if kind == "request" else None
    if losses is not None and losses.follows == "size" and [one.who for one in losses.pairs] == [(pod, dst)]:
        return {"by_size": True, "size.arrived": losses.passing}
    return {"by_size": None if stalled else False, "size.arrived": None}
