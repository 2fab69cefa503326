"""Silence: for each table, why a missing answer at a capture point proves nothing; no entry if it proves something.

Nothing is written to the capture point: each function returns its reasons, and ``silence_of`` merges them by rank.
"""

from __future__ import annotations

import re
from itertools import chain

from pcapcheck.column_words import ASKED, IP_UNICAST
from pcapcheck.decode.decoded_links import COOKED
from pcapcheck.decode.frame_layout import TTL_DECREMENTED
from pcapcheck.exchanges.pair_counts import PairOutcomes
from pcapcheck.exchanges.paired_kinds import KINDS
from pcapcheck.links.kept_lines import without_even_greps
from pcapcheck.links.oneway import only_comes_in, proof_of_incoming_only, proof_of_one_way
from pcapcheck.links.point_facts import PointFacts
from pcapcheck.links.read_capture import Capture, Reading, read_frames
from pcapcheck.links.sides import NODE, POD
from pcapcheck.networks import KnownNetwork
from pcapcheck.table_names import ARP, DATAGRAMS, ECHO, PAIRED
from pcapcheck.values import is_name

# The reason by table.
Silence = dict[str, str]

# This number of answers is no exception.
SEVERAL = 3
# Both directions of one host or port, and what a shell takes for a remark.
_BOTH_WAYS = re.compile(r"\b(src|dst) (?P<of>(?:host |net |port )?\S+) or (?!\1)(src|dst) (?P=of)(?=$|[\s)])")
_REMARK = re.compile(r"(^|\s)#.*")
# Words of a capture filter that may let a request through but not its answer.
_ONE_SIDED = re.compile(r"\b(src|dst|inbound|outbound|less|greater|len|broadcast|multicast|gateway|grep)\b|\w\[")


def silence_of(point: PointFacts, capture: Capture, reading: Reading, known: KnownNetwork) -> Silence:
    """All reasons at one capture point, one per table: if several apply, the most certain one is named."""
    missing = _missing_answers(point, capture)
    by_rank = (
        _incoming_only(capture, reading, missing),
        _one_direction(point, capture, reading, missing),
        _requests_only(point, capture),
        _one_end(point, capture),
        _several_links(point),
        _filter(reading.scope.filter_used or point.capture_point.interface.filter),
        _another_network(point),
        _past_it(point, capture),
        _lost_packets(point, missing),
        _cut_icmp(point, missing),
        _cut_frames(point),
        _expired(point, capture, missing),
        _ebpf(point, capture, known),
    )
    silence: Silence = {}
    for reasons in reversed(by_rank):
        silence |= reasons
    return silence


def _missing_answers(point: PointFacts, capture: Capture) -> dict[str, int]:
    """How many answers are missing here, by table: to each repeat of a question one, as no host answers only some."""
    return {
        table: sum(
            max(capture.tallies[table, group].in_vain, capture.tallies[table, group].outcomes["unanswered"])
            for group in point.groups
            if (table, group) in capture.tallies
        )
        for table in ASKED
    }


def _one_direction(point: PointFacts, capture: Capture, reading: Reading, missing: dict[str, int]) -> Silence:
    """Only one direction was recorded; the frames are read again if they can prove it."""
    talk, groups = point.capture_point.gateway, point.groups
    # A name may be the gateway's.
    named = {target for group, target in capture.exchanges.asked if group in groups and is_name(target)}
    provable = named or talk.askers.keys() - talk.answered or any(group.shakes_hands for group in groups.values())
    # Only what a pod sends to others proves anything: one that asks in vain for its gateway sends nothing else.
    sends = any(group.carries == IP_UNICAST for group in groups.values())
    if not any(missing.values()) or not provable or not sends or point.heard_both_ends:
        return {}
    rows = (row for row in read_frames(capture.source, reading, groups) if row.eth_src or groups[row.group].by_address)
    proof = proof_of_one_way(rows, reading.gateways | named, reading.arp_wait)
    return dict.fromkeys(ASKED, proof) if proof else {}


def _incoming_only(capture: Capture, reading: Reading, missing: dict[str, int]) -> Silence:
    """Nothing goes out on any interface (``-i any -Q in``), and an answer shows that something did."""
    if not any(missing.values()) or not only_comes_in(capture.groups):
        return {}
    rows = read_frames(capture.source, reading, range(len(capture.groups)))
    proof = proof_of_incoming_only(rows, capture.groups)
    return dict.fromkeys(ASKED, proof) if proof else {}


