# The C types under which Cython compiles error_reading.py; where it is not compiled, the Python file runs without them.
cimport cython

from pcapcheck.capture.octets cimport i64, octet, u16be, u32be
from pcapcheck.decode.frame cimport Frame
from pcapcheck.decode.icmp_arp cimport upper_layer
from pcapcheck.decode.error_frame cimport ErrorFrame

# The numbers, by setup.py: known to the C compiler, they cost nothing.
from pcapcheck.capture cimport printed_layout
from pcapcheck.decode cimport frame_layout as layout
from pcapcheck cimport protocols

cdef bint may_be_error(Frame frame) noexcept nogil

@cython.locals(position=cython.longlong, end=cython.longlong)
cdef int read_error(Frame frame, ErrorFrame error) except -1 nogil

cdef inline bint quotes(int version, long long icmp_type) noexcept nogil

cdef int error_class(int family, long long icmp_type, long long code) noexcept nogil

cdef inline int blank_quote(ErrorFrame error) except -1 nogil

@cython.locals(packed=cython.longlong, protocol=cython.int)
cdef inline int read_quoted(
    const unsigned char[::1] buffer, long long position, long long end, int version, ErrorFrame error) except -1 nogil

@cython.locals(protocol=cython.int)
cdef inline long long quoted_ipv4(
    const unsigned char[::1] buffer, long long position, ErrorFrame error) except -2 nogil

@cython.locals(packed=cython.longlong)
cdef long long quoted_ipv6(
    const unsigned char[::1] buffer, long long position, long long end, ErrorFrame error) except -2 nogil

@cython.locals(echo_request=cython.int, echo_reply=cython.int)
cdef inline int quoted_icmp(
    const unsigned char[::1] buffer, long long position, long long end, int version, ErrorFrame error) except -1 nogil

cdef inline int quoted_ports(
    const unsigned char[::1] buffer, long long position, long long end, int protocol, ErrorFrame error) except -1 nogil

@cython.locals(request=cython.int, kind=cython.longlong, code=cython.longlong)
cdef long long emit_event_of_error(Frame frame, ErrorFrame error, size_t event) except -1 nogil

cdef inline long long ttl_of(Frame frame) except? -1 nogil

cdef inline long long source_high(Frame frame) except? -1 nogil

cdef inline long long source_low(Frame frame) except? -1 nogil

cdef long long emit_error(Frame frame, ErrorFrame error, size_t at) except -1 nogil

cdef int blank_error(Frame frame, size_t at) except -1 nogil
