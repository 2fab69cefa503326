"""Questions that leave a host by one of its NICs, and whose answers come in by another.

No fault by itself. Yet a host that asks again although answers came in does not take them: with rp_filter 1 it drops
what comes in by another interface than the one its route back leads out of (kernel: net/ipv4/fib_frontend.c).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from msgspec.structs import replace

from pcapcheck.capture.reread import Recorded, read_again
from pcapcheck.column_words import DIRECTIONS
from pcapcheck.errors import CaptureError
from pcapcheck.links.facts import Facts
from pcapcheck.links.point_facts import PointFacts
from pcapcheck.links.read_capture import Capture
from pcapcheck.paths.path import Path
from pcapcheck.questions.unanswered import ANSWERS, Unanswered

# As -i any and pcapng record them.
IN, OUT = DIRECTIONS
HOST_NIC = "host-nic"
# What became of such a question.
NOT_TAKEN = "is sent again, although its answers come in by"


def way_of_answers(question: Unanswered, paths: Iterable[Path]) -> list[Path]:
    """Of paths, those of packets in the direction of its answers."""
    ends = (ANSWERS.get(question.protocol), question.asked, question.asker)
    return [path for path in paths if (path.packet, path.src, path.dst) == ends]


def nic_of_answers(question: Unanswered, answers: Iterable[Path], facts: Facts, capture: Capture) -> PointFacts | None:
    """The other NIC of the asker's host that its answers came in by, if the question left by a NIC.

    ``answers`` are the paths of packets in their direction; a text without -v lets no datagram be followed.
    """
    here = facts.point(question.capture, question.group)
    if here is None or here.kind != HOST_NIC or here.groups[question.group].direction != OUT:
        return None
    for path in answers:
        first = path.steps[0].spot
        if (
            first.capture == question.capture
            and first.group.direction == IN
            and first.kind == HOST_NIC
            and here.name not in {step.spot.point.name for step in path.steps}
        ):
            return first.point
    return _printed_in(question, here, facts, capture) if question.protocol in ("DNS", "UDP") else None


def _printed_in(question: Unanswered, here: PointFacts, facts: Facts, capture: Capture) -> PointFacts | None:
    """The same of datagrams in a printed text: another NIC's line from the port that was asked to whoever asked."""
    if not here.capture_point.interface.printed or (question.protocol == "UDP" and question.port is None):
        return None
    port = rf"\.(?:{question.port}) > " if question.protocol == "UDP" else r"\.(?:53|domain) > "
    for number, group in enumerate(capture.groups):
        point = facts.point(capture.number, number)
        if (
            point is not None
            and point.kind == HOST_NIC
            and point.name != here.name
            and group.direction == IN
            and (group.source, group.ip_dst) == (question.asked, question.asker)
            and any(re.search(port, record.text.words) for record in _again(capture, group.frames) if record.text)
        ):
            return point
    return None


def _again(capture: Capture, numbers: Iterable[int]) -> list[Recorded]:
    try:
        return list(read_again(capture.source, numbers))
    except CaptureError:
        # A stream, or a file that is gone by now, cannot be read again.
        return []


def come_in_elsewhere(
    question: Unanswered, answers: Iterable[Path], facts: Facts, capture: Capture
) -> Unanswered | None:
    """A question whose answers came in by another NIC, in words; None if none did.

    If its host asked again, and no connection went on, it did not take them. (``ping`` asks on in any case.)
    """
    nic = nic_of_answers(question, answers, facts, capture)
    here = facts.point(question.capture, question.group)
    if nic is None or here is None:
        return None
    if question.protocol == "ICMP" or question.attempts < 2 or here.groups[question.group].shakes_hands:
        fate = f"leaves by {question.interface}, and its answers come in by {nic.name}"
        harmless = f"no fault where both get through; with rp_filter 1 the host drops what comes in by {nic.name}"
        return replace(question, fate=fate, doubt=harmless)
    return replace(
        question,
        fate=f"leaves by {question.interface} and {NOT_TAKEN} {nic.name}",
        meaning="the host drops what comes in by another interface than its route back leads out of, here "
        f"{question.interface} (sysctl net.ipv4.conf.all.rp_filter net.ipv4.conf.{nic.name}.rp_filter: 1? nstat -az "
        "TcpExtIPReversePathFilter), or a firewall on it drops the answers",
    )
