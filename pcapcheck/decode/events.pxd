# The C types under which Cython compiles events.py; where it is not compiled, the Python file runs without them.
cimport cython

from pcapcheck.capture.octets cimport i64, u16be, u32be
from pcapcheck.decode.datagrams cimport associate, datagram
from pcapcheck.decode.frame cimport Frame

# The numbers, by setup.py: known to the C compiler, they cost nothing.
from pcapcheck.capture cimport printed_layout
from pcapcheck.decode cimport frame_layout as layout
from pcapcheck cimport protocols

@cython.locals(payload=cython.longlong, present=cython.longlong, kind=cython.longlong)
cdef long long emit_event(
    const unsigned char[::1] buffer, Frame frame, long long[::1] events, size_t event) except -1 nogil

@cython.locals(icmp_type=cython.int, asks=cython.bint, answers=cython.bint, kind=cython.longlong)
cdef inline long long kind_of_icmp(const unsigned char[::1] buffer, Frame frame) except -2 nogil

@cython.locals(payload=cython.longlong, flags=cython.int, src_port=cython.longlong, dst_port=cython.longlong)
cdef inline long long connect(
    const unsigned char[::1] buffer, Frame frame, long long[::1] events, size_t event) except -2 nogil

@cython.locals(stop=cython.longlong, mixed=cython.ulonglong)
cdef inline long long question_of(
    const unsigned char[::1] buffer, long long position, long long end) except? -1 nogil

cdef inline bint is_of_dns(const unsigned char[::1] buffer, size_t payload) except? -1 nogil

cdef inline int asks_dns(const unsigned char[::1] buffer, size_t payload) except -2 nogil

@cython.locals(
    asking=cython.int, asks=cython.bint, question=cython.longlong, code=cython.longlong, flags=cython.int,
    port=cython.longlong)
cdef long long query(
    const unsigned char[::1] buffer, long long payload, long long message, long long end, long long[::1] events,
    size_t event) except -2 nogil

@cython.locals(
    payload=cython.longlong, end=cython.longlong, data=cython.longlong, message=cython.longlong, kind=cython.longlong)
cdef long long query_over_tcp(
    const unsigned char[::1] buffer, Frame frame, long long[::1] events, size_t event) except -2 nogil

@cython.locals(flags=cython.int)
cdef inline bint is_message(const unsigned char[::1] buffer, long long message, long long end) except? -1 nogil

@cython.locals(header=cython.longlong)
cdef inline int place_event(
    const unsigned char[::1] buffer, Frame frame, long long[::1] events, size_t event) except -1 nogil

cdef int blank_event(long long present, long long[::1] events, size_t event) except -1 nogil
