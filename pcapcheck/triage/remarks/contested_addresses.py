"""Remarks on addresses that two MACs claim at a time off the pods' links, where no rule is about it."""

from __future__ import annotations

from collections.abc import Sequence

from pcapcheck.links.address_row import AddressRow
from pcapcheck.triage.remarks.remark import Remark
from pcapcheck.values import format_address, format_mac

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
