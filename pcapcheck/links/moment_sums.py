# cython: language_level=3, annotation_typing=False, boundscheck=False, wraparound=False, cdivision=True
# cython: initializedcheck=False
"""Sum up moments (``spreading``) of all frame groups by when they were.

A capture of a node has thousands: each pod has its own.

The loop runs as plain Python or compiled by Cython with the C types in ``moment_sums.pxd``.
"""

from __future__ import annotations

from array import array

try:
    import cython
except ImportError:
    from pcapcheck import _cython_stub as cython

if not cython.compiled:
    from pcapcheck.capture import scan_layout
    from pcapcheck.exchanges import spreading_layout
    from pcapcheck.hash_table import entry_of, place_at, seek, stir
    from pcapcheck.links import share_layout as layout


def sum_moments(
    moments: array[int], count: int, shift: int, kind: int, good: array[int], sums: array[int], slots: array[int],
    known: int
) -> int:  # fmt: skip
    """Add the moments of one kind in frame groups that are ``good``; returns how many sums there are then.

    A sum is of 2^``shift`` moments. ``sums`` has room for as many more as there are moments, ``slots`` for all of them.
    ``known`` is how many there are.
    """
    with cython.nogil:
        mask = len(slots) - 1
        for number in range(count):
            at = number * spreading_layout.MOMENT_FIELDS
            if moments[at + spreading_layout.C_KIND] != kind or not good[moments[at + spreading_layout.C_GROUP]]:
                continue
            when = moments[at + spreading_layout.M_WHEN] >> shift
            home = stir(0, when) >> 2
            slot = seek(slots, mask, home, home & mask)
            while slots[slot] >= 0 and sums[place_at(slots, slot) * layout.MOMENT_SUM_FIELDS + layout.U_WHEN] != when:
                slot = seek(slots, mask, home, (slot + 1) & mask)
            if slots[slot] < 0:
                slots[slot] = entry_of(home, known)
                row = known * layout.MOMENT_SUM_FIELDS
                known = known + 1
                sums[row + layout.U_HOME] = home
                sums[row + layout.U_WHEN] = when
                sums[row + layout.U_ASKED] = 0
                sums[row + layout.U_FAILED] = 0
                sums[row + layout.U_FIRST] = scan_layout.ABSENT_TIME
                sums[row + layout.U_LAST] = scan_layout.ABSENT_TIME
            row = place_at(slots, slot) * layout.MOMENT_SUM_FIELDS
            failed = moments[at + spreading_layout.C_SILENT] + moments[at + spreading_layout.C_ERRED]
            asked = moments[at + spreading_layout.C_REPLIED] + failed
            sums[row + layout.U_ASKED] = sums[row + layout.U_ASKED] + asked
            sums[row + layout.U_FAILED] = sums[row + layout.U_FAILED] + failed
            first, last = moments[at + spreading_layout.C_FIRST], moments[at + spreading_layout.C_LAST]
            if failed and first != scan_layout.ABSENT_TIME:
                if sums[row + layout.U_FIRST] == scan_layout.ABSENT_TIME or first < sums[row + layout.U_FIRST]:
                    sums[row + layout.U_FIRST] = first
                # No time is before the absent one.
                sums[row + layout.U_LAST] = max(sums[row + layout.U_LAST], last)
        return known
