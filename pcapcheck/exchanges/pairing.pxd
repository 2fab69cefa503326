# The C types under which Cython compiles pairing.py; where it is not compiled, the Python file runs without them.
cimport cython

# The numbers, by setup.py: known to the C compiler, they cost nothing.
from pcapcheck.capture cimport scan_layout
from pcapcheck.decode cimport frame_layout
from pcapcheck.exchanges cimport pairing_layout as layout
from pcapcheck.exchanges.binning cimport finish, what_is_full
from pcapcheck.exchanges.pairing_arrays cimport PairingArrays
from pcapcheck.hash_table cimport fetch_row, fetch_slot, insert, insert_all, remove, seek, stir
from pcapcheck.linked_list cimport append, take_out

cdef class ExchangeKey:
    cdef long long kind, time, point, ident_seq, home, src_high, src_low, dst_high, dst_low

cdef inline long long home_of(
    unsigned long long src_low, unsigned long long dst_low, unsigned long long ident_seq,
    unsigned long long point) noexcept nogil

@cython.locals(src_low=cython.longlong, dst_low=cython.longlong)
cdef inline long long home_of_event(const long long[::1] events, size_t event) except? -1 nogil

@cython.locals(home=cython.longlong, place=cython.longlong)
cdef inline int look_ahead(
    PairingArrays arrays, const long long[::1] events, long long number, long long count) except -1 nogil

cdef inline int read_key(const long long[::1] events, size_t event, ExchangeKey key) except -1 nogil

cdef inline bint has_key(const long long[::1] pool, size_t row, ExchangeKey key) except? -1 nogil

@cython.locals(mask=cython.longlong, slot=cython.longlong)
cdef inline long long find_place(PairingArrays arrays, ExchangeKey key) except? -2 nogil

@cython.locals(place=cython.longlong)
cpdef chain_free(long long[::1] pool, long long[::1] state, long long first, long long end)

cpdef enter_all(long long[::1] pool, int[::1] slots, long long count)

@cython.locals(place=cython.longlong, row=cython.size_t)
cdef inline long long begin(PairingArrays arrays, ExchangeKey key) except? -1 nogil

cdef inline int release(PairingArrays arrays, long long place) except -1 nogil

cdef inline int link_newest(PairingArrays arrays, long long place) except -1 nogil

cdef int unlink(PairingArrays arrays, long long place) except -1 nogil

cdef inline int fill(long long[::1] pool, size_t row, const long long[::1] events, size_t event) except -1 nogil

cdef inline int note_reply(long long[::1] pool, size_t row, const long long[::1] events, size_t event) except -1 nogil

cdef inline int note_error(long long[::1] pool, size_t row, const long long[::1] events, size_t event) except -1 nogil

@cython.locals(place=cython.longlong)
cdef inline int fetch_oldest(PairingArrays arrays, long long at) except -1 nogil

@cython.locals(at=cython.size_t, oldest=cython.longlong)
cdef inline int remember_talk(PairingArrays arrays, long long place) except -1 nogil

@cython.locals(at=cython.size_t, oldest=cython.longlong)
cdef inline int remember_answered(PairingArrays arrays, long long place) except -1 nogil

@cython.locals(row=cython.size_t, asked=cython.longlong, replied=cython.longlong)
cdef inline int settle(PairingArrays arrays, long long place) except -1 nogil

@cython.locals(number=cython.longlong)
cdef inline bint is_to_gateway(PairingArrays arrays, size_t row) except? -1 nogil

cdef inline bint is_still_ended(PairingArrays arrays, size_t row, long long number) except? -1 nogil

@cython.locals(at=cython.size_t, oldest=cython.longlong, number=cython.longlong)
cdef int remember_ended(PairingArrays arrays, long long place) except -1 nogil

cdef inline int ask_again(long long[::1] pool, size_t row, const long long[::1] events, size_t event) except -1 nogil

@cython.locals(time=cython.longlong, is_alike=cython.bint, timed=cython.bint)
cdef inline int send_again(long long[::1] pool, size_t row, const long long[::1] events, size_t event) except -1 nogil

@cython.locals(row=cython.size_t)
cdef inline bint is_asked_by(
    const long long[::1] pool, long long place, ExchangeKey key, long long question) except? -1 nogil

@cython.locals(question=cython.longlong, place=cython.longlong, row=cython.size_t, gap=cython.longlong)
cdef long long asked_before(
    PairingArrays arrays, const long long[::1] events, size_t event, ExchangeKey key,
    long long patience) except? -2 nogil

@cython.locals(
    row=cython.size_t, opened=cython.bint, is_query=cython.bint, untimed=cython.bint, gap=cython.longlong)
cdef inline bint take_request(
    PairingArrays arrays, long long place, ExchangeKey key, const long long[::1] events, size_t event) except? -1 nogil

@cython.locals(
    row=cython.size_t, gap=cython.longlong, in_time=cython.bint, fits=cython.bint, is_talk=cython.bint)
cdef bint take_late_request(
    PairingArrays arrays, long long place, long long time, const long long[::1] events, size_t event) except? -1 nogil

@cython.locals(row=cython.size_t)
cdef inline int take_reply(
    PairingArrays arrays, long long place, const long long[::1] events, size_t event) except -1 nogil

@cython.locals(row=cython.size_t, is_probe=cython.bint)
cdef inline int take_error(
    PairingArrays arrays, long long place, const long long[::1] events, size_t event) except -1 nogil

@cython.locals(oldest=cython.longlong)
cdef int evict(PairingArrays arrays) except -1 nogil

@cython.locals(place=cython.longlong, row=cython.size_t, asked=cython.longlong)
cdef inline int begin_open(
    PairingArrays arrays, ExchangeKey key, const long long[::1] events, size_t event) except -1 nogil

@cython.locals(place=cython.longlong, row=cython.size_t, at=cython.size_t)
cdef int begin_early(
    PairingArrays arrays, ExchangeKey key, const long long[::1] events, size_t event) except -1 nogil

@cython.locals(src_high=cython.longlong, src_low=cython.longlong, home=cython.longlong, place=cython.longlong)
cdef long long find_other_side(PairingArrays arrays, ExchangeKey key) except? -2 nogil

cdef inline bint is_between_equals(ExchangeKey key) noexcept nogil

@cython.locals(
    key=ExchangeKey, number=cython.longlong, coming=cython.longlong, status=cython.int, event=cython.size_t, place=cython.longlong,
    known=cython.bint)
cpdef pair(
    PairingArrays arrays, const long long[::1] events, long long count, long long patience, long long most_open)
