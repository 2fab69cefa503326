# The C types under which Cython compiles segments.py; where it is not compiled, the Python file runs without them.
cimport cython

from pcapcheck.capture.octets cimport i64, u16be, u32be
from pcapcheck.decode.frame cimport Frame
from pcapcheck.decode.error_frame cimport ErrorFrame

# The numbers, by setup.py: known to the C compiler, they cost nothing.
from pcapcheck.capture cimport printed_layout
from pcapcheck.decode cimport frame_layout as layout
from pcapcheck cimport protocols

@cython.locals(protocol=cython.longlong, payload=cython.longlong, noted=cython.bint)
cdef long long emit_segment(
    const unsigned char[::1] buffer, Frame frame, long long[::1] segments, size_t at) except -1 nogil

@cython.locals(
    payload=cython.longlong, numbered=cython.bint, wire_end=cython.longlong, size=cython.longlong, ack=cython.longlong)
cdef inline bint note_tcp(
    const unsigned char[::1] buffer, Frame frame, long long[::1] segments, size_t at) except -1 nogil

cdef inline long long ttl_of(const unsigned char[::1] buffer, Frame frame) except? -1 nogil

@cython.locals(options_end=cython.longlong, option=cython.longlong, kind=cython.int)
cdef long long offered_size(const unsigned char[::1] buffer, long long payload, long long end) except? -1 nogil

@cython.locals(size=cython.longlong)
cdef inline bint note_udp(
    const unsigned char[::1] buffer, long long payload, long long[::1] segments, size_t at) except -1 nogil

cdef inline bint note_sctp(
    const unsigned char[::1] buffer, Frame frame, long long[::1] segments, size_t at) except -1 nogil

cdef inline int note_addresses(
    const unsigned char[::1] buffer, int version, long long header, long long[::1] segments,
    size_t at) except -1 nogil

cdef inline long long place_segment(Frame frame, long long[::1] segments, size_t at) except -1 nogil

@cython.locals(total=cython.longlong)
cdef inline long long datagram_end(
    const unsigned char[::1] buffer, int version, long long header, long long wire_end) except? -1 nogil

@cython.locals(protocol=cython.longlong)
cdef long long emit_segment_of_error(
    Frame frame, ErrorFrame error, long long[::1] segments, size_t at) except -1 nogil
