# The C types under which Cython compiles ending.py; where it is not compiled, the Python file runs without them.
cimport cython

# The numbers, by setup.py: known to the C compiler, they cost nothing.
from pcapcheck cimport protocols
from pcapcheck.decode cimport frame_layout
from pcapcheck.decode.error_reading cimport error_class
from pcapcheck.exchanges cimport ending_layout as layout
from pcapcheck.hash_table cimport entry_of, insert_all, place_at, seek, stir

cpdef enter_counts(const long long[::1] counts, long long[::1] slots, long long used)

cdef inline bint is_same(
    const long long[::1] counts, size_t count, const long long[::1] errors, size_t error) except? -1 nogil

@cython.locals(
    mask=cython.longlong, home=cython.ulonglong, slot=cython.longlong, found=cython.longlong, count=cython.longlong)
cdef inline long long find_count(
    long long[::1] counts, long long[::1] slots, long long[::1] state, const long long[::1] errors,
    size_t error) except? -2 nogil

@cython.locals(asks=cython.longlong, proto=cython.longlong)
cdef inline bint is_cut(const long long[::1] errors, size_t error, long long version) except? -1 nogil

@cython.locals(code=cython.longlong)
cdef inline int write_cut(
    const long long[::1] errors, size_t error, long long meaning, long long[::1] cut, size_t at) except -1 nogil

@cython.locals(
    room=cython.longlong, number=cython.longlong, error=cython.size_t, version=cython.longlong,
    meaning=cython.longlong, count=cython.longlong, hides=cython.bint)
cpdef count_errors(
    const long long[::1] errors, long long end, long long[::1] counts, long long[::1] slots, bint final,
    long long[::1] cut, long long[::1] state)