def hears_answers(point: PointFacts, capture: Capture) -> bool:
    """Whether something says that answers were recorded: both ends were heard, or others were answered here."""
    if point.heard_both_ends:
        return True
    here = (capture.exchanges.paired.settled(kind.table).of_groups(point.groups) for kind in KINDS)
    return any(some.outcome == "replied" for some in chain.from_iterable(here))


def _one_end(point: PointFacts, capture: Capture) -> Silence:
    """Nothing says that the other end was recorded at all, and many datagrams need no answer."""
    if hears_answers(point, capture):
        return {}
    return {DATAGRAMS: "nothing from the other end was recorded; capture both directions (without -Q)"}


def _requests_only(point: PointFacts, capture: Capture) -> Silence:
    """A text holds requests of several kinds, and not one frame of anything else.

    ARP that is repeated at once was not answered, whatever was left out (kernel, net/core/neighbour.c).
    """
    if not point.capture_point.interface.printed:
        return {}
    asked = [
        [sums for (asked_in, group), sums in capture.tallies.items() if asked_in == table and group in point.groups]
        for table in (ARP, ECHO)
    ]
    answered = any(sums.outcomes[word] for some in asked for sums in some for word in ("answered", "replied", "error"))
    attempts = [sum(sums.attempts for sums in some) for some in asked]
    if answered or not all(attempts) or sum(attempts) != point.capture_point.frames:
        return {}
    repeated = any(sums.attempts > sums.total for sums in asked[0])
    return dict.fromkeys(
        (ECHO,) if repeated else (ARP, ECHO),
        "every line of this text is a request, as after grep -i request, so no answer could be among them; "
        "print all of the capture",
    )


def _several_links(point: PointFacts) -> Silence:
    if point.capture_point.link_type == COOKED or not (point.sides.folded or point.sides.crowded):
        return {}
    if point.capture_point.is_bridged and point.sides.parties:
        # What the pod is sent comes by its own port of the bridge.
        return {}
    return {
        ARP: "more than one machine asks here (a bridge, or several links in one recording), "
        f"so an answer may have gone another way; capture each {point.capture_point.links} interface by itself"
    }


def _filter(text: str | None) -> Silence:
    if not text:
        return {}
    reason = f"the capture filter {text!r} may have kept the answers out; capture without it"
    return {table: reason for table in ASKED if _hides_answers(without_even_greps(text, table == ARP))}


def _hides_answers(text: str) -> bool:
    return bool(_ONE_SIDED.search(_BOTH_WAYS.sub("", _REMARK.sub("", text))))


def _another_network(point: PointFacts) -> Silence:
    likeness = point.capture_point.likeness
    if likeness is None or point.end == POD:
        # Into the pod all come.
        return {}
    network = likeness.network
    unseen = network.may_bypass and point.kind == "pod-link" and not _hears_packets_to_pod(point)
    if not (network.bypasses or unseen):
        return {}
    reason = f"{point.name} looks like {network.title}'s, where replies may go to the pod past it"
    # A program on the link itself, or the node's end, answers ARP.
    return dict.fromkeys(PAIRED if point.kind == "pod-link" else ASKED, reason)


def _past_it(point: PointFacts, capture: Capture) -> Silence:
    """No network is known here, and connections are made although only one side of them is heard.

    So replies go to whoever asked past this interface, as the programs of some networks deliver them.
    """
    if point.kind != "unknown" or not capture.exchanges.conversations.one_sided & point.groups.keys():
        return {}
    reason = (
        f"connections are made on {point.name} although one side of them goes past it, so replies may go past it too"
    )
    return dict.fromkeys(PAIRED, reason)


def _hears_packets_to_pod(point: PointFacts) -> bool:
    """Whether packets of others come to the pod by its link. What the node itself sends comes by it anyhow."""
    return any(
        group.carries == IP_UNICAST and group.ttl == TTL_DECREMENTED and point.sides.of(group)[0] == NODE
        for group in point.groups.values()
    )


