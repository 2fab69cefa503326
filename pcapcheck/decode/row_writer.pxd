# The C types under which Cython compiles row_writer.py; where it is not compiled, the Python file runs without them.
cimport cython

from pcapcheck.capture.octets cimport i64, u16be, u32be
from pcapcheck.decode.frame cimport Frame
from pcapcheck.decode.error_frame cimport ErrorFrame
from pcapcheck.decode.error_reading cimport may_be_error
from pcapcheck.decode.icmp_arp cimport (
    decode_arp, decode_fragment_header, decode_icmp, decode_icmpv6, outer_addresses)

# The numbers, by setup.py: known to the C compiler, they cost nothing.
from pcapcheck.decode cimport frame_layout as layout
from pcapcheck cimport protocols

@cython.locals(written=cython.longlong)
cdef int write_row(
    Frame frame, ErrorFrame error, long long[::1] rows, long long capacity,
    long long row) except -1 nogil

@cython.locals(left=cython.longlong)
cdef inline int blank_parts(long long[::1] rows, long long capacity, long long row) except -1 nogil

@cython.locals(field=cython.longlong)
cdef inline int blank_fields(
    long long[::1] rows, long long capacity, long long row, long long first, long long last) except -1 nogil

@cython.locals(parts=cython.longlong)
cdef inline long long written_parts(Frame frame, long long has) except? -1 nogil

cdef inline int write_link(Frame frame, long long[::1] rows, long long capacity, long long row) except -1 nogil

@cython.locals(header=cython.longlong, end=cython.longlong)
cdef int write_ipv4(Frame frame, long long[::1] rows, long long capacity, long long row) except -1 nogil

@cython.locals(header=cython.longlong, end=cython.longlong)
cdef int write_ipv6(Frame frame, long long[::1] rows, long long capacity, long long row) except -1 nogil

@cython.locals(payload=cython.longlong, end=cython.longlong, protocol=cython.int)
cdef int write_payload(Frame frame, long long[::1] rows, long long capacity, long long row) except -1 nogil

cdef int write_error(ErrorFrame error, long long[::1] rows, long long capacity, long long row) except -1 nogil
