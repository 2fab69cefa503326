"""Rows of the tables ``paths`` and ``hops``: their fields are the columns."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class PathRow:
    """Packets alike in their way, as a row of the table ``paths``."""

    capture: int
    group: int
    frames: list[int]
    time: int | None
    packet: str
    family: int
    src: int
    dst: int
    interface: str
    points: str
    ttls: str
    last_interface: str
    last_seen: str
    missing: str | None
    entered: bool | None
    left: bool | None
    delivered: bool | None
    answered: bool
    rewritten: bool
    encap: str
    sightings: int
    length: int
    duration: int
    outcome: str = ""


@dataclass(frozen=True)
class HopRow:
    """Packets that went from one pod link to another, as a row of the table ``hops``."""

    capture: int
    group: int
    frames: list[int]
    time: int | None
    packet: str
    family: int
    src: int
    dst: int
    interface: str
    to_interface: str
    to_frame: str
    ttl: int
    to_ttl: int
    ttl_lost: int
    between: str
    encap: str
    eth_src: int | None
    eth_dst: int | None
    to_eth_src: int | None
    to_eth_dst: int | None
    rewritten: bool
    latency: int
    outcome: str = ""
