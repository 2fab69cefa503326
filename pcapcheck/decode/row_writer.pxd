# The C types under which Cython compiles row_writer.py; where it is not compiled, the Python file runs without them.
cimport cython

from pcapcheck.capture.octets cimport i64, u16be, u32be
from pcapcheck.decode.frame cimport Frame
from pcapcheck.decode.icmp_error cimport IcmpError
from pcapcheck.decode.icmp_errors cimport may_be_error
from pcapcheck.decode.icmp_arp cimport (
    decode_arp, decode_fragment_header, decode_icmp, decode_icmpv6, outer_addresses)

# The numbers, by setup.py: known to the C compiler, they cost nothing.
from pcapcheck.decode cimport frame_layout as layout
from pcapcheck cimport protocols

@cython.locals(field=cython.longlong)
cdef int write_row(
    const unsigned char[::1] buffer, Frame frame, IcmpError error, long long[::1] rows, long long capacity,
    long long row) except -1 nogil

cdef inline int write_link(Frame frame, long long[::1] rows, long long capacity, long long row) except -1 nogil

@cython.locals(header=cython.longlong, end=cython.longlong)
cdef int write_ipv4(
    const unsigned char[::1] buffer, Frame frame, long long[::1] rows, long long capacity,
    long long row) except -1 nogil

@cython.locals(header=cython.longlong, end=cython.longlong)
cdef int write_ipv6(
    const unsigned char[::1] buffer, Frame frame, long long[::1] rows, long long capacity,
    long long row) except -1 nogil

@cython.locals(payload=cython.longlong, end=cython.longlong, protocol=cython.int)
cdef int write_payload(
    const unsigned char[::1] buffer, Frame frame, long long[::1] rows, long long capacity,
    long long row) except -1 nogil

cdef int write_error(IcmpError error, long long[::1] rows, long long capacity, long long row) except -1 nogil
