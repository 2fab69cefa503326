# The C types under which Cython compiles scan.py; where it is not compiled, the Python file runs without them.
cimport cython

from pcapcheck.capture.octets cimport u16, u32

# The numbers, by setup.py: known to the C compiler, they cost nothing.
from pcapcheck.capture cimport scan_layout as layout

@cython.locals(
    position=cython.longlong, count=cython.longlong, entry=cython.longlong, status=cython.int, needed=cython.longlong,
    captured=cython.longlong, length=cython.longlong, seconds=cython.longlong, fraction=cython.longlong,
    latest=cython.longlong, limit=cython.longlong, zeros=cython.bint, odd=cython.bint)
cpdef scan_pcap(
    const unsigned char[::1] buffer, long long end, bint big, int header, int swapped, bint nanoseconds,
    long long largest, long long[::1] matrix, long long capacity, long long[::1] state)

@cython.locals(
    shift=cython.longlong, ticks=cython.ulonglong, units=cython.ulonglong, seconds=cython.ulonglong,
    fraction=cython.ulonglong, whole=cython.longlong, nanoseconds=cython.longlong)
cdef inline long long packet_time(
    unsigned long long high, unsigned long long low, const long long[::1] interfaces, Py_ssize_t row) nogil

@cython.locals(
    position=cython.longlong, count=cython.longlong, entry=cython.longlong, status=cython.int, needed=cython.longlong,
    block_type=cython.uint, total=cython.longlong, direction=cython.int, interface=cython.longlong,
    row=cython.Py_ssize_t, data=cython.longlong, captured=cython.longlong, length=cython.longlong,
    time=cython.longlong, option=cython.longlong, last=cython.longlong, code=cython.uint, size=cython.longlong,
    dropped=cython.longlong)
cpdef scan_pcapng(
    const unsigned char[::1] buffer, long long end, bint big, long long[::1] interfaces, long long interface_count,
    long long[::1] matrix, long long capacity, long long[::1] state)
