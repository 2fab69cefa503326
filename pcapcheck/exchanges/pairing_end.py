# cython: language_level=3, annotation_typing=False, boundscheck=False, wraparound=False, cdivision=True
# cython: initializedcheck=False
"""Finish what is left when a capture is at its end: what was answered, what an error ended, what nobody answered.

The loop runs as plain Python or compiled by Cython with the C types in ``pairing_end.pxd``.
"""

from __future__ import annotations

from array import array

try:
    import cython
except ImportError:
    from pcapcheck import _cython_stub as cython

if not cython.compiled:
    from pcapcheck.capture import scan_layout
    from pcapcheck.exchanges import pairing_layout as layout
    from pcapcheck.exchanges.binning import finish, what_is_full
    from pcapcheck.exchanges.head_marks import rest_of
    from pcapcheck.exchanges.pairing_arrays import PairingArrays


def is_under_way(arrays: PairingArrays, row: int, last: int, wait: int, dns_wait: int) -> bool:
    """Whether what got no answer may still have got one when its capture point was heard last."""
    time = arrays.pool[row + layout.TIME]
    rest = rest_of(arrays.pool[row + layout.MARKS])
    requests = arrays.rest[rest + layout.REQUESTS] if rest >= 0 else 1
    if arrays.pool[row + layout.KIND] == layout.KIND_ASSOCIATION and requests == 1:
        return time != scan_layout.ABSENT_TIME and last - time < layout.INIT_WAIT
    if arrays.pool[row + layout.KIND] == layout.KIND_CONNECTION and requests == 1:
        return time != scan_layout.ABSENT_TIME and (last - time < wait or last - time < layout.SYN_WAIT)
    if arrays.pool[row + layout.KIND] != layout.KIND_DNS:
        return time != scan_layout.ABSENT_TIME and last - time < wait
    if time == scan_layout.ABSENT_TIME:
        return requests == 1
    # Whoever asks again has waited for long enough; but the repeat may be answered.
    return last - time < dns_wait and (requests == 1 or last - arrays.rest[rest + layout.LATEST] < wait)


def finish_ring(arrays: PairingArrays, ring: array[int], first: int) -> None:
    """Finish what a ring remembers, from ``first`` on, the oldest; ``state[S_STATUS]`` says whether all is done."""
    arrays.state[layout.S_STATUS] = layout.DONE
    step = 0
    while step < len(ring) and arrays.state[layout.S_STATUS] == layout.DONE:
        at = (first + step) % len(ring)
        step = step + 1
        if ring[at] >= 0:
            arrays.state[layout.S_STATUS] = what_is_full(arrays, 1)
            if arrays.state[layout.S_STATUS] == layout.DONE:
                finish(arrays, ring[at], layout.UNANSWERED)
                ring[at] = -1


def finish_all(arrays: PairingArrays, last_seen: array[int], wait: int, dns_wait: int) -> None:
    """At the end of the capture: finish what was answered, oldest first, then what is still open, oldest first.

    ``last_seen`` holds for each frame group the time of the last frame of its capture point: a request closer to that
    than ``wait`` is in flight, a DNS query that is closer than ``dns_wait``. May stop because something is full, and is
    then called again.
    """
    finish_ring(arrays, arrays.answered, arrays.state[layout.S_ANSWERED_AT])
    if arrays.state[layout.S_STATUS] == layout.DONE:
        finish_ring(arrays, arrays.talks, arrays.state[layout.S_TALKS_AT])
    if arrays.state[layout.S_STATUS] != layout.DONE:
        return
    while arrays.state[layout.S_OLDEST] >= 0:
        arrays.state[layout.S_STATUS] = what_is_full(arrays, 1)
        if arrays.state[layout.S_STATUS] != layout.DONE:
            return
        place = arrays.state[layout.S_OLDEST]
        row = place * layout.HEAD_FIELDS
        # Nothing is looked up or linked any more: those that are younger need not know that this one is gone.
        arrays.state[layout.S_OLDEST] = arrays.pool[row + layout.NEWER]
        arrays.state[layout.S_OPEN] = arrays.state[layout.S_OPEN] - 1
        last = last_seen[arrays.pool[row + layout.GROUP]]
        outcome = layout.UNANSWERED
        if arrays.pool[row + layout.STATE] == layout.HELD_BACK or is_under_way(arrays, row, last, wait, dns_wait):
            outcome = layout.IN_FLIGHT
        finish(arrays, place, outcome)
