"""Remarks on addresses that went from one MAC to another: mostly a recreated pod, sometimes a second machine."""

from __future__ import annotations

from collections.abc import Sequence

from pcapcheck.links.address_row import AddressRow
from pcapcheck.triage.remarks.remark import Remark
from pcapcheck.values import format_address, format_mac, format_time

SHOWN = 5


def address_change_remarks(changes: Sequence[tuple[AddressRow, AddressRow]]) -> list[Remark]:
    """Who had an address before, who had it after, and when, for the first few changes."""
    remarks = [Remark(_sentence(before, after)) for before, after in changes[:SHOWN]]
    if len(changes) > SHOWN:
        remarks.append(Remark(f"and {len(changes) - SHOWN} more addresses went from one MAC to another"))
    return remarks


def _sentence(before: AddressRow, after: AddressRow) -> str:
    return (
        f"{format_address(after.ip)} on {after.interface} went from {format_mac(before.mac)} (last claimed it at "
        f"{_time(before.last_time)}) to {format_mac(after.mac)} (frame {after.frames[0]}, {_time(after.first_time)}): "
        "a recreated pod has a new MAC; if the pod was not recreated, another machine took its address"
    )


def _time(time: int | None) -> str:
    return "an unknown time" if time is None else format_time(time)
