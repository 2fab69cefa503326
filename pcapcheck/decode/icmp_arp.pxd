# The C types under which Cython compiles icmp_arp.py; where it is not compiled, the Python file runs without them.
cimport cython

from pcapcheck.capture.octets cimport i64, mac, u16be, u32be

# The numbers, by setup.py: known to the C compiler, they cost nothing.
from pcapcheck.capture cimport printed_layout
from pcapcheck.decode cimport frame_layout as layout
from pcapcheck cimport protocols

@cython.locals(
    hardware=cython.longlong, protocol=cython.longlong, ethernet=cython.bint, of_ipv4=cython.bint)
cpdef int decode_arp(
    const unsigned char[::1] buffer, long long position, long long end, long long[::1] rows, long long capacity,
    long long row) except -1 nogil

cpdef long long upper_layer(
    const unsigned char[::1] buffer, long long position, long long end, int protocol) except? -2 nogil

@cython.locals(hardware_size=cython.longlong, at=cython.longlong)
cdef int arp_addresses(
    const unsigned char[::1] buffer, long long position, long long end, bint macs, bint ipv4, long long[::1] rows,
    long long capacity, long long row) except -1 nogil

@cython.locals(icmp_type=cython.int)
cpdef int decode_icmp(
    const unsigned char[::1] buffer, long long position, long long end, long long[::1] rows, long long capacity,
    long long row) except -1 nogil

@cython.locals(icmp_type=cython.int)
cpdef int decode_icmpv6(
    const unsigned char[::1] buffer, long long position, long long end, long long[::1] rows, long long capacity,
    long long row) except -1 nogil

@cython.locals(wanted=cython.int, option=cython.longlong, size=cython.longlong)
cdef inline long long link_address(
    const unsigned char[::1] buffer, long long position, long long end) except? -2 nogil

cpdef int outer_addresses(
    const unsigned char[::1] buffer, long long position, int version, long long[::1] rows, long long capacity,
    long long row) except -1 nogil

cpdef long long find_fragment(
    const unsigned char[::1] buffer, long long position, long long end, int protocol) except? -2 nogil

@cython.locals(needed=cython.int)
cpdef long long cut_short(
    const unsigned char[::1] buffer, long long captured, int carries, int ethertype, int version, int protocol,
    long long header, long long payload, long long fragment, long long end) except? -2 nogil

cpdef int decode_fragment_header(
    const unsigned char[::1] buffer, long long position, long long end, int protocol, long long[::1] rows,
    long long capacity, long long row) except -1 nogil

@cython.locals(present=cython.longlong, length=cython.longlong)
cpdef int blank_row(
    const unsigned char[::1] buffer, long long start, long long[::1] rows, long long capacity,
    long long row) except -1 nogil
