# The C types under which Cython compiles pairing.py; where it is not compiled, the Python file runs without them.
cimport cython

# The numbers, by setup.py: known to the C compiler, they cost nothing.
from pcapcheck.capture cimport scan_layout
from pcapcheck.decode cimport frame_layout
from pcapcheck.exchanges cimport pairing_layout as layout
from pcapcheck.copying cimport copy_numbers
from pcapcheck.hash_table cimport insert, insert_all, remove, seek, stir
from pcapcheck.linked_list cimport append, take_out

cdef class ExchangeKey:
    cdef long long kind, time, point, ident_seq, home, src_high, src_low, dst_high, dst_low

cdef inline long long home_of(
    unsigned long long src_low, unsigned long long dst_low, unsigned long long ident_seq,
    unsigned long long point) noexcept nogil

cdef inline bint has_key(long long[::1] pool, size_t row, ExchangeKey key) except? -1 nogil

@cython.locals(slot=cython.longlong)
cdef inline long long find_place(long long[::1] pool, int[::1] slots, long long mask, ExchangeKey key) except? -2 nogil

@cython.locals(place=cython.longlong)
cpdef chain_free(long long[::1] pool, long long[::1] state, long long first, long long end)

cpdef enter_all(long long[::1] pool, int[::1] slots, long long count)

cdef inline int link_newest(long long[::1] pool, long long[::1] state, long long place) except -1 nogil

cdef inline int unlink(long long[::1] pool, long long[::1] state, long long place) except -1 nogil

cdef inline int release(
    long long[::1] pool, int[::1] slots, long long mask, long long[::1] state, long long place) except -1 nogil

@cython.locals(shift=cython.longlong)
cpdef inline long long bucket_of(long long duration) noexcept nogil

cdef inline long long bin_home(long long group, long long outcome, long long kind, long long error) nogil

cpdef enter_bins(long long[::1] bins, int[::1] slots, long long count)

@cython.locals(home=cython.longlong, slot=cython.longlong, found=cython.longlong, row=cython.size_t)
cdef inline long long find_bin(
    long long[::1] bins, int[::1] bin_slots, long long mask, long long limit, long long[::1] state,
    long long group, long long outcome, long long kind, long long error) except? -1 nogil

@cython.locals(rtt=cython.longlong, promptness=cython.longlong)
cdef inline long long answer_class(long long[::1] pool, size_t row) except? -1 nogil

@cython.locals(
    row=cython.size_t, error=cython.longlong, kind=cython.longlong, found=cython.longlong, entry=cython.size_t,
    count=cython.longlong, target=cython.size_t, rtt=cython.longlong)
cdef inline int finish(
    long long[::1] pool, long long place, long long[::1] bins, int[::1] bin_slots, long long bin_mask,
    long long bin_limit, long long[::1] samples, long long[::1] buckets, long long[::1] out, long long out_capacity,
    long long[::1] state) except -1 nogil

cdef inline int fill(long long[::1] pool, size_t row, long long[::1] events, size_t event) except -1 nogil

cdef inline int note_reply(long long[::1] pool, size_t row, long long[::1] events, size_t event) except -1 nogil

cdef inline int note_error(long long[::1] pool, size_t row, long long[::1] events, size_t event) except -1 nogil

@cython.locals(row=cython.size_t)
cdef inline bint is_asked_by(long long[::1] pool, long long place, ExchangeKey key, long long question) except? -1 nogil

@cython.locals(question=cython.longlong, place=cython.longlong, row=cython.size_t, gap=cython.longlong)
cdef long long asked_before(
    long long[::1] pool, int[::1] slots, long long mask, long long[::1] recent, long long[::1] events, size_t event, ExchangeKey key,
    long long patience) except? -2 nogil

cdef inline int ask_again(long long[::1] pool, size_t row, long long[::1] events, size_t event) except -1 nogil

@cython.locals(time=cython.longlong)
cdef inline bint is_under_way(
    long long[::1] pool, size_t row, long long last, long long wait, long long dns_wait) except? -1 nogil

@cython.locals(row=cython.size_t, at=cython.size_t, oldest=cython.longlong)
cdef inline int settle(
    long long[::1] pool, int[::1] slots, long long mask, long long place, long long[::1] answered,
    long long[::1] bins, int[::1] bin_slots, long long bin_mask, long long bin_limit, long long[::1] samples,
    long long[::1] buckets, long long[::1] out, long long out_capacity, long long[::1] state) except -1 nogil

