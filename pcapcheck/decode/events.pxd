# The C types under which Cython compiles events.py; where it is not compiled, the Python file runs without them.
cimport cython

from pcapcheck.capture.octets cimport (
    i64_within, octet, octet_within, require, u16be, u16be_within, u32be, u32be_within)
from pcapcheck.decode.datagrams cimport associate, datagram
from pcapcheck.decode.dns_messages cimport is_of_dns, query
from pcapcheck.decode.dns_streams cimport begin_segment, begin_stream, next_message, over_tcp
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

@cython.locals(place=cython.longlong, message=cython.longlong, kind=cython.longlong)
cdef long long emit_printed(Frame frame, long long present, size_t event) except -1 nogil

@cython.locals(kind=cython.longlong)
cdef long long emit_messages(Frame frame, size_t event) except -1 nogil

@cython.locals(header=cython.longlong)
cdef inline int place_event(Frame frame, size_t event) except -1 nogil

cdef int blank_event(Frame frame, long long present, size_t event) except -1 nogil
