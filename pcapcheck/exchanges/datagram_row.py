"""The row of the table ``datagrams``: what one port of UDP asked another, and whether anything came back."""

from __future__ import annotations

from typing import ClassVar

from pcapcheck.exchanges.port_row import PortRow
from pcapcheck.table_names import DATAGRAMS


class DatagramRow(PortRow):
    """Datagrams from one port to another: ``requests`` counts those before the answer; the first is ``frames[0]``."""

    table: ClassVar[str] = DATAGRAMS
    several: ClassVar[bool] = True

    @property
    def often(self) -> str:
        return f" (sent {self.requests} times)" if self.requests > 1 else ""
