"""Kinds of exchanges that the loop in ``pairing`` pairs: the table of each, and what distinguishes them.

    kind         question                      answer                           the same question again
    echo         echo request                  echo reply                       same IP identification within a second
    connection   SYN                           SYN-ACK or RST                   a SYN between the same ports
    dns          query to port 53              response to it                   what is asked, from whatever port

An ICMP error that quotes the question ends each of them, until an answer comes all the same.
"""

from __future__ import annotations

from msgspec import Struct

from pcapcheck.exchanges import pairing_layout as layout
from pcapcheck.table_names import CONNECTIONS, DNS, ECHO


class PairedKind(Struct, frozen=True):
    """One kind: its ``table``, its KIND in the loop's rows, and whether one exchange may ask several times."""

    table: str
    number: int
    repeats: bool


KINDS = (
    PairedKind(ECHO, layout.KIND_ECHO, repeats=False),
    PairedKind(CONNECTIONS, layout.KIND_CONNECTION, repeats=True),
    PairedKind(DNS, layout.KIND_DNS, repeats=True),
)
NUMBERS = {kind.table: kind.number for kind in KINDS}
# Echo requests to no one host are rows of the same table.
TABLE_OF = {layout.KIND_ECHO_TO_MANY: ECHO} | {kind.number: kind.table for kind in KINDS}
REPEATING = frozenset(kind.number for kind in KINDS if kind.repeats)
