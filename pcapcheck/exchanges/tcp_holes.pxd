# The C types under which Cython compiles tcp_holes.py; where it is not compiled, the Python file runs without them.
cimport cython

# The numbers, by setup.py: known to the C compiler, they cost nothing.
from pcapcheck.capture cimport printed_layout, scan_layout
from pcapcheck.decode cimport frame_layout
from pcapcheck.exchanges cimport conversing_layout as layout
from pcapcheck.exchanges.conversing_arrays cimport ConversingArrays
from pcapcheck.exchanges.sequence_numbers cimport ahead
from pcapcheck cimport protocols

@cython.locals(end=cython.longlong, acked=cython.longlong)
cdef inline long long recorded_until(const long long[::1] pool, size_t mine) except? -2 nogil

@cython.locals(mine=cython.size_t, start=cython.longlong, distance=cython.longlong, is_printed=cython.bint)
cdef inline int open_hole(
    long long[::1] pool, size_t row, long long side, long long frame, long long time, long long seq,
    long long size) except -1 nogil

cdef inline int begin_wait(long long[::1] pool, size_t mine, long long time) except -1 nogil

@cython.locals(mine=cython.size_t)
cdef inline int move_start(
    long long[::1] pool, size_t row, long long side, long long start, long long time) except -1 nogil

@cython.locals(mine=cython.size_t, start=cython.longlong, end=cython.longlong)
cdef inline int fill_hole(
    long long[::1] pool, size_t row, long long side, long long time, long long seq, long long size) except -1 nogil

@cython.locals(mine=cython.size_t, beyond=cython.longlong)
cdef inline int hear_receiver(
    long long[::1] pool, size_t row, long long side, long long frame, long long time, long long ack,
    long long flags) except -1 nogil

@cython.locals(flags=cython.longlong, each=cython.longlong)
cdef int look_at_holes(
    ConversingArrays arrays, size_t row, long long side, long long frame, long long time, long long seq, long long ack,
    long long content) except -1 nogil

@cython.locals(side=cython.longlong, mine=cython.size_t, latest=cython.longlong)
cdef int wait_on(long long[::1] pool, size_t row, long long until) except -1 nogil

@cython.locals(mine=cython.size_t, waited=cython.longlong)
cdef bint is_missing(const long long[::1] pool, size_t row, long long side) except? -1 nogil
