# The C types under which Cython compiles printed_askers.py; where it is not compiled, the Python file runs without them.
cimport cython

from pcapcheck.hash_table cimport insert, remove, seek, stir
from pcapcheck.linked_list cimport append, take_out

# The numbers, by setup.py: known to the C compiler, they cost nothing.
from pcapcheck.exchanges cimport resolving_layout as layout

@cython.locals(place=cython.longlong)
cpdef enter_targets(long long[::1] targets, int[::1] slots, long long count)

@cython.locals(mixed=cython.ulonglong)
cdef long long list_home(long long point, long long address, long long mac) noexcept nogil

@cython.locals(mask=cython.longlong, home=cython.longlong, slot=cython.longlong, row=cython.size_t)
cdef long long find_list(
    long long[::1] targets, int[::1] slots, long long point, long long address, long long mac) except? -2 nogil

@cython.locals(place=cython.longlong, row=cython.size_t)
cdef long long make_list(
    long long[::1] targets, int[::1] slots, long long[::1] state, long long point, long long address,
    long long mac) except? -2 nogil

@cython.locals(
    row=cython.size_t, which=cython.int, mac=cython.longlong, found=cython.longlong, target=cython.size_t)
cdef int begin_waiting(
    long long[::1] pool, long long place, long long[::1] targets, int[::1] slots,
    long long[::1] state) except -1 nogil

@cython.locals(row=cython.size_t, which=cython.int, target=cython.size_t)
cdef int stop_waiting(long long[::1] pool, long long place, long long[::1] targets) except -1 nogil

@cython.locals(which=cython.int, target=cython.size_t)
cdef int note_answered(long long[::1] pool, long long place, long long[::1] targets) except -1 nogil

@cython.locals(which=cython.int, found=cython.longlong, target=cython.size_t)
cdef int forget_asker(
    long long[::1] pool, long long place, long long[::1] targets, int[::1] slots,
    long long[::1] state) except -1 nogil

@cython.locals(first=cython.longlong, other=cython.longlong)
cdef long long find_asker(
    long long[::1] targets, int[::1] slots, long long point, long long address, long long mac) except? -2 nogil
