# The C types under which Cython compiles datagrams.py; where it is not compiled, the Python file runs without them.
cimport cython

from pcapcheck.capture.octets cimport octet, u16be, u32be
from pcapcheck.decode.frame cimport Frame

# The numbers, by setup.py: known to the C compiler, they cost nothing.
from pcapcheck.decode cimport frame_layout as layout
from pcapcheck cimport protocols

cdef inline bint is_one_way(long long port) noexcept nogil

cdef inline bint is_collector(long long port) noexcept nogil

cdef inline bint is_discovery(long long port) noexcept nogil

cdef inline bint is_tunnel(long long port) noexcept nogil

cdef bint may_ask(long long port, long long asked) noexcept nogil

@cython.locals(
    payload=cython.longlong, src_port=cython.longlong, dst_port=cython.longlong, asks=cython.bint, port=cython.longlong,
    asked=cython.longlong, size=cython.longlong)
cdef long long datagram(Frame frame, size_t event) except -2 nogil

@cython.locals(payload=cython.longlong, chunk=cython.int, src_port=cython.longlong, dst_port=cython.longlong)
cdef long long associate(Frame frame, size_t event) except -2 nogil
