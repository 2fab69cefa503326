"""Addresses that went from one MAC to another: mostly a pod made anew, sometimes a second machine with its address."""

from __future__ import annotations

from collections.abc import Sequence

from pcapcheck.links.addresses import AddressRow
from pcapcheck.triage.cross_check import Remark
from pcapcheck.values import format_address, format_mac, format_time

TOLD = 5


def tell_changes(changes: Sequence[tuple[AddressRow, AddressRow]]) -> list[Remark]:
    """Who had an address before and who had it after, and when; of many the first."""
    remarks = [Remark(_told(*one), ()) for one in changes[:TOLD]]
    if len(changes) > TOLD:
        remarks.append(Remark(f"and {len(changes) - TOLD} more addresses went from one MAC to another", ()))
    return remarks


def _told(before: AddressRow, after: AddressRow) -> str:
    return (
        f"{format_address(after.ip)} on {after.interface} went from {format_mac(before.mac)} (claimed it last at "
        f"{_time(before.last_time)}) to {format_mac(after.mac)} (frame {after.frames[0]}, {_time(after.first_time)}): "
        "a recreated pod has a new MAC; if the pod was not recreated, another machine took its address"
    )


def _time(time: int | None) -> str:
    return "an unknown time" if time is None else format_time(time)
