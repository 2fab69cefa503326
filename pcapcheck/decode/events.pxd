# The C types under which Cython compiles events.py; where it is not compiled, the Python file runs without them.
cimport cython

from pcapcheck.capture.octets cimport (
    i64, i64_within, octet, octet_within, require, u16be, u16be_within, u32be, u32be_within)
from pcapcheck.decode.frame cimport Frame

# The numbers, by setup.py: known to the C compiler, they cost nothing.
from pcapcheck.capture cimport printed_layout
from pcapcheck.decode cimport frame_layout as layout
from pcapcheck cimport protocols

@cython.locals(payload=cython.longlong, present=cython.longlong, kind=cython.longlong)
cdef long long emit_event(Frame frame, size_t event) except -1 nogil

@cython.locals(icmp_type=cython.int, asks=cython.bint, answers=cython.bint, kind=cython.longlong)
cdef inline long long kind_of_icmp(Frame frame) except -2 nogil

@cython.locals(payload=cython.longlong, flags=cython.int, src_port=cython.longlong, dst_port=cython.longlong)
cdef inline long long connect(Frame frame, size_t event) except -2 nogil

@cython.locals(stop=cython.longlong, size=cython.longlong, mixed=cython.ulonglong, last=cython.longlong)
cdef inline long long question_of(const unsigned char[::1] buffer, long long position, long long end) except? -1 nogil

@cython.locals(
    payload=cython.longlong, end=cython.longlong, src_port=cython.longlong, dst_port=cython.longlong, asks=cython.bint,
    question=cython.longlong, code=cython.longlong, flags=cython.int, port=cython.longlong)
cdef inline long long query(Frame frame, size_t event) except -2 nogil

@cython.locals(header=cython.longlong)
cdef inline int place_event(Frame frame, size_t event) except -1 nogil

cdef int blank_event(Frame frame, long long present, size_t event) except -1 nogil
