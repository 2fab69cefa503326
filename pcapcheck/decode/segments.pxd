# The C types under which Cython compiles segments.py; where it is not compiled, the Python file runs without them.
cimport cython

from pcapcheck.capture.octets cimport i64_within, octet, octet_within, require, u16be, u16be_within, u32be, u32be_within
from pcapcheck.decode.frame cimport Frame
from pcapcheck.decode.error_frame cimport ErrorFrame

# The numbers, by setup.py: known to the C compiler, they cost nothing.
from pcapcheck.capture cimport printed_layout
from pcapcheck.decode cimport frame_layout as layout
from pcapcheck.decode cimport stream_layout
from pcapcheck cimport protocols

@cython.locals(payload=cython.longlong)
cdef long long emit_segment(Frame frame, size_t at) except -1 nogil

@cython.locals(
    payload=cython.longlong, numbered=cython.bint, options=cython.longlong, data=cython.longlong, size=cython.longlong,
    ack=cython.longlong, flags=cython.longlong)
cdef inline bint note_tcp(Frame frame, size_t at) except -1 nogil

cdef inline long long ttl_of(Frame frame) except? -1 nogil

cdef long long offered_size(Frame frame, long long option, long long end) except? -1 nogil

@cython.locals(kind=cython.int)
cdef long long find_option(Frame frame, long long option, long long end, int wanted, int size) except? -1 nogil

@cython.locals(at=cython.longlong, block=cython.int)
cdef bint has_gap(Frame frame, long long option, long long end, long long ack) except? -1 nogil

@cython.locals(header=cython.longlong)
cdef inline int note_addresses(Frame frame, size_t at) except -1 nogil

cdef inline long long place_segment(Frame frame, size_t at) except -1 nogil

@cython.locals(total=cython.longlong)
cdef long long datagram_end(Frame frame) except? -1 nogil

cdef long long emit_segment_of_error(Frame frame, ErrorFrame error, size_t at) except -1 nogil
