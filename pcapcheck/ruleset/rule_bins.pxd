# The C types under which Cython compiles rule_bins.py; where it is not compiled, the Python file runs without them.
cimport cython

from pcapcheck.hash_table cimport entry_of, place_at, seek, stir
from pcapcheck.ruleset.value_spreads cimport copy_row

# The numbers, by setup.py: known to the C compiler, they cost nothing.
from pcapcheck.ruleset cimport counting_layout as counted
from pcapcheck.ruleset cimport program_layout as layout

@cython.locals(place=cython.longlong)
cdef inline bint is_same_bin(
    const long long[::1] bins, long long one, long long other, long long width) except? -1 nogil

@cython.locals(place=cython.longlong, leaves=cython.longlong, number=cython.longlong, result=cython.longlong)
cdef inline int write_results(
    const long long[::1] program, long long rule, const long long[::1] classes, long long entry, long long[::1] bins,
    long long at) except -1 nogil

@cython.locals(word=cython.longlong)
cdef int result_in(const long long[::1] classes, long long entry, long long leaf) except? -2 nogil

@cython.locals(
    rule=cython.longlong, width=cython.longlong, found=cython.longlong, at=cython.longlong, mixed=cython.ulonglong,
    place=cython.longlong, home=cython.longlong, mask=cython.longlong, slot=cython.longlong, bound=cython.longlong,
    spread=cython.longlong, field=cython.longlong)
cdef long long find_bin(
    const long long[::1] program, long long number, const long long[::1] classes, long long entry,
    long long[::1] bins, long long[::1] slots, long long[::1] spreads, long long[::1] state) except? -1 nogil

@cython.locals(
    mixed=cython.ulonglong, first=cython.longlong, number=cython.longlong, field=cython.longlong,
    vector=cython.longlong, place=cython.longlong, is_address=cython.bint)
cdef int hash_pairs(
    const long long[::1] program, const long long[::1] vectors, long long count, long long[::1] pairs) except -1 nogil

@cython.locals(kept=cython.longlong)
cdef bint may_want(const long long[::1] program, const long long[::1] bins, long long at) except? -1 nogil

@cython.locals(kept=cython.longlong, alike=cython.longlong, place=cython.longlong)
cdef bint wants(const long long[::1] bins, long long at, long long pair) except? -1 nogil

cdef bint takes_turn(long long[::1] bins, long long at, long long serial) except? -1 nogil

@cython.locals(kept=cython.longlong)
cdef int keep_pair(long long[::1] bins, long long at, long long pair, long long serial) except -1 nogil

@cython.locals(note=cython.longlong)
cdef int note_row(
    long long found, long long serial, bint turn, const long long[::1] data, long long row, long long step,
    long long size, long long[::1] notes, long long[::1] state) except -1 nogil
