# The C types under which Cython compiles gathering.py; where it is not compiled, the Python file runs without them.
cimport cython

# The numbers, by setup.py: known to the C compiler, they cost nothing.
from pcapcheck.capture cimport scan_layout
from pcapcheck.decode cimport frame_layout
from pcapcheck.hash_table cimport fetch_small
from pcapcheck.paths cimport gathering_layout as layout

@cython.locals(mixed=cython.ulonglong)
cdef inline long long spread(unsigned long long digest) noexcept nogil

@cython.locals(mixed=cython.longlong)
cdef inline long long mix(long long left, long long right) noexcept nogil

@cython.locals(
    place=cython.longlong, group=cython.longlong, seen=cython.longlong, pair=cython.longlong, mixed=cython.longlong)
cpdef long long prepare(
    long long begin, long long count, long long base, const unsigned char[::1] counts, const long long[::1] pairs,
    long long end, long long[::1] key, long long[::1] digest, long long[::1] loose, long long[::1] echo,
    long long[::1] time, long long[::1] frame, long long[::1] what) except -1

@cython.locals(
    mask=cython.longlong, count=cython.longlong, place=cython.Py_ssize_t, row=cython.longlong, here=cython.longlong,
    bucket=cython.longlong, packet=cython.longlong, found=cython.longlong, again=cython.int, steps=cython.int,
    sightings=cython.int, other=cython.longlong, coming=cython.longlong)
cpdef long long gather(
    const long long[::1] order, const long long[::1] time, const long long[::1] identity, const long long[::1] frame,
    const long long[::1] points, int[::1] heads, int[::1] older, long long[::1] latest, int[::1] first,
    int[::1] last_row, int[::1] row_before, unsigned char[::1] repeated) except -1

@cython.locals(packet=cython.Py_ssize_t, into=cython.longlong, row=cython.longlong)
cpdef void merge(const long long[::1] target, int[::1] last_row, int[::1] row_before) except *

@cython.locals(
    end=cython.longlong, count=cython.longlong, packet=cython.Py_ssize_t, row=cython.longlong, begin=cython.longlong,
    place=cython.longlong)
cpdef long long arrange(
    const long long[::1] time, const long long[::1] what, const int[::1] last_row, const int[::1] row_before,
    long long[::1] rows, long long[::1] begins) except -1

cdef inline bint precedes(
    const long long[::1] time, const long long[::1] what, long long row, long long other) except? -1 nogil

@cython.locals(mask=cython.longlong, slot=cython.longlong)
cdef inline long long enter(
    long long value, long long other_half, int[::1] slots, long long[::1] different, long long count) except -1 nogil

@cython.locals(
    count=cython.longlong, place=cython.Py_ssize_t, row=cython.longlong, value=cython.longlong, entry=cython.longlong)
cpdef long long tokens_of(
    const long long[::1] rows, const long long[::1] frame, const long long[::1] what, int[::1] slots,
    long long[::1] different, int[::1] tokens) except -1

@cython.locals(
    count=cython.longlong, packet=cython.longlong, place=cython.Py_ssize_t, value=cython.longlong)
cpdef long long hops_of(
    const long long[::1] begins, const int[::1] tokens, long long kinds, int[::1] slots, long long[::1] different,
    long long[::1] places) except -1

@cython.locals(
    packet=cython.Py_ssize_t, begin=cython.longlong, seen=cython.longlong, mixed=cython.longlong, step=cython.longlong)
cpdef void sign(
    const long long[::1] rows, const long long[::1] begins, const long long[::1] lengths, const long long[::1] what,
    const int[::1] tokens, const long long[::1] ranks, bint whole, long long[::1] signatures) except *

@cython.locals(
    count=cython.longlong, packet=cython.Py_ssize_t, row=cython.longlong, kind=cython.longlong, entry=cython.longlong,
    again=cython.longlong)
cpdef long long answer(
    const long long[::1] what, const long long[::1] echo, const long long[::1] rows, const long long[::1] begins,
    int[::1] slots, long long[::1] known, int[::1] asked, int[::1] entries, unsigned char[::1] said) except -1