def _lost_packets(point: PointFacts, missing: dict[str, int]) -> Silence:
    """At least as many packets were lost, or not understood, as answers are missing."""
    interface = point.capture_point.interface
    silence = {}
    for table, count in missing.items():
        if 0 < count <= interface.drops:
            silence[table] = (
                f"{interface.drops} packets were lost while recording, so {count} missing answers prove nothing; "
                "capture again with a larger buffer (tcpdump -B 65536)"
            )
        elif 0 < count <= interface.missing:
            what = f"{interface.missing} lines" if interface.printed else f"{interface.unread} damaged bytes"
            why = "look like packets and are not understood" if interface.printed else "were skipped"
            silence[table] = f"{what} {why}, so {count} missing answers prove nothing; capture again or copy it again"
    return silence


def _cut_icmp(point: PointFacts, missing: dict[str, int]) -> Silence:
    interface = point.capture_point.interface
    if not interface.cut_icmp or not 0 < missing[ECHO] <= interface.cut_icmp + interface.missing:
        return {}
    return {
        ECHO: f"{interface.cut_icmp} ICMP messages were cut before their type, so {missing[ECHO]} missing answers "
        "prove nothing: they may be these; record whole packets (tcpdump without -s)"
    }


def _cut_frames(point: PointFacts) -> Silence:
    """A frame that the snapshot length cut too short may be any packet: an answer, or one seen elsewhere."""
    cut = "frames were cut before {}, so a missing answer proves nothing; record whole packets (tcpdump without -s)"
    groups = point.groups.values()
    silence = {}
    if any(group.cut_packets for group in groups):
        silence = dict.fromkeys(PAIRED, cut.format("what tells packets apart"))
    if any(group.cut_arp for group in groups):
        silence[ARP] = cut.format("the address that ARP asks for")
    return silence


def _expired(point: PointFacts, capture: Capture, missing: dict[str, int]) -> Silence:
    """ICMP errors of a text say that packets expired, but not which: the missing answers may be theirs."""
    interface = point.capture_point.interface
    expired = capture.exchanges.paired.ending_errors.unquoted[point.key[1:]] - interface.expiries
    # What was lost and what expired may be different answers.
    if expired <= 0 or not 0 < missing[ECHO] <= expired + interface.missing:
        return {}
    lost = f", and {interface.missing} packets are not shown" if interface.missing else ""
    return {
        ECHO: f"{expired} errors say that a packet expired on its way (as traceroute wants), not which one{lost}; "
        "print it with -v (tcpdump -nn -e -v)"
    }


def _ebpf(point: PointFacts, capture: Capture, known: KnownNetwork) -> Silence:
    """Calico's eBPF programs may hand a reply to the pod past the host's end of its link.

    Source: felix/dataplane/linux/bpf_ep_mgr.go, redirect. ARP is left to the kernel (felix/bpf-gpl/parsing4.h).
    """
    if known.ebpf_line is None or point.kind != "pod-link" or point.end == "pod" or point.name in known.routed_links:
        return {}
    if _answered_by_neighbours(point, capture, known):
        return {}
    return dict.fromkeys(PAIRED, bypass_reason(point.name, known))


def bypass_reason(interface: str, known: KnownNetwork) -> str:
    """Why what is not seen on an interface of a node with the eBPF data plane proves nothing."""
    return (
        f"the node runs Calico's eBPF data plane (line {known.ebpf_line} of its state), which may take replies "
        f"past {interface}; capture inside the pod"
    )


def _answered_by_neighbours(point: PointFacts, capture: Capture, known: KnownNetwork) -> bool:
    """Whether answers of another pod of the node come by this link, so that the programs take none past it.

    The first may come by it all the same, while the programs find no MAC for the pod (felix/bpf-gpl/fib_co_re.h).
    """
    node = known.nodes.get(point.name)
    if node is None:
        # Two nodes without a name would look like one.
        return False
    here: PairOutcomes = {}
    for group in point.groups:
        for pair, (answered, silent) in capture.exchanges.pair_outcomes.get(group, {}).items():
            before = here.get(pair, (0, 0))
            here[pair] = before[0] + answered, before[1] + silent
    return any(
        answered >= max(SEVERAL, silent)
        for (_, asked), (answered, silent) in here.items()
        if known.homes.get(asked, point.name) != point.name and known.nodes.get(known.homes[asked]) == node
    )
