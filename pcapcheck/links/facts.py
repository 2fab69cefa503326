"""Facts: what only the whole captures tell. The late columns, and why one is absent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cached_property

from pcapcheck.calico import is_calico_tunnel
from pcapcheck.columns import ARP, ASKED, CONNECTIONS, DNS, ECHO
from pcapcheck.decode.decoder import COOKED, COOKED2, FrameGroup
from pcapcheck.decode.frame_layout import TTL_ORIGINAL, TTL_SILENT
from pcapcheck.exchanges.claims import Claim
from pcapcheck.exchanges.expiry import pings_expired
from pcapcheck.links.addresses import AddressRow, address_rows
from pcapcheck.links.capture_points import CapturePoint, PointKey, capture_points_of
from pcapcheck.links.observations import Observation, apart
from pcapcheck.links.oneway import proof_of_one_way
from pcapcheck.links.point_facts import PointFacts, describe_point
from pcapcheck.links.read_capture import Capture, Reading, read_frames
from pcapcheck.links.sides import NODE
from pcapcheck.links.twins import recorded_twice
from pcapcheck.networks import EVIDENCE, NAME, NOTHING_KNOWN, STATE, KnownNetwork
from pcapcheck.values import Value, is_name

# Attempts at TCP connections that the asker's own link shows too: by capture and frame group, and by outcome.
Repeats = Mapping[tuple[int, int], Counter[str]]


class Facts:
    """Late columns by capture and frame group, for every row of an exchange or frame table.

    ``assume`` picks which alternative stands for a link whose ends cannot be told. ``observations`` tell which capture
    points were recorded at one time, ``twice`` which show only what another shows, and which that is. ``followed``:
    some packet was seen at two points. ``not_calico`` says what a node's state shows instead of Calico. ``repeats`` are
    the attempts at TCP connections that the asker's own link shows too.
    """

    def __init__(
        self, points: dict[PointKey, PointFacts], assume: int | None = None, known: KnownNetwork = NOTHING_KNOWN
    ) -> None:
        self.points = points
        self.observations: dict[PointKey, Observation] = {}
        self.twice: list[tuple[PointFacts, PointFacts]] = []
        self.followed = False
        self.not_calico = known.not_calico
        self.known = known
        self.repeats: Repeats = {}
        self._assumed: dict[int, Facts] = {}
        self._by_group: dict[tuple[int, int], tuple[PointFacts, FrameGroup]] = {}
        for point in points.values():
            described = point if assume is None or not point.alternatives else point.alternatives[assume]
            for number, group in point.groups.items():
                self._by_group[point.key[0], number] = (described, group)

    def are_apart(self, one: PointKey, other: PointKey) -> bool:
        """Whether two capture points were recorded at different times."""
        return apart(self.observations.get(one), self.observations.get(other))

    def within(self, keys: set[PointKey]) -> Facts:
        """The same about these capture points alone."""
        facts = Facts({key: point for key, point in self.points.items() if key in keys})
        facts.observations = self.observations
        return facts

    def assuming(self, assumption: int) -> Facts:
        """The same with an assumption about each link whose ends cannot be told."""
        if assumption not in self._assumed:
            self._assumed[assumption] = Facts(self.points, assumption, self.known)
            self._assumed[assumption].repeats = self.repeats
        return self._assumed[assumption]

    @cached_property
    def calico(self) -> str | None:
        """By what Calico is shown to be anywhere in the observation: the strongest that there is."""
        shown = {point.capture_point.calico for point in self.points.values()}
        if any(point.capture_point.named_by and is_calico_tunnel(point.name) for point in self.points.values()):
            shown.add(NAME)
        if self.known.calico:
            shown.add(STATE)
        return next((one for one in EVIDENCE if one in shown), None)

    @cached_property
    def pod_ips(self) -> frozenset[int]:
        """The addresses of all pods whose own links were recorded; asked for when all links are described."""
        return frozenset(ip for point in self.points.values() if point.kind == "pod-link" for ip in point.pod_ips)

    def point(self, capture: int, group: int) -> PointFacts | None:
        found = self._by_group.get((capture, group))
        return found[0] if found else None

    def value(self, name: str, capture: int, number: int, table: str, outcome: str) -> Value | None:
        """The value of a late column (or of a column that all frames of a group share), or None."""
        found = self._by_group.get((capture, number))
        if found is None:
            return None
        point, group = found
        match name:
            case "interface":
                return point.name
            case "node_interface":
                return point.node_interface
            case "kind":
                return point.kind
            case "calico":
                return point.capture_point.calico
            case "end":
                return point.end
            case "side":
                return point.sides.of(group)[0]
            case "side_evidence":
                return point.sides.of(group)[1]
            case "pod_mac":
                return self._pod_macs(point, group)
            case "pod_ip":
                return point.pod_ips or None
            case "answered" | "replied":
                return self._came(point, group, table, outcome)
            case "eth_src":
                return group.src
            case "eth_dst":
                return group.dst
            case "direction":
                return group.direction
            case "ttl_whole":
                if point.capture_point.interface.printed and group.ttl == TTL_SILENT:
                    return True if number in point.pings_expired else None
                return group.ttl == TTL_ORIGINAL
            case "carries":
                return group.carries
            case "sll_ifindex":
                return group.ifindex
        raise KeyError(name)

    @staticmethod
    def _pod_macs(point: PointFacts, group: FrameGroup) -> frozenset[int] | None:
        """Whom a frame to the pod may be addressed to.

        A machine of which nothing is known may be the pod after all, and before the pod was heard it may have had
        another MAC.
        """
        heard = point.pod_heard
        before = heard is not None and group.last is not None and group.last < heard
        unsure = group.dst in point.strangers or (before and group.dst not in point.pod_macs)
        return None if unsure else point.pod_macs or None

    @staticmethod
    def _came(point: PointFacts, group: FrameGroup, table: str, outcome: str) -> bool | None:
        if outcome in ("answered", "replied"):
            return True
        if outcome == "error":
            return False
        return False if outcome == "unanswered" and not _silence(point, group, table) else None

    def reason(self, name: str, capture: int, number: int, table: str, outcome: str) -> str:
        """Why a column is absent, in words that say what to do about it."""
        found = self._by_group.get((capture, number))
        if found is None:
            return "too many different frames to tell apart"
        point, group = found
        if name in ("answered", "replied"):
            if outcome == "in-flight" and point.capture_point.last is None:
                return "the text shows no times, so an answer may have come after its last line; print it without -t"
            if outcome == "in-flight" and table == DNS:
                return "the recording ended before an answer was due; record at least five seconds longer"
            if outcome == "in-flight":
                return "the recording ended before a reply was due; record at least one second longer"
            if outcome == "evicted":
                return "dropped to keep memory bounded"
            return _silence(point, group, table) or "unknown"
        if name == "ttl_whole":
            return "the text shows no TTLs, so what expired may be a traceroute's; print it with -v (tcpdump -nn -e -v)"
        if name in ("side", "side_evidence"):
            cure = "flush the pod's neighbour entry (ip neigh flush dev eth0) and capture again"
            if point.sides.folded or point.sides.crowded or point.capture_point.link_type == COOKED:
                cure = "capture each cali interface by itself"
            return f"it is unknown which end of {point.name} is the pod's; {cure}"
        if name in ("eth_src", "eth_dst") and point.capture_point.interface.printed and group.src is None:
            return "the text shows no MACs; capture again with -e (tcpdump -nn -e)"
        if name == "eth_dst" and point.capture_point.link_type in (COOKED, COOKED2):
            return "a cooked capture (-i any) holds no destination MACs; capture on the cali interface itself"
        if name in ("eth_src", "eth_dst") and group.src is None:
            return "this link type has no MAC addresses; capture on the cali interface itself"
        if name == "pod_mac" and point.capture_point.interface.printed and group.src is None:
            return "the text shows no MACs; capture again with -e (tcpdump -nn -e)"
        if name == "pod_mac" and point.pod_macs:
            return f"it is unknown whether frames on {point.name} went to the pod: it may have another MAC too"
        if name == "pod_mac":
            return f"no frame is known to be from the pod on {point.name}, so its MAC is not; ping from the pod"
        return f"{name.replace('_', '.', 1)} was not captured"


def _silence(point: PointFacts, group: FrameGroup, table: str) -> str | None:
    """Why it proves nothing that no answer to a frame of this group was recorded; None where it does."""
    if table in ASKED and table != ARP and point.sides.of(group)[0] == NODE and not point.pod_heard_at_all:
        return f"no frame of the pod was recorded on {point.name}; capture both directions (without -Q)"
    return point.silence.get(table)


def describe(captures: list[Capture], reading: Reading, known: KnownNetwork = NOTHING_KNOWN) -> Facts:
    """What only the whole captures tell: kinds, ends, sides, and where silence proves nothing.

    ``known`` is what a node's state says of the network.
    """
    points: dict[PointKey, PointFacts] = {}
    has_no_name = any(capture.exchanges.gateway_talk for capture in captures)

    def maybe_gateway(address: int) -> bool:
        """A name may be the gateway's, unless that is told by its address."""
        return is_name(address) and not has_no_name

    for capture in captures:
        given = reading.scope.names_for(capture.path)
        capture_points = capture_points_of(
            capture.number, capture.source, capture.interfaces, capture.groups, given, reading.prefix
        )
        for key, capture_point in capture_points.items():
            talk = capture.exchanges.gateway_talk.get((capture_point.interface.number, key[2]))
            if talk:
                capture_point.gateway = talk
            claims = [claim for claim in capture.exchanges.claims.all() if claim.point == capture_point.key[1:]]
            capture_point.gateway.macs = {claim.mac for claim in claims if claim.ip in reading.gateways}
            capture_point.gateway.others_answer = _others_answer(claims, capture_point, reading.gateways)
            capture_point.gateway.others = {
                claim.ip
                for claim in claims
                if claim.mac not in {reading.proxy_mac, *capture_point.gateway.macs} and not maybe_gateway(claim.ip)
            } - reading.gateways
            capture_point.gateway.seekers = {
                group
                for group, target in capture.exchanges.asked
                if group in capture_point.groups and not maybe_gateway(target)
            }
            capture_point.gateway.icmp_error_groups = (
                capture.exchanges.echoes.ending_errors.groups & capture_point.groups.keys()
            )
            point = describe_point(capture_point, reading.proxy_mac, reading.prefix, reading.scope.filter_used, known)
            _doubt_silence(point, capture, reading)
            if capture_point.interface.printed:
                point.pings_expired = pings_expired(capture.exchanges.echoes)
            points[key] = point
    reading.scope.check_names(point.capture_point for point in points.values())
    reading.scope.select(list(points.values()), reading.prefix)
    facts = Facts(points, known=known)
    for point, original in recorded_twice(captures, [point for point in points.values() if point.judged]):
        point.judged = False
        facts.twice.append((point, original))
    return facts


