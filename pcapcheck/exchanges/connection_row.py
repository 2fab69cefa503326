"""The row of the table ``connections``: one attempt at a TCP connection."""

from __future__ import annotations

from typing import ClassVar

from pcapcheck.exchanges.port_row import PortRow
from pcapcheck.table_names import CONNECTIONS


class ConnectionRow(PortRow):
    """One attempt at a TCP connection: ``requests`` counts its SYNs; the first is ``frames[0]``."""

    table: ClassVar[str] = CONNECTIONS
    several: ClassVar[bool] = False
