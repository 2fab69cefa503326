# The C types under which Cython compiles printed_askers.py; where it is not compiled, the Python file runs without them.
cimport cython

from pcapcheck.exchanges.pending cimport Pending
from pcapcheck.hash_table cimport insert, place_at, remove, seek, stir
from pcapcheck.linked_list cimport append, take_out

# The numbers, by setup.py: known to the C compiler, they cost nothing.
from pcapcheck.exchanges cimport resolving_layout as layout

@cython.locals(place=cython.longlong, home=cython.longlong)
cpdef enter_targets(Pending pending, long long count)

@cython.locals(mixed=cython.ulonglong)
cdef long long list_home(long long point, long long address, long long mac) noexcept nogil

@cython.locals(mask=cython.longlong, home=cython.longlong, slot=cython.longlong, row=cython.size_t)
cdef long long find_list(Pending pending, long long point, long long address, long long mac) except? -2 nogil

@cython.locals(place=cython.longlong, row=cython.size_t)
cdef long long make_list(Pending pending, long long point, long long address, long long mac) except? -2 nogil

@cython.locals(
    row=cython.size_t, which=cython.int, mac=cython.longlong, found=cython.longlong, target=cython.size_t)
cdef int begin_waiting(Pending pending, long long place) except -1 nogil

@cython.locals(row=cython.size_t, which=cython.int, target=cython.size_t)
cdef int stop_waiting(Pending pending, long long place) except -1 nogil

@cython.locals(which=cython.int, target=cython.size_t)
cdef int note_answered(Pending pending, long long place) except -1 nogil

@cython.locals(which=cython.int, found=cython.longlong, target=cython.size_t, home=cython.longlong)
cdef int forget_asker(Pending pending, long long place) except -1 nogil

@cython.locals(first=cython.longlong, other=cython.longlong)
cdef long long find_asker(Pending pending, long long point, long long address, long long mac) except? -2 nogil
