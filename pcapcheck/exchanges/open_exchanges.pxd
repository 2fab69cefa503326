# The C types under which Cython compiles open_exchanges.py; where it is not compiled, the Python file runs without them.
cimport cython

# The numbers, by setup.py: known to the C compiler, they cost nothing.
from pcapcheck.decode cimport frame_layout
from pcapcheck.exchanges cimport pairing_layout as layout
from pcapcheck.exchanges.exchange_key cimport ExchangeKey
from pcapcheck.exchanges.head_marks cimport rest_of, ttl_of
from pcapcheck.exchanges.pairing_arrays cimport PairingArrays
from pcapcheck.hash_table cimport entry_of, home_of_four, insert, insert_all
from pcapcheck.linked_list cimport append, take_out

cpdef enter_all(long long[::1] pool, long long[::1] slots, long long count)

@cython.locals(place=cython.longlong, row=cython.size_t)
cdef inline long long begin(PairingArrays arrays, ExchangeKey key) except? -1 nogil

cdef inline int link_newest(PairingArrays arrays, long long place) except -1 nogil

cdef int unlink(PairingArrays arrays, long long place) except -1 nogil

@cython.locals(place=cython.longlong, marks=cython.longlong, rest=cython.longlong)
cpdef long long add_rest(PairingArrays arrays, size_t row) except? -1 nogil

@cython.locals(rest=cython.longlong)
cdef int fill_rest(PairingArrays arrays, size_t row, size_t event) except -1 nogil

@cython.locals(attempt=cython.longlong)
cdef inline int note_attempt(PairingArrays arrays, size_t row, size_t event) except -1 nogil

cdef inline int fill(PairingArrays arrays, size_t row, size_t event) except -1 nogil

@cython.locals(place=cython.longlong, row=cython.size_t, asked=cython.longlong)
cdef int begin_open(
    PairingArrays arrays, ExchangeKey key, size_t event) except -1 nogil
