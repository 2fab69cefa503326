"""The row of the table ``associations``: one attempt at an association of SCTP (RFC 9260, section 5.1)."""

from __future__ import annotations

from typing import ClassVar

from pcapcheck.exchanges.port_row import PortRow
from pcapcheck.table_names import ASSOCIATIONS


class AssociationRow(PortRow):
    """One attempt at an association: ``requests`` counts its INITs; the first is ``frames[0]``."""

    table: ClassVar[str] = ASSOCIATIONS
    several: ClassVar[bool] = False
