"""Which pod a row of a table is about, if several pods share a link."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pcapcheck.column import Column
from pcapcheck.links.facts import Facts
from pcapcheck.links.point_facts import PointFacts
from pcapcheck.links.sides import NODE, POD
from pcapcheck.report.tables.cells import Coded, alike
from pcapcheck.table_names import ANSWERS, ARP, FRAMES, PAIRED, TRANSFERS

# By table, the columns with the sender or asker, and with the receiver: MAC, then addresses.
_ASKED = (("eth_src", "src"), ("eth_dst", "dst"))
_RESOLVED = (("asker_mac", "asker_ip"), ("reply_mac", "target"))
ENDS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    FRAMES: (("eth_src", "ip_src", "arp_src_proto_ipv4"), ("eth_dst", "ip_dst", "arp_dst_proto_ipv4")),
    ARP: _RESOLVED,
    ANSWERS: _RESOLVED,
    **dict.fromkeys((*PAIRED, TRANSFERS), _ASKED),
}
# A pod has one address of each family; a pod that sends from more is a router: only the row's address is shown.
MOST_ADDRESSES = 4

# The columns about a row's pod, and their values: MACs and addresses.
POD_COLUMNS = ("pod.mac", "pod.ip")
Pod = tuple[frozenset[int] | None, frozenset[int] | None]
NOBODY: Pod = (None, None)


def columns_of_ends(columns: Mapping[str, Column]) -> list[str]:
    """The columns that show who sent a row and who received it, in the order of ENDS."""
    table = next(iter(columns.values())).table
    names = {column.attribute: name for name, column in columns.items()}
    return [names[attribute] for end in ENDS[table] for attribute in end]


class RowPods:
    """The pod of each row: its sender or, if it is on its way to a pod, its receiver; nobody if neither is a pod."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts

    def of(self, table: str, captures: Coded[int], groups: Coded[Any], ends: list[Coded[Any]]) -> Coded[Pod]:
        """The pod of each row, from the columns of its ends; equal rows are looked up once."""
        split = len(ENDS[table][0])
        columns = [captures, groups, *ends]
        first, kinds = alike(columns)
        pods = []
        for row in first.tolist():
            capture, group, *values = (column.values[column.codes[row]] for column in columns)
            pods.append(self._look_up(capture, group, values[:split], values[split:]))
        return Coded(kinds, pods)

    def _look_up(self, capture: int, number: int, sent: list[Any], got: list[Any]) -> Pod:
        point = self.facts.point(capture, number)
        if point is None or not point.pods:
            return NOBODY
        side = point.sides.of(point.groups[number])[0]
        ends = [sent] if side == POD else [got] if side == NODE else [sent, got]
        named = (pod for mac, *addresses in ends if (pod := _named(point, mac, addresses)) is not None)
        found = next(named, None)
        if found is not None:
            return found
        # The link has a single pod: every row from or to a pod belongs to it.
        (first, *others) = point.pods.items()
        return _pod(first[0], first[1], ()) if side is not None and not others else NOBODY


def _named(point: PointFacts, mac: Any, addresses: list[int | None]) -> Pod | None:
    """The pod with this MAC, else with one of these addresses; None if no pod of the link has them."""
    macs = mac if isinstance(mac, (frozenset, tuple)) else (mac,)
    for known in macs:
        if known is not None and known in point.pods:
            return _pod(known, point.pods[known], addresses)
    owners = [(mac, ip) for ip in addresses if ip is not None for mac in point.pod_owners.get(ip, ())]
    if not owners:
        return None
    return frozenset(mac for mac, _ in owners if mac is not None) or None, frozenset(ip for _, ip in owners)


def _pod(mac: int | None, ips: frozenset[int], addresses: list[int | None] | tuple[()]) -> Pod:
    named = ips if len(ips) <= MOST_ADDRESSES else ips.intersection(ip for ip in addresses if ip is not None)
    return None if mac is None else frozenset({mac}), named or None
