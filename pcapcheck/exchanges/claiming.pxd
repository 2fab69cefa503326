# The C types under which Cython compiles claiming.py; where it is not compiled, the Python file runs without them.
cimport cython

from pcapcheck.hash_table cimport entry_of, insert_all, place_at, seek_key, stir

# The numbers, by setup.py: known to the C compiler, they cost nothing.
from pcapcheck.capture cimport scan_layout
from pcapcheck.decode cimport frame_layout
from pcapcheck.exchanges cimport claiming_layout as layout

cpdef enter_claims(long long[::1] claims, long long[::1] slots, long long count)

@cython.locals(mixed=cython.ulonglong)
cdef inline long long claim_home(long long point, long long low, long long mac) noexcept nogil

@cython.locals(mask=cython.longlong)
cdef inline long long find_slot(
    long long[::1] claims, long long[::1] slots, long long home, long long point, long long high, long long low,
    long long mac) except? -2 nogil

@cython.locals(row=cython.size_t)
cdef inline int begin_claim(
    long long[::1] claims, long long place, long long home, const long long[::1] messages, size_t at) except -1 nogil

@cython.locals(row=cython.size_t, time=cython.longlong, count=cython.longlong)
cdef inline int count_claim(
    long long[::1] claims, long long place, const long long[::1] messages, size_t at) except -1 nogil

@cython.locals(
    room=cython.longlong, number=cython.longlong, at=cython.size_t, mac=cython.longlong, point=cython.longlong,
    low=cython.longlong, home=cython.longlong, slot=cython.longlong)
cpdef claim(
    const long long[::1] messages, long long count, long long[::1] claims, long long[::1] slots, bint final,
    long long[::1] state)
