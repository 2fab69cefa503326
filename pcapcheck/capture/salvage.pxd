# The C types under which Cython compiles salvage.py; where it is not compiled, the Python file runs without them.
cimport cython

from pcapcheck.capture.octets cimport u16, u32

# The numbers, by setup.py: known to the C compiler, they cost nothing.
from pcapcheck.capture cimport scan_layout as layout

@cython.locals(captured=cython.longlong, length=cython.longlong, seconds=cython.longlong)
cdef inline long long record_size(
    const unsigned char[::1] buffer, Py_ssize_t position, bint big, int header, int swapped, long long limit,
    long long latest) except? -1 nogil

@cython.locals(
    found=cython.longlong, limit=cython.longlong, hops=cython.longlong, size=cython.longlong, near=cython.longlong,
    after=cython.longlong, count=cython.int, crosses=cython.bint)
cpdef long long find_record(
    const unsigned char[::1] buffer, long long position, long long until, long long end, bint whole, bint big,
    int header, int swapped, bint nanoseconds, long long latest, long long beyond) except? -2

cdef inline bint is_known(unsigned int block_type) noexcept nogil

@cython.locals(block_type=cython.uint, total=cython.longlong, interface=cython.longlong)
cdef inline long long block_size(
    const unsigned char[::1] buffer, Py_ssize_t position, long long end, bint big,
    long long interface_count) except? -1 nogil

@cython.locals(total=cython.longlong, big=cython.bint)
cdef inline long long section_size(
    const unsigned char[::1] buffer, Py_ssize_t position, long long end) except? -1 nogil

@cython.locals(found=cython.longlong, size=cython.longlong, after=cython.longlong)
cpdef long long find_block(
    const unsigned char[::1] buffer, long long position, long long until, long long end, bint whole, bint big,
    long long interface_count) except? -2
