# The C types under which Cython compiles translating.py; where it is not compiled, the Python file runs without them.
cimport cython

# The numbers, by setup.py: known to the C compiler, they cost nothing.
from pcapcheck.decode cimport frame_layout
from pcapcheck.paths cimport gathering_layout as layout

@cython.locals(
    count=cython.longlong, packet=cython.Py_ssize_t, end=cython.longlong, least=cython.longlong, seen=cython.longlong,
    place=cython.longlong)
cpdef long long pick_partial(
    const long long[::1] rows, const long long[::1] begins, const long long[::1] frame, const long long[::1] links,
    long long[::1] lowest, long long[::1] partial) except -1

cdef inline bint is_bare(const long long[::1] what, long long row, long long other) except? -1 nogil

@cython.locals(
    mask=cython.longlong, count=cython.longlong, place=cython.Py_ssize_t, packet=cython.longlong, row=cython.longlong,
    bucket=cython.longlong, other=cython.longlong, steps=cython.int)
cpdef long long find_alike(
    const long long[::1] ordered, const long long[::1] lowest, const long long[::1] time, const long long[::1] what,
    const long long[::1] loose, int[::1] heads, int[::1] older, int[::1] before, unsigned char[::1] followed) except -1

cdef inline bint share_an_address(const long long[::1] ends, long long pair, long long other) except? -1 nogil

@cython.locals(pair=cython.longlong, other_pair=cython.longlong, bare=cython.bint)
cdef inline bint may_be_one(
    const long long[::1] what, const long long[::1] ends, long long row, long long other) except? -1 nogil

@cython.locals(place=cython.longlong, other=cython.longlong, spot=cython.longlong)
cdef inline bint are_apart(
    const long long[::1] rows, long long begin, long long end, long long other_begin, long long other_end,
    const long long[::1] frame, const long long[::1] what, const long long[::1] points,
    const long long[::1] links) except? -1 nogil

@cython.locals(
    packet=cython.Py_ssize_t, count=cython.longlong, place=cython.Py_ssize_t, left=cython.longlong,
    right=cython.longlong, left_end=cython.longlong, right_end=cython.longlong)
cpdef long long match(
    const long long[::1] ordered, const long long[::1] lowest, const int[::1] before,
    const unsigned char[::1] followed, const long long[::1] rows, const long long[::1] begins, const long long[::1] frame,
    const long long[::1] what, const long long[::1] points, const long long[::1] links, const long long[::1] ends,
    long long[::1] target) except -1