cdef inline int take_error(long long[::1] pool, size_t row, long long[::1] events, size_t event) except -1 nogil

cdef inline int read_key(const long long[::1] events, size_t event, ExchangeKey key) except -1 nogil

@cython.locals(row=cython.size_t)
cdef inline int take_reply(
    long long[::1] pool, int[::1] slots, long long mask, long long place, long long[::1] answered, long long[::1] events,
    size_t event, long long[::1] bins,
    int[::1] bin_slots, long long bin_mask, long long bin_limit, long long[::1] samples, long long[::1] buckets,
    long long[::1] out, long long out_capacity, long long[::1] state) except -1 nogil

@cython.locals(row=cython.size_t, gap=cython.longlong, in_time=cython.bint)
cdef bint take_late_request(
    long long[::1] pool, int[::1] slots, long long mask, long long place, long long time, long long[::1] answered,
    long long[::1] early, long long[::1] events, size_t event, long long[::1] bins,
    int[::1] bin_slots, long long bin_mask, long long bin_limit, long long[::1] samples, long long[::1] buckets,
    long long[::1] out, long long out_capacity, long long[::1] state) except? -1 nogil

@cython.locals(
    row=cython.size_t, opened=cython.bint, is_query=cython.bint, untimed=cython.bint, gap=cython.longlong)
cdef inline bint take_request(
    long long[::1] pool, int[::1] slots, long long mask, long long place, ExchangeKey key, long long[::1] answered,
    long long[::1] events, size_t event, long long[::1] bins,
    int[::1] bin_slots, long long bin_mask, long long bin_limit, long long[::1] samples, long long[::1] buckets,
    long long[::1] out, long long out_capacity, long long[::1] state) except? -1 nogil

@cython.locals(oldest=cython.longlong)
cdef int evict(
    long long[::1] pool, int[::1] slots, long long mask, long long[::1] bins,
    int[::1] bin_slots, long long bin_mask, long long bin_limit, long long[::1] samples, long long[::1] buckets,
    long long[::1] out, long long out_capacity, long long[::1] state) except -1 nogil

@cython.locals(place=cython.longlong, row=cython.size_t)
cdef inline long long begin(
    long long[::1] pool, int[::1] slots, long long mask, ExchangeKey key, long long[::1] state) except? -1 nogil

@cython.locals(place=cython.longlong, row=cython.size_t, at=cython.size_t)
cdef int begin_early(
    long long[::1] pool, int[::1] slots, long long mask, ExchangeKey key, long long[::1] early, long long[::1] events, size_t event,
    long long[::1] state) except -1 nogil

@cython.locals(place=cython.longlong, row=cython.size_t, asked=cython.longlong)
cdef inline int begin_open(
    long long[::1] pool, int[::1] slots, long long mask, ExchangeKey key, long long[::1] recent, long long[::1] events, size_t event,
    long long[::1] state) except -1 nogil

cdef inline int what_is_full(
    long long[::1] state, long long bin_limit, bint bins_final, long long out_capacity, long long more) except? -1 nogil

@cython.locals(
    key=ExchangeKey, mask=cython.longlong, bin_mask=cython.longlong, number=cython.longlong, status=cython.int,
    event=cython.size_t, place=cython.longlong, known=cython.bint)
cpdef pair(
    long long[::1] events, long long count, long long[::1] pool, int[::1] slots, long long[::1] answered,
    long long[::1] early, long long[::1] recent, long long patience, long long most_open, long long[::1] bins,
    int[::1] bin_slots, long long bin_limit,
    bint bins_final, long long[::1] samples, long long[::1] buckets, long long[::1] out, long long out_capacity,
    long long[::1] state)

@cython.locals(
    bin_mask=cython.longlong, step=cython.longlong, at=cython.size_t, place=cython.longlong, row=cython.size_t,
    last=cython.longlong)
cpdef finish_all(
    long long[::1] pool, long long[::1] answered, long long[::1] bins, int[::1] bin_slots, long long bin_limit,
    bint bins_final, long long[::1] samples, long long[::1] buckets, long long[::1] out, long long out_capacity,
    long long[::1] state, const long long[::1] last_seen, long long wait, long long dns_wait)
