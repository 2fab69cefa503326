# The C types under which Cython compiles line_writing.py; where it is not compiled, the Python file runs without them.
cimport cython

from pcapcheck.copying cimport copy_bytes

# The numbers, by setup.py: known to the C compiler, they cost nothing.
from pcapcheck.report.tables cimport line_layout as layout

@cython.locals(begin=cython.longlong, size=cython.longlong)
cdef inline long long write_text(
    const unsigned char[::1] texts, const long long[::1] bounds, size_t number, unsigned char[::1] out,
    long long at) except -1 nogil

@cython.locals(end=cython.longlong, place=cython.size_t)
cdef inline long long write_digits(long long value, unsigned char[::1] out, size_t at, size_t size) except -1 nogil

@cython.locals(size=cython.longlong, rest=cython.longlong)
cdef inline long long write_number(long long value, unsigned char[::1] out, size_t at) except -1 nogil

@cython.locals(seconds=cython.longlong)
cdef inline long long write_clock(long long value, unsigned char[::1] out, size_t at) except -1 nogil

@cython.locals(part=cython.size_t, end=cython.size_t, kind=cython.longlong, text=cython.size_t, value=cython.longlong)
cdef inline long long write_row(
    const long long[::1] parts, const long long[::1] numbers, const unsigned char[::1] texts,
    const long long[::1] bounds, size_t row, unsigned char[::1] out, long long at) except -1 nogil

@cython.locals(at=cython.longlong, row=cython.longlong)
cpdef long long write_lines(
    const long long[::1] parts, const long long[::1] numbers, const unsigned char[::1] texts,
    const long long[::1] bounds, long long begin, long long end, unsigned char[::1] out) except -1
