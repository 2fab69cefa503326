# The C types under which Cython compiles resolving.py; where it is not compiled, the Python file runs without them.
cimport cython

from pcapcheck.exchanges.kept_answers cimport early_answer, let_go, note_answer, put_early, take_answer, take_back
from pcapcheck.exchanges.pending cimport (
    Pending, ask_again, begin, between, enter, find_open, find_question, note_frame, release, renew)
from pcapcheck.exchanges.printed_askers cimport begin_waiting, find_asker
from pcapcheck.exchanges.resolution_rows cimport hand_out

# The numbers, by setup.py: known to the C compiler, they cost nothing.
from pcapcheck.capture cimport scan_layout
from pcapcheck.decode cimport frame_layout
from pcapcheck.exchanges cimport resolving_layout as layout

@cython.locals(
    kind=cython.longlong, point=cython.longlong, asker_low=cython.longlong, target_low=cython.longlong,
    mac=cython.longlong)
cdef inline long long find_asked(Pending pending, const long long[::1] messages, size_t at) except? -2 nogil

cdef inline bint is_repeat(Pending pending, size_t row, long long time, long long wait) except? -1 nogil

@cython.locals(last=cython.longlong)
cdef inline bint is_late(Pending pending, size_t row, long long time) except? -1 nogil

@cython.locals(row=cython.size_t, time=cython.longlong, first=cython.size_t)
cdef inline bint is_more_of_it(Pending pending, size_t at, long long wait, long long place) except? -1 nogil

@cython.locals(place=cython.longlong, row=cython.size_t)
cdef int make_room(Pending pending) except -1 nogil

cdef inline bint is_in_order(long long asked, long long answered) noexcept nogil

@cython.locals(message=cython.size_t, place=cython.longlong)
cdef int take_early_answer(Pending pending, long long answer, long long time) except -1 nogil

@cython.locals(time=cython.longlong, answer=cython.longlong)
cdef inline int ask_anew(Pending pending, size_t at, long long place, long long most_open) except -1 nogil

cdef inline long long what_is_full(Pending pending, size_t at) except? -2 nogil

cdef inline bint has_room(Pending pending) except? -1 nogil

@cython.locals(kind=cython.longlong)
cdef inline bint is_answer(Pending pending, size_t at) except? -1 nogil

@cython.locals(number=cython.longlong, status=cython.longlong, at=cython.size_t, place=cython.longlong)
cpdef resolve(Pending pending, long long count, long long wait, long long most_open)

@cython.locals(waited=cython.longlong)
cdef inline bint is_due(Pending pending, size_t row, long long last, long long wait) except? -1 nogil

@cython.locals(place=cython.longlong, row=cython.size_t, group=cython.longlong)
cpdef finish(Pending pending, const long long[::1] last_seen, const long long[::1] waits)
