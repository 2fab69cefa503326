"""Remarks on DHCP clients that ask again and again on a link of theirs, and get no answer (RFC 2131, section 4.1).

A client without an address asks everybody, from port 68 to port 67; a server answers it by its MAC, or everybody. On a
host's card the requests of all its neighbours are heard and the answers are not, so nothing is said there. A bridge on
which the host itself serves its containers and virtual machines shows both.
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
# What the links of virtual machines and containers, and the bridges of their host, are called on it.
LINKS = re.compile(
    r"(?:(?:tap|vnet|veth|cali|lxc|vif|azv|gke|eni)[\w-]+|(?:virbr|lxdbr|lxcbr|incusbr|docker|podman|cni)\d+(?:\.\d+)?)"
)
SEVERAL = 2
MOST = 3
NO_ANSWER = (
    "no DHCP server hears it or knows its MAC. Look on this host whether one listens (ss -lunp 'sport = :67'; with "
    "OpenStack and Calico the dnsmasq of calico-dhcp-agent, with that MAC in its hosts file), and whether a firewall "
    "drops UDP port 67 (INPUT; firewalld and ufw do, unless the bridge is in a zone or a rule that lets it in); with a "
    "relay, look at the server"
)
NOT_HANDED_ON = (
    "the server is not at fault. The bridge in between does not hand them to {device}: a VLAN that the port, or the "
    "bridge itself, does not carry (bridge vlan show), the client's MAC behind another port (bridge fdb show), or a "
    "rule for frames (nft list table bridge filter; ebtables -L)"
)


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
            yield from _remark(judgement, point, group, _answered_at(judgement, point, group))


def _is_answered(point: PointFacts, asking: FrameGroup) -> bool:
    """Whether anything that may be an answer was recorded: for everybody, or for its MAC (both None without MACs)."""
    return any(
        group.dst == asking.src or group.ip_dst == EVERYBODY
        for group in point.groups.values()
        if group is not asking and group.ip_src not in (None, NOBODY)
    )


def _answered_at(judgement: Judgement, point: PointFacts, asking: FrameGroup) -> list[str]:
    """The other interfaces that show the same client and somebody who sends to its MAC."""
    return [
        other.name
        for other in judgement.points
        if other is not point
        and other.name != point.name
        and asking.src is not None
        and any(_asked_meanwhile(group, asking) for group in other.groups.values())
        and any(group.dst == asking.src and group.ip_src is not None for group in other.groups.values())
    ]


def _asked_meanwhile(group: FrameGroup, asking: FrameGroup) -> bool:
    """Whether the same client asked elsewhere, at the same time as far as times are known."""
    if not asks_for_an_address(group) or group.src != asking.src:
        return False
    if group.first is None or group.last is None or asking.first is None or asking.last is None:
        return True
    return group.first <= asking.last and asking.first <= group.last


def _remark(judgement: Judgement, point: PointFacts, group: FrameGroup, answered_at: list[str]) -> Iterator[Remark]:
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
    why = NO_ANSWER
    if answered_at:
        names = " and ".join(map(clean, answered_at[-2:]))
        sentence = f"{sentence} there: the answers come as far as {names}"
        why = NOT_HANDED_ON.format(device=clean(point.name))
    yield Remark(
        f"{sentence} (frames {', '.join(map(str, group.frames[:3]))} of {clean(capture.source.short_name)}): {why}",
        short=sentence,
        warning=sentence,
    )
