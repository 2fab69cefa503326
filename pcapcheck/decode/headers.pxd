# The C types under which Cython compiles headers.py; where it is not compiled, the Python file runs without them.
cimport cython

from pcapcheck.capture.octets cimport (
    i64, mac, mac_within, octet, octet_within, require, u16be, u16be_within, u32be, u32be_within)
from pcapcheck.decode.frame cimport Frame
from pcapcheck.decode.icmp_arp cimport upper_layer

# The numbers, by setup.py: known to the C compiler, they cost nothing.
from pcapcheck.capture cimport printed_layout
from pcapcheck.decode cimport frame_layout as layout
from pcapcheck cimport protocols

cdef int read_headers(Frame frame) except -1 nogil

@cython.locals(start=cython.longlong)
cdef inline int read_ethernet(Frame frame) except -1 nogil

@cython.locals(start=cython.longlong)
cdef int read_cooked(Frame frame) except -1 nogil

@cython.locals(start=cython.longlong)
cdef int read_cooked2(Frame frame) except -1 nogil

cdef inline int read_packet_type(int packet_type, Frame frame) except -1 nogil

cdef int read_raw(Frame frame) except -1 nogil

@cython.locals(family=cython.int)
cdef int read_loopback(Frame frame) except -1 nogil

@cython.locals(start=cython.longlong)
cdef int read_printed(Frame frame) except -1 nogil

cdef inline bint is_tag(int ethertype) noexcept nogil

cdef inline int read_tags(Frame frame) except -1 nogil

@cython.locals(position=cython.longlong)
cdef int read_llc(Frame frame) except -1 nogil

@cython.locals(carried=cython.int)
cdef inline int read_network(Frame frame) except -1 nogil

cdef inline int ttl_says(int ttl) noexcept nogil

@cython.locals(first=cython.int)
cdef inline int read_ip(Frame frame, int carried) except -1 nogil

@cython.locals(
    header=cython.longlong, within=cython.longlong, size=cython.longlong, first=cython.int, total=cython.longlong)
cdef inline int read_ipv4(Frame frame) except -1 nogil

@cython.locals(
    header=cython.longlong, within=cython.longlong, protocol=cython.int, total=cython.longlong, packed=cython.longlong,
    whole=cython.bint)
cdef int read_ipv6(Frame frame) except -1 nogil

cdef inline bint is_control(int icmp_type) noexcept nogil

@cython.locals(protocol=cython.int, inside=cython.int)
cdef inline int enter_tunnel(Frame frame) except -2 nogil

@cython.locals(payload=cython.longlong, port=cython.uint, inside=cython.int)
cdef int enter_udp(Frame frame) except -2 nogil

cdef bint begins_ip(
    const unsigned char[::1] buffer, long long position, long long end, int ethertype) except? -1 nogil
