# The C types under which Cython compiles pending.py; where it is not compiled, the Python file runs without them.
cimport cython

from pcapcheck.hash_table cimport insert, insert_all, place_at, remove, seek, stir
from pcapcheck.linked_list cimport append, take_out

# The numbers, by setup.py: known to the C compiler, they cost nothing.
from pcapcheck.capture cimport scan_layout
from pcapcheck.decode cimport frame_layout
from pcapcheck.exchanges cimport resolving_layout as layout

cdef class Pending:
    cdef public long long[::1] pool, kept, targets, slowest, out, out_answers, state
    cdef public const long long[::1] messages
    cdef public long long[::1] slots, early, target_slots

cpdef enter_open(Pending pending, long long count)

cdef long long between(long long start, long long end) noexcept nogil

@cython.locals(mixed=cython.ulonglong)
cdef long long home_of(long long point, long long asker, long long mac, long long target) noexcept nogil

@cython.locals(row=cython.size_t)
cdef inline bint is_asked(
    Pending pending, long long place, long long point, long long asker_high, long long asker_low, long long mac,
    long long target_high, long long target_low) except? -1 nogil

@cython.locals(place=cython.longlong, mask=cython.longlong, home=cython.longlong, slot=cython.longlong)
cdef long long find_open(
    Pending pending, long long point, long long asker_high, long long asker_low, long long mac,
    long long target_high, long long target_low) except? -2 nogil

cdef long long key_mac(Pending pending, size_t at, long long field) except? -3 nogil

cdef long long find_question(Pending pending, size_t at) except? -2 nogil

cdef inline int link_newest(Pending pending, long long place) except -1 nogil

cdef inline int unlink(Pending pending, long long place) except -1 nogil

@cython.locals(mac=cython.longlong, place=cython.longlong, row=cython.size_t)
cdef long long enter(Pending pending, size_t at) except? -2 nogil

cdef int renew(Pending pending, long long place) except -1 nogil

@cython.locals(row=cython.size_t)
cdef int begin(Pending pending, size_t at, long long place) except -1 nogil

cdef int ask_again(Pending pending, size_t at, size_t row) except -1 nogil

@cython.locals(count=cython.longlong)
cdef int note_frame(Pending pending, size_t at, size_t row) except -1 nogil

cdef int release(Pending pending, long long place) except -1 nogil
