# The C types under which Cython compiles kept_answers.py; where it is not compiled, the Python file runs without them.
cimport cython

from pcapcheck.copying cimport copy_numbers
from pcapcheck.exchanges.pending cimport Pending, between, home_of, key_mac
from pcapcheck.exchanges.printed_askers cimport note_answered
from pcapcheck.hash_table cimport insert, place_at, remove, seek
from pcapcheck.linked_list cimport append, take_out

# The numbers, by setup.py: known to the C compiler, they cost nothing.
from pcapcheck.capture cimport scan_layout
from pcapcheck.decode cimport frame_layout
from pcapcheck.exchanges cimport resolving_layout as layout

@cython.locals(place=cython.longlong, row=cython.size_t)
cdef inline long long keep(Pending pending, size_t at) except? -2 nogil

cdef int let_go(Pending pending, long long place) except -1 nogil

@cython.locals(further=cython.size_t, differs=cython.bint, before=cython.longlong, mac=cython.longlong)
cdef bint is_uncertain(Pending pending, size_t row, long long answer) except? -1 nogil

@cython.locals(last=cython.longlong)
cdef inline int hold_answer(Pending pending, size_t row, long long answer) except -1 nogil

@cython.locals(row=cython.size_t, message=cython.size_t, latency=cython.longlong, group=cython.longlong)
cdef int note_answer(Pending pending, long long place, long long answer) except -1 nogil

cdef int take_answer(Pending pending, size_t at, long long place) except -1 nogil

@cython.locals(last=cython.longlong, answer=cython.longlong)
cdef long long take_back(Pending pending, size_t row) except? -2 nogil

cdef inline long long early_mac(Pending pending, size_t row) except? -3 nogil

@cython.locals(mask=cython.longlong, home=cython.longlong, slot=cython.longlong, row=cython.size_t)
cdef long long find_early(
    Pending pending, long long point, long long asker_high, long long asker_low, long long mac,
    long long target_high, long long target_low) except? -2 nogil

cdef long long take_early(Pending pending, long long place) except? -2 nogil

@cython.locals(place=cython.longlong)
cdef int add_early(Pending pending, size_t at, long long home) except -1 nogil

@cython.locals(
    point=cython.longlong, asker=cython.longlong, mac=cython.longlong, target=cython.longlong, place=cython.longlong)
cdef int put_early(Pending pending, size_t at) except -1 nogil

@cython.locals(point=cython.longlong, mac=cython.longlong, target_low=cython.longlong, found=cython.longlong)
cdef long long early_answer(Pending pending, size_t at) except? -2 nogil
