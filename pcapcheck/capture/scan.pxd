# The C types under which Cython compiles scan.py; where it is not compiled, the Python file runs without them.
cimport cython

from pcapcheck.capture.octets cimport require, u16, u32, u32_within

# The numbers, by setup.py: known to the C compiler, they cost nothing.
from pcapcheck.capture cimport scan_layout as layout

cdef inline bint is_far(long long seconds, long long latest) noexcept nogil

cdef inline int write_record(
    long long[::1] matrix, size_t entry, long long offset, long long captured, long long length, long long time,
    long long interface, long long direction) except -1 nogil

@cython.locals(
    position=cython.longlong, count=cython.longlong, status=cython.int, needed=cython.longlong,
    captured=cython.longlong, length=cython.longlong, seconds=cython.longlong, fraction=cython.longlong,
    latest=cython.longlong, limit=cython.longlong, zeros=cython.bint, odd=cython.bint, time=cython.longlong)
cpdef scan_pcap(
    const unsigned char[::1] buffer, long long end, bint big, int header, int swapped, bint nanoseconds,
    long long largest, long long[::1] matrix, long long capacity, long long[::1] state)

cdef inline int leave(
    long long[::1] state, long long position, long long count, int status, long long needed,
    long long capacity) except -1 nogil

@cython.locals(
    shift=cython.longlong, ticks=cython.ulonglong, units=cython.ulonglong, seconds=cython.ulonglong,
    fraction=cython.ulonglong, whole=cython.longlong, nanoseconds=cython.longlong)
cdef inline long long packet_time(
    unsigned long long high, unsigned long long low, const long long[::1] interfaces, Py_ssize_t row) nogil

cdef inline bint is_packet(unsigned int block_type) noexcept nogil

cdef inline long long padded(long long size) noexcept nogil

@cython.locals(dropped=cython.longlong)
cdef inline int add_drops(
    const unsigned char[::1] buffer, long long option, bint big, long long[::1] interfaces,
    Py_ssize_t row) except -1 nogil

@cython.locals(direction=cython.int, code=cython.uint, size=cython.longlong)
cdef inline int read_options(
    const unsigned char[::1] buffer, long long option, long long last, bint big, unsigned int block_type,
    long long[::1] interfaces, Py_ssize_t row) except -2 nogil

@cython.locals(captured=cython.longlong, length=cython.longlong, number=cython.longlong)
cdef inline int simple_packet(
    const unsigned char[::1] buffer, long long position, long long total, bint big, long long[::1] interfaces,
    long long[::1] matrix, size_t entry) except -1 nogil

@cython.locals(
    interface=cython.longlong, row=cython.Py_ssize_t, captured=cython.longlong, length=cython.longlong,
    time=cython.longlong, dropped=cython.longlong, direction=cython.int, number=cython.longlong)
cdef inline int packet(
    const unsigned char[::1] buffer, long long position, long long total, bint big, unsigned int block_type,
    long long[::1] interfaces, long long interface_count, long long[::1] matrix, size_t entry) except -1 nogil

@cython.locals(
    position=cython.longlong, count=cython.longlong, entry=cython.longlong, status=cython.int, needed=cython.longlong,
    block_type=cython.uint, total=cython.longlong)
cpdef scan_pcapng(
    const unsigned char[::1] buffer, long long end, bint big, long long[::1] interfaces, long long interface_count,
    long long[::1] matrix, long long capacity, long long[::1] state)
