"""ICMP errors that end exchanges: counted by what they say, and which frame groups sent them."""

from __future__ import annotations

from array import array
from collections import Counter

from pcapcheck.decode import frame_layout as layout
from pcapcheck.decode.decoder import FrameBatch, absent
from pcapcheck.exchanges.cut_errors import MOST_CUT, CutError, cut_error, settle_cut_errors
from pcapcheck.protocols import FROM_ROUTERS

# ICMP types that end an exchange, by family. Redirects (5) and source quench (4) do not.
ENDING = {4: (3, 11, 12), 6: (1, 2, 3, 4)}
EXPIRED = {4: 11, 6: 3}
MOST_ERRORS = 1000


class EndingErrors:
    """The ICMP errors of one capture that end an exchange."""

    def __init__(self) -> None:
        # By family, type, code, sender and MTU.
        self.counts: Counter[tuple[int, int, int, int, int | None]] = Counter()
        # Frame groups that sent errors as routers do: a packet goes no further.
        self.groups: set[int] = set()
        # By capture point, the errors about expired packets that do not show which packet.
        self.unquoted: Counter[tuple[int, int | None]] = Counter()
        self._cut: list[CutError] = []

    def feed(self, batch: FrameBatch) -> None:
        """Count the errors among the rows of a batch."""
        versions = batch.field(layout.IP_VERSION)
        for row, icmp_type in enumerate(batch.field(layout.ICMP_TYPE)):
            if icmp_type >= 0 and icmp_type in ENDING[versions[row]]:
                self._count(batch, row, versions[row], icmp_type)

    def settle(self, pool: array[int], state: array[int]) -> None:
        """Assign errors that were cut before the sequence number to the open requests that they can be about."""
        settle_cut_errors(self._cut, pool, state)

    def _count(self, batch: FrameBatch, row: int, version: int, icmp_type: int) -> None:
        rows, capacity = batch.rows, batch.capacity
        code = rows[layout.ICMP_CODE * capacity + row]
        cut = cut_error(batch, row, version)
        if cut is not None and len(self._cut) < MOST_CUT:
            self._cut.append(cut)
        elif EXPIRED[version] == icmp_type and (cut is not None or _is_unquoted(batch, row)):
            point = rows[layout.INTERFACE * capacity + row]
            self.unquoted[point, absent(rows[layout.IFINDEX * capacity + row])] += 1
        if (version, icmp_type, code) in FROM_ROUTERS:
            self.groups.add(rows[layout.GROUP * capacity + row])
        source = batch.address_of(rows[layout.IP_SRC_HIGH * capacity + row], rows[layout.IP_SRC_LOW * capacity + row])
        error = (version, icmp_type, code, source, absent(rows[layout.ICMP_MTU * capacity + row]) or None)
        if error in self.counts or len(self.counts) < MOST_ERRORS:
            self.counts[error] += 1


def _is_unquoted(batch: FrameBatch, row: int) -> bool:
    """Whether an ICMP error does not even show the protocol of the packet that it is about."""
    quoted = batch.rows[layout.HAS * batch.capacity + row] & layout.HAS_QUOTED
    return not quoted or batch.rows[layout.QUOTED_PROTO * batch.capacity + row] == layout.ABSENT
