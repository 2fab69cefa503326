# The C types under which Cython compiles pairing.py; where it is not compiled, the Python file runs without them.
cimport cython

# The numbers, by setup.py: known to the C compiler, they cost nothing.
from pcapcheck.decode cimport frame_layout
from pcapcheck.exchanges cimport pairing_layout as layout
from pcapcheck.exchanges.answered_exchanges cimport release, take_reply
from pcapcheck.exchanges.binning cimport drop, finish, what_is_full
from pcapcheck.exchanges.early_answers cimport begin_early, take_late_request
from pcapcheck.exchanges.ended_exchanges cimport take_error
from pcapcheck.exchanges.exchange_key cimport ExchangeKey
from pcapcheck.exchanges.head_marks cimport rest_of
from pcapcheck.exchanges.open_exchanges cimport add_rest, begin_open, unlink
from pcapcheck.exchanges.pairing_arrays cimport PairingArrays
from pcapcheck.exchanges.repeated_questions cimport asked_before, take_request
from pcapcheck.hash_table cimport fetch_row, fetch_slot, home_of_four, place_at, seek

@cython.locals(src_low=cython.longlong, dst_low=cython.longlong)
cdef inline long long home_of_event(PairingArrays arrays, size_t event) except? -1 nogil

@cython.locals(home=cython.longlong, place=cython.longlong)
cdef inline int look_ahead(
    PairingArrays arrays, long long number, long long count) except -1 nogil

cdef inline int read_key(PairingArrays arrays, size_t event, ExchangeKey key) except -1 nogil

cdef inline bint has_key(const long long[::1] pool, size_t row, ExchangeKey key) except? -1 nogil

@cython.locals(mask=cython.longlong, slot=cython.longlong)
cdef inline long long find_place(PairingArrays arrays, ExchangeKey key) except? -2 nogil

@cython.locals(oldest=cython.longlong, rest=cython.longlong)
cdef int evict(PairingArrays arrays) except -1 nogil

@cython.locals(place=cython.longlong, step=cython.int, row=cython.size_t)
cdef inline int fetch_coming(PairingArrays arrays) except -1 nogil

cdef inline bint is_between_equals(ExchangeKey key) noexcept nogil

@cython.locals(src_high=cython.longlong, src_low=cython.longlong, home=cython.longlong, place=cython.longlong)
cdef long long find_other_side(PairingArrays arrays, ExchangeKey key) except? -2 nogil

@cython.locals(
    key=ExchangeKey, number=cython.longlong, coming=cython.longlong, status=cython.int, event=cython.size_t,
    place=cython.longlong, known=cython.bint, places=cython.longlong, rests=cython.longlong)
cpdef pair(
    PairingArrays arrays, long long count, long long patience, long long most_open)
