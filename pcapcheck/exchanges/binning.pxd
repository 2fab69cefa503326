# The C types under which Cython compiles binning.py; where it is not compiled, the Python file runs without them.
cimport cython

# The numbers, by setup.py: known to the C compiler, they cost nothing.
from pcapcheck.copying cimport copy_numbers
from pcapcheck.capture cimport scan_layout
from pcapcheck.exchanges cimport pairing_layout as layout
from pcapcheck.exchanges.head_marks cimport ip_id_of, rest_of, ttl_of
from pcapcheck.exchanges.pairing_arrays cimport PairingArrays
from pcapcheck.hash_table cimport entry_of, insert_all, place_at, seek_key

@cython.locals(shift=cython.longlong)
cpdef inline long long bucket_of(long long duration) noexcept nogil

cdef inline long long bin_home(long long group, long long outcome, long long kind, long long error) nogil

cpdef enter_bins(const long long[::1] bins, long long[::1] slots, long long count)

cdef inline bint is_bin(
    const long long[::1] bins, size_t row, long long group, long long outcome, long long kind,
    long long error) except? -1 nogil

@cython.locals(found=cython.longlong)
cdef inline long long find_bin(
    PairingArrays arrays, long long group, long long outcome, long long kind, long long error) except? -1 nogil

@cython.locals(home=cython.longlong, slot=cython.longlong, found=cython.longlong, row=cython.size_t)
cdef long long look_up_bin(
    PairingArrays arrays, long long group, long long outcome, long long kind, long long error) except? -1 nogil

@cython.locals(rtt=cython.longlong, promptness=cython.longlong)
cdef inline long long answer_class(long long[::1] row, size_t at) except? -1 nogil

cdef inline bint wants_answer(long long port) noexcept nogil

@cython.locals(count=cython.longlong, lasted=cython.longlong, asked=cython.longlong, asker=cython.longlong)
cdef inline bint is_one_way(const long long[::1] pool, size_t row) except? -1 nogil

@cython.locals(kind=cython.longlong)
cdef inline bint is_unclear(const long long[::1] pool, size_t row) except? -1 nogil

@cython.locals(row=cython.size_t, rest=cython.longlong, field=cython.longlong)
cdef inline int write_out(PairingArrays arrays, long long place, size_t at, long long outcome) except -1 nogil

@cython.locals(
    row=cython.size_t, error=cython.longlong, kind=cython.longlong, found=cython.longlong, entry=cython.size_t,
    count=cython.longlong, replies=cython.longlong, target=cython.size_t, rtt=cython.longlong, bucket=cython.size_t)
cdef int finish(PairingArrays arrays, long long place, long long outcome) except -1 nogil

@cython.locals(row=cython.size_t, found=cython.longlong, entry=cython.size_t)
cdef bint drop(PairingArrays arrays, long long place) except? -1 nogil

cdef int what_is_full(PairingArrays arrays, long long more) except? -1 nogil
