"""Late columns: what is known of a row only once its whole capture is read, with its value and why it may be absent."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from pcapcheck.column_words import ASKED
from pcapcheck.decode.decoded_links import COOKED, COOKED2
from pcapcheck.decode.frame_group import FrameGroup
from pcapcheck.decode.frame_layout import TTL_ORIGINAL, TTL_SILENT
from pcapcheck.links.capture_points import CapturePoint
from pcapcheck.links.point_facts import PointFacts
from pcapcheck.links.sides import NODE
from pcapcheck.table_names import ARP, CONNECTIONS, DNS, ECHO, TRANSFERS
from pcapcheck.values import Value

# What is answered by whoever it is addressed to, beyond the link.
WITHIN_CONVERSATIONS = ({TRANSFERS} | set(ASKED)) - {ARP}

PROBED = (
    "a traceroute sent them with so small a TTL that they expired on their way, and many routers say nothing of that"
)


class RowPlace(Struct, frozen=True):
    """Where a row was recorded: its capture point and frame group, and which table and outcome it is of."""

    point: PointFacts
    group: FrameGroup
    number: int
    table: str
    outcome: str

    @property
    def side(self) -> tuple[str, str] | tuple[None, None]:
        return self.point.sides.of(self.group)

    @property
    def shows_no_macs(self) -> bool:
        return self.group.src is None

    @property
    def printed(self) -> bool:
        return self.point.capture_point.interface.printed

    @property
    def silence(self) -> str | None:
        """Why it proves nothing that no answer to a frame of this group was recorded; None where it does."""
        if self.table in WITHIN_CONVERSATIONS and self.side[0] == NODE and not self.point.pod_heard_at_all:
            return f"no frame of the pod was recorded on {self.point.name}; capture both directions (without -Q)"
        if self.table == ECHO and self.number in self.point.probes_unanswered:
            return PROBED
        # Acknowledgements come, or bypass the link, as the answers to SYNs do.
        return self.point.silence.get(CONNECTIONS if self.table == TRANSFERS else self.table)


def _answered(place: RowPlace) -> bool | None:
    if place.outcome in ("answered", "replied"):
        return True
    if place.outcome == "error":
        return False
    return False if place.outcome == "unanswered" and not place.silence else None


def _progresses(place: RowPlace) -> bool | None:
    if place.outcome in ("closed", "open"):
        return True
    if place.outcome == "missing" and place.number in place.point.recorded_elsewhere:
        return None
    return False if place.outcome in ("stalled", "missing") and not place.silence else None


def _ttl_whole(place: RowPlace) -> bool | None:
    if place.printed and place.group.ttl == TTL_SILENT:
        return True if place.number in place.point.pings_expired else None
    return place.group.ttl == TTL_ORIGINAL


def _pod_mac(place: RowPlace) -> frozenset[int] | None:
    """The MACs that a frame to the pod may be addressed to.

    An unknown machine may be the pod after all, and the pod may have had another MAC before it was heard.
    """
    point, group = place.point, place.group
    heard = point.pod_heard
    before = heard is not None and group.last is not None and group.last < heard
    unsure = group.dst in point.strangers or (before and group.dst not in point.pod_macs)
    return None if unsure else point.pod_macs or None


def _no_answer(place: RowPlace) -> str:
    if place.outcome == "in-flight" and place.point.capture_point.last is None:
        return "the text shows no times, so an answer may have come after its last line; print it without -t"
    if place.outcome == "in-flight" and place.table == DNS:
        return "the recording ended before an answer was due; record at least five seconds longer"
    if place.outcome == "in-flight":
        return "the recording ended before a reply was due; record at least one second longer"
    if place.outcome == "evicted":
        return "dropped to keep memory bounded"
    if place.outcome == "unclear":
        return unclear_reason(place.point.capture_point)
    return place.silence or "unknown"


def unclear_reason(capture_point: CapturePoint) -> str:
    """Why the reply may not have come to whoever asked, and how to record or print it instead."""
    if capture_point.last is None:
        return (
            "the text shows no times, by which a request that was sent again differs from one that was recorded on "
            "several interfaces; print it without -t"
        )
    cure = (
        "print it with the interfaces' names (tshark -n -T json; tcpdump -nn -e -v -i any)"
        if capture_point.interface.printed
        else "record the interfaces apart from each other"
    )
    return f"a request was recorded more often than its reply, as on several interfaces that are not told apart; {cure}"


def _no_progress(place: RowPlace) -> str | None:
    if place.outcome == "in-flight":
        return "the recording of a connection ends before its latest data is acknowledged; record longer"
    if place.outcome == "missing" and place.number in place.point.recorded_elsewhere:
        return "the data that is missing here was recorded at another capture point, where it is judged"
    if place.outcome == "one-sided":
        return "only one direction of a connection was recorded; capture both (without -Q)"
    return place.silence


def _no_side(place: RowPlace) -> str:
    point = place.point
    cure = "flush the pod's neighbour entry (ip neigh flush dev eth0) and capture again"
    if point.sides.folded or point.sides.crowded or point.capture_point.link_type == COOKED:
        cure = f"capture each {point.capture_point.links} interface by itself"
    return f"it is unknown which end of {point.name} is the pod's; {cure}"


def _no_ttl(place: RowPlace) -> str:
    return "the text shows no TTLs, so what expired may be a traceroute's; print it with -v (tcpdump -nn -e -v)"


def _no_mac(place: RowPlace) -> str | None:
    if not place.shows_no_macs:
        return None
    if place.printed:
        return "the text shows no MACs; capture again with -e (tcpdump -nn -e)"
    return f"this link type has no MAC addresses; capture on the {place.point.capture_point.links} interface itself"


def _no_destination_mac(place: RowPlace) -> str | None:
    if not (place.printed and place.shows_no_macs) and place.point.capture_point.link_type in (COOKED, COOKED2):
        links = place.point.capture_point.links
        return f"a cooked capture (-i any) holds no destination MACs; capture on the {links} interface itself"
    return _no_mac(place)


def _no_pod_mac(place: RowPlace) -> str:
    if place.printed and place.shows_no_macs:
        return "the text shows no MACs; capture again with -e (tcpdump -nn -e)"
    if place.point.pod_macs:
        return f"it is unknown whether frames on {place.point.name} went to the pod: it may have another MAC too"
    return (
        f"no frame on {place.point.name} is known to come from the pod, so the pod's MAC is unknown; "
        "ping from the pod, then capture again"
    )


def _no_node_mac(place: RowPlace) -> str:
    if place.printed and place.shows_no_macs:
        return "the text shows no MACs; capture again with -e (tcpdump -nn -e)"
    return f"no frame on {place.point.name} is known to come from the node, so the MAC of its end is unknown"


class LateColumn(Struct, frozen=True):
    """``why_absent`` says in words what to do about it; None where nothing special is known."""

    value: Callable[[RowPlace], Value | None]
    why_absent: Callable[[RowPlace], str | None] = lambda place: None


LATE_COLUMNS = {
    "interface": LateColumn(lambda place: place.point.name),
    "node_interface": LateColumn(lambda place: place.point.node_interface),
    "kind": LateColumn(lambda place: place.point.kind),
    "calico": LateColumn(lambda place: place.point.capture_point.calico),
    "network": LateColumn(lambda place: place.point.network),
    "end": LateColumn(lambda place: place.point.end),
    "side": LateColumn(lambda place: place.side[0], _no_side),
    "side_evidence": LateColumn(lambda place: place.side[1], _no_side),
    "pod_mac": LateColumn(_pod_mac, _no_pod_mac),
    "node_mac": LateColumn(lambda place: place.point.node_macs or None, _no_node_mac),
    "pod_ip": LateColumn(lambda place: place.point.pod_ips or None),
    "answered": LateColumn(_answered, _no_answer),
    "replied": LateColumn(_answered, _no_answer),
    "progresses": LateColumn(_progresses, _no_progress),
    "latency_p95": LateColumn(lambda place: place.point.dns_latencies.get(place.number)),
    "eth_src": LateColumn(lambda place: place.group.src, _no_mac),
    "eth_dst": LateColumn(lambda place: place.group.dst, _no_destination_mac),
    "direction": LateColumn(lambda place: place.group.direction),
    "ttl_whole": LateColumn(_ttl_whole, _no_ttl),
    "carries": LateColumn(lambda place: place.group.carries),
    "sll_ifindex": LateColumn(lambda place: place.group.ifindex),
}
