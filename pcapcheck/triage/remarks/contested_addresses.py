"""Remarks on addresses that two MACs claim off the pods' links, where no rule is about it: at once, or soon after."""

from __future__ import annotations

from collections.abc import Sequence

from pcapcheck.links.address_row import AddressRow
from pcapcheck.triage.remarks.remark import Remark
from pcapcheck.values import format_address, format_duration, format_mac

SHOWN = 3


def contested_address_remarks(rows: Sequence[AddressRow]) -> list[Remark]:
    """A remark per address and interface, for the first few; ``rows`` are their claims."""
    rows = list({(row.point, row.ip): row for row in reversed(rows)}.values())[::-1]
    remarks = [_remark(row) for row in rows[:SHOWN]]
    if len(rows) > SHOWN:
        remarks.append(Remark(f"and {len(rows) - SHOWN} more addresses that several MACs claim"))
    return remarks


def _remark(row: AddressRow) -> Remark:
    macs = " and ".join(map(format_mac, (row.mac, *sorted(row.other_claimants or ()))))
    sentence = f"{format_address(row.ip)} is claimed by {macs} at the same time on {row.interface}"
    return Remark(
        f"{sentence} (frame {row.frames[0]}): two machines with one address, of which the "
        "last to speak gets the packets; "
        "or one machine with two cards in this network (net.ipv4.conf.all.arp_filter, arp_ignore)",
        short=sentence,
    )


def moved_address_remarks(moves: Sequence[tuple[AddressRow, AddressRow]]) -> list[Remark]:
    """A remark per address that one machine announces soon after another, for the first few."""
    return [_move(before, after) for before, after in moves[:SHOWN]]


def _move(before: AddressRow, after: AddressRow) -> Remark:
    later = format_duration((after.first_time or 0) - (before.last_time or 0))
    sentence = (
        f"{format_address(after.ip)} is claimed by {format_mac(before.mac)} and {later} later by "
        f"{format_mac(after.mac)} on {after.interface}"
    )
    return Remark(
        f"{sentence} (frames {before.frames[-1]} and {after.frames[0]}): the address of a load balancer (MetalLB, "
        "kube-vip, keepalived) that went to another node, if the first announces it no longer; if it still does, two "
        "machines have one address, and the last to speak gets the packets, or a router, a node or a virtual switch "
        "answers in the name of the owner (proxy ARP)",
        short=sentence,
    )
