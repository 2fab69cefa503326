# The C types under which Cython compiles transfer_rows.py; where it is not compiled, the Python file runs without them.
cimport cython

# The numbers, by setup.py: known to the C compiler, they cost nothing.
from pcapcheck.capture cimport scan_layout
from pcapcheck.decode cimport frame_layout
from pcapcheck.exchanges cimport conversing_layout as layout
from pcapcheck.exchanges cimport transfer_layout as written
from pcapcheck.exchanges.sequence_numbers cimport ahead
from pcapcheck.exchanges.tcp_holes cimport is_missing
from pcapcheck.exchanges.tcp_progress cimport is_under_way

cdef bint is_stuck(const long long[::1] pool, size_t mine) except? -1 nogil

@cython.locals(beyond=cython.longlong)
cdef bint is_transfer(const long long[::1] pool, size_t row) except? -1 nogil

@cython.locals(ports=cython.longlong)
cdef int asker_of(const long long[::1] pool, size_t row) except? -2 nogil

@cython.locals(mine=cython.size_t, until=cython.longlong)
cdef long long unacknowledged(const long long[::1] pool, size_t row, long long side) except? -2 nogil

cdef int outcome_of(const long long[::1] pool, size_t row) except? -1 nogil

cdef long long telling_side(const long long[::1] pool, size_t row, int outcome) except? -2 nogil

@cython.locals(mine=cython.size_t, ttl=cython.longlong)
cdef int is_forged(const long long[::1] pool, size_t row) except? -2 nogil

@cython.locals(ports=cython.longlong)
cdef int write_ends(
    const long long[::1] pool, size_t row, int asker, long long[::1] out, size_t at) except -1 nogil

@cython.locals(mine=cython.size_t, unacked=cython.longlong)
cdef int write_side(
    const long long[::1] pool, size_t row, long long side, long long[::1] out, size_t at) except -1 nogil

@cython.locals(second=cython.size_t, first=cython.longlong, last=cython.longlong)
cdef int write_times(const long long[::1] pool, size_t row, long long[::1] out, size_t at) except -1 nogil

@cython.locals(outcome=cython.int, side=cython.longlong, field=cython.int, mine=cython.size_t)
cdef int write_outcome(
    const long long[::1] pool, size_t row, int asker, long long[::1] out, size_t at) except -1 nogil

cdef bint has_data(const long long[::1] pool, size_t row) except? -1 nogil

@cython.locals(group=cython.longlong, common=cython.longlong, is_v4=cython.bint)
cdef long long class_of(const long long[::1] pool, size_t row, int asker, int outcome) except? -1 nogil

@cython.locals(outcome=cython.int, common=cython.longlong, at=cython.size_t)
cdef bint count_transfer(const long long[::1] pool, size_t row, long long[::1] classes) except? -1 nogil

cdef int write_transfer(
    const long long[::1] pool, size_t row, long long[::1] out, long long number) except -1 nogil

@cython.locals(asker=cython.int)
cdef int write_transfer_at(
    const long long[::1] pool, size_t row, long long[::1] out, size_t at) except -1 nogil
