# The C types under which Cython compiles gathering.py; where it is not compiled, the Python file runs without them.
cimport cython

# The numbers, by setup.py: known to the C compiler, they cost nothing.
from pcapcheck.paths cimport gathering_layout as layout

@cython.locals(
    mask=cython.longlong, count=cython.longlong, place=cython.Py_ssize_t, row=cython.longlong, here=cython.longlong,
    bucket=cython.longlong, packet=cython.longlong, found=cython.longlong, again=cython.int, steps=cython.int,
    sightings=cython.int,
    other=cython.longlong)
cpdef long long gather(
    const long long[::1] order, const long long[::1] time, const long long[::1] identity, const int[::1] point,
    int[::1] heads, int[::1] older, long long[::1] latest, int[::1] first, int[::1] last_row, int[::1] row_before,
    unsigned char[::1] repeated, int[::1] packet_of) except -1
