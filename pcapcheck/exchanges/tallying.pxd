# The C types under which Cython compiles tallying.py; where it is not compiled, the Python file runs without them.
cimport cython

from pcapcheck.exchanges.binning cimport bucket_of
from pcapcheck.hash_table cimport entry_of, insert, insert_all, place_at, remove, seek, seek_key, stir

# The numbers, by setup.py: known to the C compiler, they cost nothing.
from pcapcheck.exchanges cimport resolving_layout as rows
from pcapcheck.exchanges cimport tallying_layout as layout

cpdef enter_durations(long long[::1] durations, long long[::1] slots, long long count)

cpdef enter_remarks(long long[::1] remarks, long long[::1] slots, long long count)

@cython.locals(mixed=cython.ulonglong)
cdef inline long long key_home(long long first, long long second, long long third) noexcept nogil

@cython.locals(mask=cython.longlong)
cdef inline long long find_duration(
    long long[::1] durations, long long[::1] slots, long long home, long long group, long long bucket) except? -2 nogil

@cython.locals(home=cython.longlong, slot=cython.longlong, row=cython.size_t)
cdef inline int count_duration(
    long long[::1] durations, long long[::1] slots, long long[::1] state, long long group,
    long long bucket) except -1 nogil

@cython.locals(group=cython.longlong, outcome=cython.longlong, tally=cython.size_t, duration=cython.longlong)
cdef inline int count_outcome(
    const long long[::1] out, size_t at, long long[::1] tallies, long long[::1] durations,
    long long[::1] duration_slots, long long[::1] state) except -1 nogil

@cython.locals(row=cython.size_t)
cdef inline bint is_remark(
    long long[::1] remarks, long long place, long long kind, long long group, long long high,
    long long low) except? -1 nogil

@cython.locals(mask=cython.longlong)
cdef inline long long find_remark(
    long long[::1] remarks, long long[::1] slots, long long home, long long kind, long long group, long long high,
    long long low) except? -2 nogil

@cython.locals(home=cython.longlong, slot=cython.longlong, row=cython.size_t)
cdef inline long long make_remark(
    long long[::1] remarks, long long[::1] slots, long long[::1] state, long long kind, long long group, long long high,
    long long low, long long point) except? -2 nogil

@cython.locals(latest=cython.longlong, place=cython.longlong)
cdef inline int remark(
    long long[::1] remarks, long long[::1] slots, long long[::1] tallies, long long[::1] state, long long kind,
    long long group, long long high, long long low, long long point, long long answered) except -1 nogil

@cython.locals(found=cython.bint, at=cython.size_t)
cdef inline bint is_gateway(const long long[::1] gateways, long long high, long long low) except? -1 nogil

@cython.locals(point=cython.longlong, number=cython.longlong, group=cython.longlong)
cdef inline int note_gateway(
    const long long[::1] out, size_t at, const long long[::1] answers, long long first, long long[::1] remarks,
    long long[::1] slots, long long[::1] tallies, long long[::1] state) except -1 nogil

@cython.locals(high=cython.longlong, low=cython.longlong)
cdef inline int note_talk(
    const long long[::1] out, size_t at, const long long[::1] answers, long long first,
    const long long[::1] gateways, long long[::1] remarks, long long[::1] slots, long long[::1] tallies,
    long long[::1] state) except -1 nogil

@cython.locals(mask=cython.longlong, slot=cython.longlong, row=cython.size_t)
cdef inline long long find_silent(
    const long long[::1] silent, long long[::1] slots, const long long[::1] out, size_t at,
    long long home) except? -2 nogil

@cython.locals(mask=cython.longlong, last=cython.longlong, home=cython.longlong, field=cython.longlong)
cdef inline int forget_silent(
    long long[::1] silent, long long[::1] slots, long long place, long long[::1] state) except -1 nogil

@cython.locals(place=cython.longlong, row=cython.size_t, field=cython.longlong)
cdef inline int add_silent(
    const long long[::1] out, size_t at, long long[::1] silent, long long[::1] slots, long long home,
    long long[::1] state) except -1 nogil

@cython.locals(
    answered=cython.bint, in_vain=cython.bint, home=cython.longlong, place=cython.longlong, row=cython.size_t)
cdef inline int note_silence(
    const long long[::1] out, size_t at, long long[::1] silent, long long[::1] slots,
    long long[::1] state) except -1 nogil

@cython.locals(number=cython.longlong, at=cython.size_t)
cpdef tally(
    const long long[::1] out, long long count, const long long[::1] answers, const long long[::1] gateways,
    long long[::1] tallies, long long[::1] durations, long long[::1] duration_slots, long long[::1] remarks,
    long long[::1] remark_slots, long long[::1] silent, long long[::1] silent_slots, long long[::1] state)
