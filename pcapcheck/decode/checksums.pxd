# The C types under which Cython compiles checksums.py; where it is not compiled, the Python file runs without them.
cimport cython

from pcapcheck.capture.octets cimport u16be, u32be
from pcapcheck.decode.frame cimport Frame

# The numbers, by setup.py: known to the C compiler, they cost nothing.
from pcapcheck.capture cimport checksum_layout, printed_layout
from pcapcheck.decode cimport frame_layout as layout
from pcapcheck cimport protocols

@cython.locals(inner=cython.longlong, upper=cython.longlong, outer=cython.longlong, carrier=cython.longlong,
    carried=cython.int, wide=cython.int)
cdef long long checksums_of(Frame frame) except? -2 nogil

@cython.locals(at=cython.longlong)
cdef inline long long ones_sum(
    const unsigned char[::1] buffer, long long start, long long end, long long total) except? -2 nogil

@cython.locals(size=cython.longlong)
cdef inline long long header_sum(Frame frame, long long header, int version) except? -2 nogil

@cython.locals(extension=cython.int)
cdef inline bint is_part(
    const unsigned char[::1] buffer, long long header, int version, long long offset) except? -2 nogil

@cython.locals(field=cython.longlong, end=cython.longlong, pseudo=cython.longlong, is_allowed=cython.bint)
cdef inline long long upper_sum(
    Frame frame, long long header, int version, long long payload, int protocol,
    long long offset) except? -2 nogil
