# The C types under which Cython compiles hostless.py; where it is not compiled, the Python file runs without them.
cimport cython

# The numbers, by setup.py: known to the C compiler, they cost nothing.
from pcapcheck.decode cimport frame_layout
from pcapcheck.exchanges cimport pairing_layout as layout
from pcapcheck.exchanges.head_marks cimport rest_of

@cython.locals(place=cython.size_t)
cdef inline bint is_among(const long long[::1] addresses, long long low) except? -1 nogil

@cython.locals(found=cython.longlong)
cdef inline bint is_silent(const long long[::1] pool, size_t row, const long long[::1] rest) except? -1 nogil

@cython.locals(row=cython.size_t, low=cython.longlong)
cpdef expect_no_host(
    long long[::1] pool, const long long[::1] rest, const long long[::1] gateways, const long long[::1] hosts)
