"""Remarks on hosts whose packets leave by another interface than those of the other side come in by.

``tcpdump -i any`` shows them. The route to the other side decides by which one a packet leaves, not the way of what
came in. Whoever on that way keeps track of connections drops it, and so does a strict source check, of the host itself
or of a router (RFC 3704, section 2.2; kernel: net/ipv4/fib_frontend.c, fib_validate_source).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pcapcheck.column_words import DIRECTIONS, IP_UNICAST
from pcapcheck.decode.frame_group import FrameGroup
from pcapcheck.links.read_capture import Capture
from pcapcheck.questions.last_questions import asked_last
from pcapcheck.questions.unanswered import CAME_BACK
from pcapcheck.ruleset.judgement import Judgement
from pcapcheck.triage.remarks.remark import Remark
from pcapcheck.values import clean, format_address

IN, OUT = DIRECTIONS
# Ways out of a host: what is a bridge or a bond, or part of one, shows the same packet under several names.
WAYS = re.compile(r"(?:eth|en[a-z]\w*?|wlan|wlp|wg|tun|ppp|tunl|flannel\.|vxlan|gre|ipsec|tailscale|nebula)[\w-]*")
MOST = 2


def other_way_remarks(judgement: Judgement) -> list[Remark]:
    """A remark per host and other side, the first few of them."""
    return [remark for capture in judgement.captures for remark in _of(judgement, capture)][:MOST]


def _of(judgement: Judgement, capture: Capture) -> Iterator[Remark]:
    said: set[tuple[int | None, int | None]] = {
        (each.asker, each.asked) for each in judgement.unanswered if each.doubt != CAME_BACK
    }
    # What this host asked last is said with the way that its answers took.
    said_back = said | {(each.asker, each.asked) for each in asked_last(judgement.captures, judgement.facts)}
    groups = [group for group in capture.groups if group.carries == IP_UNICAST and group.direction in (IN, OUT)]
    came = [group for group in groups if group.direction == IN]
    left = [group for group in groups if group.direction == OUT]
    forwarded = {group.ip_src for group in left} & {group.ip_src for group in came}
    for asked in came:
        ends = (asked.ip_src, asked.ip_dst)
        answers = [group for group in left if (group.ip_dst, group.ip_src) == ends]
        if not answers or forwarded & set(ends) or ends in said or ends[::-1] in said_back:
            continue
        ways_in = {name for group in came if group.ip_src == ends[0] and (name := _name(judgement, capture, group))}
        ways_out = {name for group in left if group.ip_src == ends[1] and (name := _name(judgement, capture, group))}
        if len(ways_in) == len(ways_out) == 1 and _are_apart(*ways_in, *ways_out):
            said.add(ends)
            spoke_first = min(group.frames[0] for group in answers) < asked.frames[0]
            yield (_comes_back if spoke_first else _answers)(capture, asked, answers[0], *ways_in, *ways_out)


def _name(judgement: Judgement, capture: Capture, group: FrameGroup) -> str | None:
    point = judgement.facts.point(capture.number, capture.groups.index(group))
    return point.name if point is not None else None


def _are_apart(way_in: str, way_out: str) -> bool:
    both = (way_in, way_out)
    # A VLAN's device and the card below it show the same packets.
    return all(map(WAYS.fullmatch, both)) and way_in.split(".")[0] != way_out.split(".")[0]


def _answers(capture: Capture, asked: FrameGroup, answer: FrameGroup, way_in: str, way_out: str) -> Remark:
    asker, host = format_address(asked.ip_src or 0), format_address(asked.ip_dst or 0)
    sentence = f"what {asker} sends to {host} comes in by {clean(way_in)}, and the answers leave by {clean(way_out)}"
    return Remark(
        f"{sentence} (frames {asked.frames[0]} and {answer.frames[0]} of {clean(capture.source.short_name)}): no fault "
        f"as long as they reach {asker}; a router or a firewall on that way that never saw the question drops them, as "
        f"does a reverse-path check (ip route get {asker} from {host}; ip rule; or the asker has another address on "
        "the way that the answers take)",
        short=sentence,
    )


def _comes_back(capture: Capture, came: FrameGroup, sent: FrameGroup, way_in: str, way_out: str) -> Remark:
    host, other = format_address(sent.ip_src or 0), format_address(sent.ip_dst or 0)
    way_in, way_out = clean(way_in), clean(way_out)
    sentence = f"what {host} sends to {other} leaves by {way_out}, and what comes back comes in by {way_in}"
    return Remark(
        f"{sentence} (frames {sent.frames[0]} and {came.frames[0]} of {clean(capture.source.short_name)}): no fault "
        f"where both get through; but {way_in} drops it where its source check is strict (sysctl "
        f"net.ipv4.conf.all.rp_filter net.ipv4.conf.{way_in}.rp_filter: 1, which Red Hat's systems set), and a router, "
        f"a firewall or a cloud on the way may drop what leaves by {way_out} with an address that belongs to {way_in} "
        f"(ip rule; ip route get {other} from {host})",
        short=sentence,
    )
