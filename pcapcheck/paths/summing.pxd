# The C types under which Cython compiles summing.py; where it is not compiled, the Python file runs without them.
cimport cython

from pcapcheck.hash_table cimport stir

# The numbers, by setup.py: known to the C compiler, they cost nothing.
from pcapcheck.paths cimport summing_layout as layout

@cython.locals(found=cython.longlong, bit=cython.longlong, capture=cython.Py_ssize_t)
cdef inline long long watching(long long time, const long long[::1] spans) noexcept nogil

@cython.locals(
    mask=cython.longlong, count=cython.int, packet=cython.Py_ssize_t, situation=cython.longlong,
    signature=cython.longlong, slot=cython.size_t, kind=cython.size_t)
cpdef long long classify(
    const long long[::1] rows, const long long[::1] begins, const long long[::1] time,
    const long long[::1] signatures, const long long[::1] spans, const unsigned char[::1] repeated,
    const unsigned char[::1] rewritten, const unsigned char[::1] answered, int[::1] slots, long long[::1] kinds,
    int[::1] kind_of) except -1

@cython.locals(
    packet=cython.Py_ssize_t, number=cython.longlong, row=cython.longlong, length=cython.longlong, at=cython.size_t,
    count=cython.longlong)
cpdef void sum_up(
    const long long[::1] rows, const long long[::1] begins, const long long[::1] time, const long long[::1] what,
    const int[::1] kind_of, const long long[::1] numbers, long long[::1] paths, long long[::1] path_of) except *