def _others_answer(claims: list[Claim], capture_point: CapturePoint, gateways: frozenset[int]) -> bool:
    known = capture_point.gateway.macs
    askers = {ip for asking in capture_point.gateway.askers.values() for ip in asking}
    return any(not claim.own and claim.mac not in known and claim.ip not in gateways | askers for claim in claims)


def _doubt_silence(point: PointFacts, capture: Capture, reading: Reading) -> None:
    """Say where a missing answer proves nothing: packets were lost, or one direction only was recorded."""
    missing = {
        table: sum(
            capture.tallies[table, group].outcomes["unanswered"]
            for group in point.groups
            if (table, group) in capture.tallies
        )
        for table in ASKED
    }
    interface = point.capture_point.interface
    for table, count in missing.items():
        if 0 < count <= interface.drops:
            point.silence.setdefault(
                table,
                f"{interface.drops} packets were lost while recording, so {count} missing answers prove nothing; "
                "capture again with a larger buffer (tcpdump -B 65536)",
            )
        elif 0 < count <= interface.missing:
            what = f"{interface.missing} lines" if interface.printed else f"{interface.unread} damaged bytes"
            why = "look like packets and are not understood" if interface.printed else "were skipped"
            point.silence.setdefault(
                table, f"{what} {why}, so {count} missing answers prove nothing; capture again or copy it again"
            )
    if interface.printed and _holds_requests_only(point, capture):
        point.silence |= dict.fromkeys(
            (ARP, ECHO),
            "every line of this text is a request, as after grep -i request, so no answer could be among them; "
            "print all of the capture",
        )
    if interface.cut_icmp and 0 < missing[ECHO] <= interface.cut_icmp + interface.missing:
        point.silence.setdefault(
            ECHO,
            f"{interface.cut_icmp} ICMP messages were cut before their type, so {missing[ECHO]} missing answers prove "
            "nothing: they may be these; record whole packets (tcpdump without -s)",
        )
    _doubt_cut(point)
    expired = capture.exchanges.echoes.ending_errors.unquoted[point.key[1:]] - interface.expiries
    # What was lost and what expired may be different answers.
    if expired > 0 and 0 < missing[ECHO] <= expired + interface.missing:
        lost = f", and {interface.missing} packets are not shown" if interface.missing else ""
        point.silence.setdefault(
            ECHO,
            f"{expired} errors say that a packet expired on its way (as traceroute wants), not which one{lost}; "
            "print it with -v (tcpdump -nn -e -v)",
        )
    talk = point.capture_point.gateway
    groups = point.groups
    # A name may be the gateway's.
    named = {target for group, target in capture.exchanges.asked if group in groups and is_name(target)}
    provable = named or talk.askers.keys() - talk.answered or any(one.shakes_hands for one in groups.values())
    if any(missing.values()) and provable and not point.heard_both_ends:
        rows = (
            row
            for row in read_frames(capture.source, reading)
            if row.group in groups and (row.eth_src or groups[row.group].by_address)
        )
        proof = proof_of_one_way(rows, reading.gateways | named, reading.arp_wait)
        if proof:
            point.silence |= dict.fromkeys(ASKED, proof)


