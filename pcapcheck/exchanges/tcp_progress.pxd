# The C types under which Cython compiles tcp_progress.py; where it is not compiled, the Python file runs without them.
cimport cython

# The numbers, by setup.py: known to the C compiler, they cost nothing.
from pcapcheck.capture cimport scan_layout
from pcapcheck.decode cimport frame_layout
from pcapcheck.exchanges cimport conversing_layout as layout
from pcapcheck.exchanges.conversing_arrays cimport ConversingArrays
from pcapcheck.exchanges.sequence_numbers cimport ahead
from pcapcheck.exchanges.tcp_holes cimport look_at_holes
from pcapcheck cimport protocols

cdef inline bint is_under_way(const long long[::1] pool, size_t mine) except? -1 nogil

cdef inline int acknowledge(long long[::1] pool, size_t other, long long ack) except -1 nogil

cdef inline bint is_sent_again(
    const long long[::1] pool, size_t mine, size_t other, long long time, long long seq,
    long long end) except? -1 nogil

cdef inline int note_sent_again(
    long long[::1] pool, size_t mine, long long frame, long long time, long long seq, long long size) except -1 nogil

cdef inline bint is_keep_alive(
    const long long[::1] pool, size_t row, size_t mine, size_t other, long long time,
    long long seq) except? -1 nogil

@cython.locals(is_first=cython.bint)
cdef inline int note_keep_alive(
    long long[::1] pool, size_t mine, long long frame, long long time, long long seq, long long size) except -1 nogil

cdef inline bint is_older(const long long[::1] pool, size_t mine, long long time, long long end) except? -1 nogil

cdef inline bint is_resent(
    const long long[::1] pool, size_t mine, size_t other, long long time, long long seq, long long size,
    long long end) except? -1 nogil

cdef inline int count_resent(
    long long[::1] pool, size_t mine, long long time, long long seq, long long size) except -1 nogil

cdef inline int send_new(long long[::1] pool, size_t mine, long long time, long long end) except -1 nogil

@cython.locals(end=cython.longlong)
cdef inline int send(
    long long[::1] pool, size_t mine, size_t other, long long frame, long long time, long long seq,
    long long size, long long syn) except -1 nogil

@cython.locals(mine=cython.size_t, other=cython.size_t)
cdef inline bint is_broken_off(long long[::1] pool, size_t row, long long side) except? -1 nogil

cdef inline int break_off(
    long long[::1] pool, size_t row, long long side, long long frame, long long ttl) except -1 nogil

@cython.locals(mine=cython.size_t, answers=cython.bint)
cdef inline int open_up(
    long long[::1] pool, size_t row, long long side, long long flags, long long frame, long long mss) except -1 nogil

cdef inline int note_ttl(long long[::1] pool, size_t mine, long long ttl) except -1 nogil

cdef inline int note_window(long long[::1] pool, size_t mine, long long is_closed) except -1 nogil

@cython.locals(mine=cython.size_t)
cdef inline int begin_numbers(
    long long[::1] pool, size_t row, long long side, long long size, long long end) except -1 nogil

@cython.locals(
    mine=cython.size_t, other=cython.size_t, size=cython.longlong, flags=cython.longlong, seq=cython.longlong)
cdef int note_tcp(
    ConversingArrays arrays, size_t row, long long side, long long frame, long long time, long long numbers,
    long long ack, long long content) except -1 nogil
