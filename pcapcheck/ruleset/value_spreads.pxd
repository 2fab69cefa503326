# The C types under which Cython compiles value_spreads.py; where it is not compiled, the Python file runs without them.
cimport cython

from pcapcheck.exchanges.binning cimport bucket_of
from pcapcheck.hash_table cimport entry_of, place_at, seek_key, stir

# The numbers, by setup.py: known to the C compiler, they cost nothing.
from pcapcheck.capture cimport scan_layout
from pcapcheck.ruleset cimport counting_layout as counted
from pcapcheck.ruleset cimport program_layout as layout

@cython.locals(position=cython.longlong)
cdef inline int copy_row(
    const long long[::1] data, long long at, long long step, long long size, long long[::1] into,
    long long target) except -1 nogil

@cython.locals(ranked=cython.longlong, lowest=cython.longlong, place=cython.longlong)
cdef inline long long rank(
    long long[::1] spreads, long long spread, long long value, long long serial) except? -2 nogil

@cython.locals(home=cython.longlong, mask=cython.longlong, slot=cython.longlong, cell=cython.longlong)
cdef inline long long find_cell(
    long long[::1] cells, long long[::1] cell_slots, long long spread, long long bucket,
    long long[::1] state) except? -1 nogil

@cython.locals(cell=cython.longlong, spread=cython.longlong)
cdef inline int count_value(
    long long[::1] spreads, long long number, long long value, long long[::1] cells, long long[::1] cell_slots,
    long long[::1] state) except -1 nogil

@cython.locals(
    bound=cython.longlong, first=cython.longlong, spread=cython.longlong, value=cython.longlong, kept=cython.longlong)
cdef inline int count_values(
    const long long[::1] program, long long rule, long long entry, const long long[::1] vectors, long long place,
    const long long[::1] data, long long at, long long step, long long size, const long long[::1] bins,
    long long[::1] spreads, long long[::1] ranked, long long[::1] cells, long long[::1] cell_slots, long long serial,
    long long[::1] state) except -1 nogil
