"""Remarks on DHCP clients that ask again and again on a link of theirs, and get no answer (RFC 2131, section 4.1).

A client without an address asks everybody, from port 68 to port 67; a server answers it by its MAC, or everybody. On a
host's card the requests of all its neighbours are heard and the answers are not, so nothing is said there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pcapcheck.decode.frame_group import FrameGroup
from pcapcheck.errors import CaptureError
from pcapcheck.links.frames_again import rows_of
from pcapcheck.links.point_facts import PointFacts
from pcapcheck.ruleset.judgement import Judgement
from pcapcheck.triage.remarks.remark import Remark
from pcapcheck.values import MAPPED, clean, format_duration, format_mac, parse_address

NOBODY, EVERYBODY = MAPPED, parse_address("255.255.255.255")
SERVER, CLIENT = 67, 68
# What the links of virtual machines and containers are called on their host.
LINKS = re.compile(r"(?:tap|vnet|veth|cali|lxc|vif|azv|gke|eni)[\w-]+")
SEVERAL = 2
MOST = 3


def unanswered_dhcp_remarks(judgement: Judgement) -> list[Remark]:
    """A remark per client, the first few of them."""
    return [remark for point in judgement.points for remark in _of(judgement, point)][:MOST]


def asks_for_an_address(group: FrameGroup) -> bool:
    """Whether frames come from a host without an address, and are for everybody, as a DHCP client's."""
    return group.ip_src == NOBODY and group.ip_dst == EVERYBODY and group.count >= SEVERAL


def _of(judgement: Judgement, point: PointFacts) -> Iterator[Remark]:
    if point.kind != "pod-link" and not LINKS.fullmatch(point.name):
        return
    for group in point.groups.values():
        if asks_for_an_address(group) and not _is_answered(point, group):
            yield from _remark(judgement, point, group)


def _is_answered(point: PointFacts, asking: FrameGroup) -> bool:
    """Whether anything that may be an answer was recorded: for everybody, or for its MAC (both None without MACs)."""
    return any(
        group.dst == asking.src or group.ip_dst == EVERYBODY
        for group in point.groups.values()
        if group is not asking and group.ip_src not in (None, NOBODY)
    )


def _remark(judgement: Judgement, point: PointFacts, group: FrameGroup) -> Iterator[Remark]:
    capture = judgement.captures[point.key[0]]
    try:
        ports = {(row.udp_srcport, row.udp_dstport) for row in rows_of(capture, judgement.reading, set(group.frames))}
    except CaptureError:
        return
    if ports != {(CLIENT, SERVER)}:
        return
    who = format_mac(group.src) if group.src is not None else "a host without an address"
    lasted = group.last - group.first if group.first is not None and group.last is not None else 0
    over = f" over {format_duration(lasted)}" if lasted else ""
    sentence = (
        f"{who} asks for an address by DHCP on {clean(point.name)}, {group.count} times{over}, and nobody answers"
    )
    yield Remark(
        f"{sentence} (frames {', '.join(map(str, group.frames[:3]))} of {clean(capture.source.short_name)}): no DHCP "
        "server hears it or knows its MAC. Look on this host whether one listens (ss -lunp 'sport = :67'; with "
        "OpenStack and Calico the dnsmasq of calico-dhcp-agent, with that MAC in its hosts file), and whether a "
        "firewall drops UDP port 67 (INPUT); with a relay, look at the server",
        short=sentence,
        warning=sentence,
    )
