# The C types under which Cython compiles moment_sums.py; where it is not compiled, the Python file runs without them.
cimport cython

# The numbers, by setup.py: known to the C compiler, they cost nothing.
from pcapcheck.capture cimport scan_layout
from pcapcheck.exchanges cimport spreading_layout
from pcapcheck.hash_table cimport entry_of, place_at, seek, stir
from pcapcheck.links cimport share_layout as layout

@cython.locals(
    mask=cython.longlong, number=cython.longlong, at=cython.size_t, when=cython.longlong, home=cython.longlong,
    slot=cython.longlong, row=cython.size_t, failed=cython.longlong, asked=cython.longlong, first=cython.longlong,
    last=cython.longlong)
cpdef long long sum_moments(
    const long long[::1] moments, long long count, long long shift, long long kind, const signed char[::1] good,
    long long[::1] sums, long long[::1] slots, long long known) except? -1
