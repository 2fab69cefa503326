# The C types under which Cython compiles grouping.py; where it is not compiled, the Python file runs without them.
cimport cython

from pcapcheck.capture.octets cimport i64, octet, u32be
from pcapcheck.decode.frame cimport Frame
from pcapcheck.decode.icmp_arp cimport cut_short
from pcapcheck.hash_table cimport stir

# The numbers, by setup.py: known to the C compiler, they cost nothing.
from pcapcheck.capture cimport scan_layout
from pcapcheck.decode cimport frame_layout as layout
from pcapcheck cimport protocols

@cython.locals(
    direction=cython.int, kind=cython.longlong, latest=cython.longlong, group=cython.size_t, seen=cython.longlong,
    time=cython.longlong, first=cython.longlong)
cdef int count_in_group(Frame frame, long long limit) except -1 nogil

@cython.locals(row=cython.size_t)
cdef inline bint has_key(Frame frame, long long group, long long kind) except? -1 nogil

@cython.locals(
    mixed=cython.ulonglong, mask=cython.longlong, slot=cython.longlong, group=cython.longlong, row=cython.size_t)
cdef long long find_group(Frame frame, long long limit, long long kind) except? -1 nogil

@cython.locals(position=cython.longlong, header=cython.longlong)
cdef int begin_group(Frame frame, size_t group) except -1 nogil

@cython.locals(flags=cython.int)
cdef inline int note_handshake(Frame frame, size_t group) except -1 nogil
