# The C types under which Cython compiles holding.py; where it is not compiled, the Python file runs without them.
cimport cython

# The numbers, by setup.py: known to the C compiler, they cost nothing.
from pcapcheck.capture cimport scan_layout
from pcapcheck.exchanges cimport holding_layout as layout
from pcapcheck.exchanges cimport pairing_layout
from pcapcheck.exchanges.head_marks cimport rest_of
from pcapcheck.hash_table cimport home_of_four, insert_all, place_at, seek_key

@cython.locals(
    mask=cython.longlong, count=cython.longlong, place=cython.longlong, row=cython.size_t, group=cython.size_t,
    time=cython.longlong, last=cython.longlong, src_high=cython.longlong, src_low=cython.longlong,
    dst_high=cython.longlong, dst_low=cython.longlong, is_dns=cython.bint, home=cython.longlong, slot=cython.longlong,
    wait=cython.longlong, found=cython.longlong)
cpdef long long hold_timed(
    long long[::1] pool, const long long[::1] rest, const long long[::1] state, const long long[::1] last_seen,
    const long long[::1] waits, const long long[::1] slots, const long long[::1] by_group,
    long long[::1] untimed) except? -1

@cython.locals(number=cython.longlong, row=cython.size_t)
cpdef enter_waits(long long[::1] waits, long long[::1] slots, long long count)
