"""Rows of the table ``paths``, and what they have in common with those of ``hops``: their fields are the columns."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct, field


class FollowedRow(Struct, frozen=True, kw_only=True):
    """Packets that took the same path; ``capture``, ``group`` and ``frames`` are where they are shown as evidence.

    ``calico`` is what shows Calico in the observation. ``elsewhere`` are the other sightings of the first packet:
    capture and frame.
    """

    capture: int
    group: int
    frames: list[int]
    elsewhere: tuple[tuple[int, int], ...]
    time: int | None
    packet: str
    family: int
    src: int
    dst: int
    rewritten: bool
    interface: str
    node_interface: str
    encap: str
    calico: str | None
    outcome: str = ""


class PathRow(FollowedRow, frozen=True, kw_only=True):
    """A row of the table ``paths``."""

    points: str
    ttls: str
    first_kind: str
    receiver: int
    receiver_recorded: bool
    fate: str
    last_interface: str
    last_seen: str
    missing: str | None
    entered: bool | None
    left: bool | None
    delivered: bool | None
    answered: bool
    for_node: bool
    asked: int | None
    translated_back: bool | None
    source_translated: bool | None
    sightings: int
    length: int | None
    duration: int
    # By column that is unknown, why, where that is known better than by the column itself.
    lacking: Mapping[str, str] = field(default_factory=dict)
