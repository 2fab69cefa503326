"""Remarks on VXLAN packets whose outer UDP checksum is wrong, by the text of a capture."""

from __future__ import annotations

from pcapcheck.links.read_capture import Capture
from pcapcheck.triage.remarks.remark import Remark
from pcapcheck.values import clean


def printed_checksum_remarks(captures: list[Capture]) -> list[Remark]:
    """A remark per capture that shows some, where no question says it as a cause."""
    return [
        _remark(capture, problem.tunnels) for capture in captures for problem in capture.problems if problem.tunnels
    ]


def _remark(capture: Capture, wrong: tuple[int, ...]) -> Remark:
    packets = f"{len(wrong)} VXLAN packet{'' if len(wrong) == 1 else 's'}"
    file = clean(capture.source.short_name)
    return Remark(
        f"the outer UDP checksum of {packets} of {file} is wrong (first: line {wrong[0]}): the receiving node drops "
        "such packets. If this was recorded where they came in, the sender's offload is at fault (ethtool -K "
        "vxlan.calico tx-checksum-ip-generic off there); on the sender, record the other node's NIC too",
        short=f"{packets} with a wrong outer UDP checksum, which the receiving node drops",
    )
