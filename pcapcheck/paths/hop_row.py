"""A row of the table ``hops``: its fields are the columns."""

from __future__ import annotations

from pcapcheck.paths.path_row import FollowedRow


class HopRow(FollowedRow, frozen=True, kw_only=True):
    """A row of the table ``hops``: packets that went from one pod link to another."""

    to_interface: str
    to_frame: str
    ttl: int | None
    to_ttl: int | None
    ttl_lost: int | None
    between: str | None
    eth_src: int | None
    eth_dst: int | None
    to_eth_src: int | None
    to_eth_dst: int | None
    latency: int
