# The C types under which Cython compiles sampling.py; where it is not compiled, the Python file runs without them.
cimport cython

from pcapcheck.copying cimport copy_numbers

# The numbers, by setup.py: known to the C compiler, they cost nothing.
from pcapcheck.exchanges cimport pairing_layout
from pcapcheck.exchanges cimport sampling_layout as layout
from pcapcheck.hash_table cimport stir

@cython.locals(error=cython.longlong, kind=cython.longlong, port=cython.longlong, alike=cython.longlong, mixed=cython.ulonglong)
cdef inline long long pair_key(const long long[::1] rows, size_t row) except? -1 nogil

@cython.locals(place=cython.longlong, greatest=cython.longlong, other=cython.longlong)
cdef long long find_pair(long long[::1] pairs, long long key, long long[::1] state) except? -2 nogil

@cython.locals(pair=cython.size_t, first=cython.size_t, at=cython.size_t, source=cython.size_t)
cdef int thin_out(long long[::1] pairs, long long place, long long[::1] samples) except -1 nogil

@cython.locals(pair=cython.size_t, number=cython.longlong, target=cython.size_t)
cdef int keep(
    long long[::1] pairs, long long place, long long[::1] samples, const long long[::1] rows, size_t row) except -1 nogil

@cython.locals(number=cython.longlong, row=cython.size_t, outcome=cython.longlong, place=cython.longlong)
cpdef sample(
    const long long[::1] rows, long long count, long long[::1] pairs, long long[::1] samples, long long[::1] state)
