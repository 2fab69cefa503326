# The C types under which Cython compiles resolving.py; where it is not compiled, the Python file runs without them.
cimport cython

from pcapcheck.copying cimport copy_numbers
from pcapcheck.exchanges.printed_askers cimport begin_waiting, find_asker, forget_asker, note_answered
from pcapcheck.hash_table cimport insert, insert_all, remove, seek, stir
from pcapcheck.linked_list cimport append, take_out

# The numbers, by setup.py: known to the C compiler, they cost nothing.
from pcapcheck.capture cimport scan_layout
from pcapcheck.decode cimport frame_layout
from pcapcheck.exchanges cimport resolving_layout as layout

cpdef enter_open(long long[::1] pool, int[::1] slots, long long count)

cdef inline long long between(long long start, long long end) noexcept nogil

cdef inline long long key_mac(const long long[::1] messages, size_t at, long long field) except? -3 nogil

@cython.locals(mixed=cython.ulonglong)
cdef inline long long home_of(long long point, long long asker, long long mac, long long target) noexcept nogil

@cython.locals(row=cython.size_t)
cdef inline bint is_asked(
    long long[::1] pool, long long place, long long point, long long asker_high, long long asker_low, long long mac,
    long long target_high, long long target_low) except? -1 nogil

@cython.locals(place=cython.longlong, mask=cython.longlong, home=cython.longlong, slot=cython.longlong)
cdef inline long long find_open(
    long long[::1] pool, int[::1] slots, long long[::1] state, long long point, long long asker_high,
    long long asker_low, long long mac, long long target_high, long long target_low) except? -2 nogil

@cython.locals(place=cython.longlong, row=cython.size_t)
cdef inline long long keep(
    const long long[::1] messages, size_t at, long long[::1] kept, long long[::1] state) except? -2 nogil

cdef inline int let_go(long long[::1] kept, long long[::1] state, long long place) except -1 nogil

@cython.locals(mask=cython.longlong, home=cython.longlong, slot=cython.longlong, row=cython.size_t)
cdef long long find_early(
    long long[::1] kept, int[::1] early, long long point, long long asker_high, long long asker_low, long long mac,
    long long target_high, long long target_low) except? -2 nogil

cdef long long take_early(
    long long[::1] kept, int[::1] early, long long[::1] state, long long place) except? -2 nogil

@cython.locals(place=cython.longlong)
cdef int add_early(
    const long long[::1] messages, size_t at, long long[::1] kept, int[::1] early, long long home,
    long long[::1] state) except -1 nogil

@cython.locals(
    point=cython.longlong, asker=cython.longlong, mac=cython.longlong, target=cython.longlong, place=cython.longlong)
cdef int put_early(
    const long long[::1] messages, size_t at, long long[::1] kept, int[::1] early,
    long long[::1] state) except -1 nogil

@cython.locals(differs=cython.bint, answer=cython.longlong, mac=cython.longlong)
cdef bint is_uncertain(
    long long[::1] pool, size_t row, long long[::1] kept, const long long[::1] messages,
    size_t at) except? -1 nogil

@cython.locals(
    point=cython.longlong, asker_low=cython.longlong, target_low=cython.longlong, mac=cython.longlong)
cdef inline long long find_asked(
    const long long[::1] messages, size_t at, long long[::1] pool, int[::1] slots, long long[::1] targets,
    int[::1] target_slots, long long[::1] state) except? -2 nogil

@cython.locals(answer=cython.longlong, last=cython.longlong)
cdef inline int hold_answer(
    const long long[::1] messages, size_t at, long long latency, long long[::1] pool, size_t row,
    long long[::1] kept, long long[::1] state) except -1 nogil

@cython.locals(row=cython.size_t, latency=cython.longlong, group=cython.longlong)
cdef inline int note_answer(
    const long long[::1] messages, size_t at, long long[::1] pool, long long place, long long[::1] kept,
    long long[::1] targets, long long[::1] slowest, long long[::1] state) except -1 nogil

@cython.locals(place=cython.longlong)
cdef int take_answer(
    const long long[::1] messages, size_t at, long long[::1] pool, int[::1] slots, long long[::1] kept,
    int[::1] early, long long[::1] targets, int[::1] target_slots, long long[::1] slowest,
    long long[::1] state) except -1 nogil

@cython.locals(last=cython.longlong, answer=cython.longlong)
cdef long long take_back(long long[::1] pool, size_t row, long long[::1] kept) except? -2 nogil

cdef inline int ask_again(
    long long[::1] pool, size_t row, const long long[::1] messages, size_t at) except -1 nogil

@cython.locals(count=cython.longlong)
cdef inline int note_frame(long long[::1] pool, size_t row, long long number) except -1 nogil

cdef inline int link_newest(long long[::1] pool, long long place, long long[::1] state) except -1 nogil

cdef inline int unlink(long long[::1] pool, long long place, long long[::1] state) except -1 nogil