def _doubt_cut(point: PointFacts) -> None:
    """What the snapshot length left too little of may be any packet: an answer, or one that was seen elsewhere."""
    cut = "frames were cut before {}, so a missing answer proves nothing; record whole packets (tcpdump without -s)"
    groups = point.groups.values()
    if any(group.cut_packets for group in groups):
        for table in (ECHO, CONNECTIONS, DNS):
            point.silence.setdefault(table, cut.format("what tells packets apart"))
    if any(group.cut_arp for group in groups):
        point.silence.setdefault(ARP, cut.format("the address that ARP asks for"))


def _holds_requests_only(point: PointFacts, capture: Capture) -> bool:
    """Whether requests of several kinds are there, and not one frame of anything else."""
    asked = [
        [tally for (kind, group), tally in capture.tallies.items() if kind == table and group in point.groups]
        for table in (ARP, ECHO)
    ]
    answered = any(
        tally.outcomes[word] for some in asked for tally in some for word in ("answered", "replied", "error")
    )
    attempts = [sum(tally.attempts for tally in some) for some in asked]
    return all(attempts) and not answered and sum(attempts) == point.capture_point.frames


def claimed_addresses(capture: Capture, facts: Facts, reading: Reading) -> Iterator[AddressRow]:
    """The rows of the table ``addresses`` of one capture."""
    by_point: dict[PointKey, list[Claim]] = {}
    for claim in capture.exchanges.claims.all():
        by_point.setdefault((capture.number, *claim.point), []).append(claim)
    for key, point in facts.points.items():
        if key in by_point:
            untold = frozenset(
                ip for there, ip in capture.exchanges.claims.without_mac if (capture.number, *there) == key
            )
            yield from address_rows(by_point[key], point, reading.gateways, reading.proxy_mac, untold)
