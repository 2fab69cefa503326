# The C types under which Cython compiles resolution_rows.py; where it is not compiled, the Python file runs without them.
cimport cython

from pcapcheck.copying cimport copy_numbers
from pcapcheck.exchanges.pending cimport Pending, between
from pcapcheck.exchanges.printed_askers cimport forget_asker

# The numbers, by setup.py: known to the C compiler, they cost nothing.
from pcapcheck.capture cimport scan_layout
from pcapcheck.decode cimport frame_layout
from pcapcheck.exchanges cimport resolving_layout as layout

@cython.locals(count=cython.longlong, is_new=cython.bint, place=cython.longlong)
cdef inline int add_different(Pending pending, size_t count_at, long long number) except -1 nogil

@cython.locals(at=cython.size_t)
cdef inline int write_answer(Pending pending, size_t row, size_t answer) except -1 nogil

@cython.locals(gap=cython.longlong)
cdef inline int write_latencies(Pending pending, size_t row, size_t at, size_t first) except -1 nogil

@cython.locals(
    at=cython.size_t, frames=cython.longlong, place=cython.longlong, answer=cython.longlong, held=cython.size_t)
cdef inline int write_out(Pending pending, size_t row) except -1 nogil

@cython.locals(row=cython.size_t, last=cython.size_t)
cdef int hand_out(Pending pending, long long place) except -1 nogil
