# The C types under which Cython compiles pairing_end.py; where it is not compiled, the Python file runs without them.
cimport cython

# The numbers, by setup.py: known to the C compiler, they cost nothing.
from pcapcheck.capture cimport scan_layout
from pcapcheck.exchanges cimport pairing_layout as layout
from pcapcheck.exchanges.binning cimport finish, what_is_full
from pcapcheck.exchanges.head_marks cimport rest_of
from pcapcheck.exchanges.pairing_arrays cimport PairingArrays

@cython.locals(time=cython.longlong, rest=cython.longlong, requests=cython.longlong)
cdef inline bint is_under_way(
    PairingArrays arrays, size_t row, long long last, long long wait, long long dns_wait) except? -1 nogil

@cython.locals(step=cython.longlong, at=cython.size_t)
cdef int finish_ring(PairingArrays arrays, long long[::1] ring, long long first) except -1

@cython.locals(
    place=cython.longlong, row=cython.size_t, last=cython.longlong,
    outcome=cython.longlong)
cpdef finish_all(PairingArrays arrays, const long long[::1] last_seen, long long wait, long long dns_wait)
