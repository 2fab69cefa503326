# The C types under which Cython compiles dns_streams.py; where it is not compiled, the Python file runs without them.
cimport cython

from pcapcheck.capture.octets cimport i64, octet, u16be, u32be
from pcapcheck.decode.dns_messages cimport is_answer, is_message, query
from pcapcheck.decode.frame cimport Frame
from pcapcheck.decode.segments cimport datagram_end

# The numbers, by setup.py: known to the C compiler, they cost nothing.
from pcapcheck.decode cimport frame_layout as layout
from pcapcheck.decode cimport stream_layout
from pcapcheck cimport protocols

@cython.locals(
    header=cython.longlong, src_high=cython.longlong, src_low=cython.longlong, dst_high=cython.longlong,
    dst_low=cython.longlong, ports=cython.longlong, point=cython.longlong, mixed=cython.ulonglong, row=cython.longlong)
cdef long long find_stream(Frame frame) except -1 nogil

cdef int go_on_from(Frame frame, size_t row, long long sequence) except -1 nogil

@cython.locals(row=cython.longlong)
cdef int begin_stream(Frame frame) except -1 nogil

@cython.locals(
    payload=cython.longlong, wire_end=cython.longlong, row=cython.longlong, sequence=cython.longlong,
    size=cython.longlong, behind=cython.longlong, read=cython.longlong, near=cython.longlong)
cdef bint begin_segment(Frame frame) except? -1 nogil

cdef bint begins_message(Frame frame) except? -1 nogil

@cython.locals(row=cython.longlong, end=cython.longlong, kind=cython.longlong, left=cython.longlong)
cdef long long next_message(Frame frame, size_t event) except -2 nogil

@cython.locals(message=cython.longlong)
cdef long long only_message(Frame frame, size_t event) except -2 nogil

@cython.locals(here=cython.longlong, size=cython.longlong, is_cut=cython.bint)
cdef bint is_whole_here(Frame frame) except? -1 nogil

@cython.locals(size=cython.longlong, message=cython.longlong, end=cython.longlong)
cdef long long message_here(Frame frame, size_t event) except -2 nogil

@cython.locals(
    row=cython.longlong, held=cython.longlong, first=cython.longlong, size=cython.longlong, needed=cython.longlong,
    message=cython.longlong)
cdef long long hold(Frame frame, size_t event) except -2 nogil

cdef long long in_stream(
    Frame frame, const unsigned char[::1] buffer, long long message, long long end, size_t event) except -2 nogil

cdef long long over_tcp(Frame frame, long long kind, size_t event) except -2 nogil

@cython.locals(row=cython.longlong, wire_end=cython.longlong, missing=cython.longlong)
cdef int pass_over_missing(Frame frame) except -1 nogil