@cython.locals(place=cython.longlong, row=cython.size_t, mac=cython.longlong)
cdef long long enter(
    const long long[::1] messages, size_t at, long long[::1] pool, int[::1] slots, long long[::1] state) except? -2 nogil

cdef inline int begin(
    const long long[::1] messages, size_t at, long long[::1] pool, size_t row) except -1 nogil

@cython.locals(count=cython.longlong, is_new=cython.bint, place=cython.longlong)
cdef inline int add_different(long long[::1] out, size_t at, long long count_at, long long number) except -1 nogil

@cython.locals(at=cython.size_t)
cdef inline int write_answer(
    long long[::1] pool, size_t row, long long[::1] kept, long long answer, long long[::1] out_answers,
    long long[::1] state) except -1 nogil

@cython.locals(
    at=cython.size_t, frames=cython.longlong, place=cython.longlong,
    answer=cython.longlong, first=cython.longlong, gap=cython.longlong, held=cython.size_t)
cdef inline int write_out(
    long long[::1] pool, size_t row, long long[::1] kept, long long[::1] out, long long[::1] out_answers,
    long long[::1] state) except -1 nogil

@cython.locals(row=cython.size_t, answer=cython.longlong, after=cython.longlong)
cdef inline int hand_out(
    long long[::1] pool, long long place, long long[::1] kept, long long[::1] targets, int[::1] target_slots,
    long long[::1] out, long long[::1] out_answers, long long[::1] state) except -1 nogil

cdef int release(long long[::1] pool, long long place, int[::1] slots, long long[::1] state) except -1 nogil

cdef inline bint is_repeat(long long[::1] pool, size_t row, long long time, long long wait) except? -1 nogil

@cython.locals(last=cython.longlong)
cdef inline bint is_late(long long[::1] pool, size_t row, long long time, long long[::1] kept) except? -1 nogil

@cython.locals(
    point=cython.longlong, mac=cython.longlong, target_high=cython.longlong, target_low=cython.longlong,
    found=cython.longlong)
cdef long long early_answer(
    const long long[::1] messages, size_t at, long long[::1] kept, int[::1] early,
    long long[::1] state) except? -2 nogil

@cython.locals(row=cython.size_t)
cdef int take_early_answer(
    long long place, long long time, long long[::1] pool, int[::1] slots, long long[::1] kept, int[::1] early,
    long long[::1] targets, int[::1] target_slots, long long[::1] slowest, long long[::1] state) except -1 nogil

cdef inline bint is_in_order(long long asked, long long answered) noexcept nogil

@cython.locals(place=cython.longlong, row=cython.size_t)
cdef int make_room(
    long long[::1] pool, int[::1] slots, long long[::1] kept, long long[::1] targets, int[::1] target_slots,
    long long[::1] out, long long[::1] out_answers, long long[::1] state) except -1 nogil

@cython.locals(time=cython.longlong, answer=cython.longlong)
cdef int ask_anew(
    const long long[::1] messages, size_t at, long long place, long long most_open, long long[::1] pool,
    int[::1] slots, long long[::1] kept, int[::1] early, long long[::1] targets, int[::1] target_slots,
    long long[::1] slowest, long long[::1] out, long long[::1] out_answers, long long[::1] state) except -1 nogil

@cython.locals(row=cython.size_t, time=cython.longlong, first=cython.size_t)
cdef inline bint is_more_of_it(
    const long long[::1] messages, size_t at, long long wait, long long[::1] pool, long long place,
    long long[::1] kept) except? -1 nogil

cdef inline long long what_is_full(
    const long long[::1] messages, size_t at, long long lists, long long groups, long long rows, long long answers,
    long long[::1] state) except? -2 nogil

@cython.locals(kind=cython.longlong)
cdef inline bint is_answer(const long long[::1] messages, size_t at) except? -1 nogil

@cython.locals(
    lists=cython.longlong, groups=cython.longlong, rows=cython.longlong, answers=cython.longlong,
    number=cython.longlong, status=cython.longlong, at=cython.size_t, place=cython.longlong)
cpdef resolve(
    const long long[::1] messages, long long count, long long wait, long long most_open, long long[::1] pool,
    int[::1] slots, long long[::1] kept, int[::1] early, long long[::1] targets, int[::1] target_slots,
    long long[::1] slowest, long long[::1] out, long long[::1] out_answers, long long[::1] state)

@cython.locals(waited=cython.longlong)
cdef inline bint is_due(long long[::1] pool, size_t row, long long last, long long wait) except? -1 nogil

@cython.locals(place=cython.longlong, row=cython.size_t, group=cython.longlong)
cpdef finish(
    long long[::1] pool, int[::1] slots, long long[::1] kept, long long[::1] targets, int[::1] target_slots,
    long long[::1] out, long long[::1] out_answers, long long[::1] state, const long long[::1] last_seen,
    const long long[::1] waits)
