# The C types under which Cython compiles conversing.py; where it is not compiled, the Python file runs without them.
cimport cython

# The numbers, by setup.py: known to the C compiler, they cost nothing.
from pcapcheck.decode cimport frame_layout
from pcapcheck.exchanges cimport conversing_layout as layout
from pcapcheck.exchanges cimport transfer_layout
from pcapcheck.exchanges.ended_conversations cimport finish
from pcapcheck.exchanges.sequence_numbers cimport is_another_attempt
from pcapcheck.exchanges.tcp_holes cimport wait_on
from pcapcheck.exchanges.tcp_progress cimport note_tcp
from pcapcheck.hash_table cimport fetch_row, fetch_slot, insert, insert_all, place_at, remove, seek, stir
from pcapcheck cimport protocols

cdef inline unsigned long long end_home(unsigned long long low, unsigned long long port) noexcept nogil

@cython.locals(ports=cython.longlong, mixed=cython.ulonglong)
cdef inline long long home_of(const long long[::1] segments, size_t at) except? -1 nogil

@cython.locals(ports=cython.longlong, turned=cython.longlong)
cdef inline int side_of(
    const long long[::1] heads, size_t head, const long long[::1] segments, size_t at) except? -2 nogil

@cython.locals(slot=cython.longlong)
cdef inline long long find_conversation(
    const long long[::1] heads, const long long[::1] slots, long long mask, long long home,
    const long long[::1] segments, size_t at) except? -2 nogil

@cython.locals(place=cython.longlong, home=cython.longlong)
cdef inline int look_ahead(
    const long long[::1] heads, const long long[::1] pool, const long long[::1] slots, long long mask,
    const long long[::1] segments, long long number, long long count, long long[::1] state) except -1 nogil

cdef inline long long wrapped(long long place, long long places) noexcept nogil

@cython.locals(head=cython.size_t)
cdef inline int fetch_oldest(
    const long long[::1] heads, const long long[::1] pool, const long long[::1] slots, long long mask, long long oldest,
    long long places) except -1 nogil

cpdef enter_all(const long long[::1] heads, long long[::1] slots, long long count)

cdef inline int begin_head(
    long long[::1] heads, size_t head, const long long[::1] segments, size_t at, long long home) except -1 nogil

@cython.locals(field=cython.longlong, side=cython.longlong, mine=cython.size_t)
cdef inline int begin_body(
    const long long[::1] heads, size_t head, long long[::1] pool, size_t row) except -1 nogil

@cython.locals(body=cython.longlong)
cdef inline int take_body(
    long long[::1] heads, size_t head, long long[::1] pool, long long[::1] state) except -1 nogil

@cython.locals(flags=cython.longlong)
cdef inline bint is_lone(long long size) noexcept nogil

cdef inline bint repeats_begun(
    long long[::1] heads, size_t head, long long side, const long long[::1] segments, size_t at) except? -1 nogil

@cython.locals(mine=cython.size_t)
cdef inline int note(
    long long[::1] pool, size_t row, long long side, long long frame, long long time, long long numbers, long long ack,
    long long content) except -1 nogil

cdef inline int note_segment(
    long long[::1] pool, size_t row, long long side, const long long[::1] segments, size_t at) except -1 nogil

@cython.locals(row=cython.size_t)
cdef inline int note_begun(const long long[::1] heads, size_t head, long long[::1] pool) except -1 nogil

cdef inline bint is_syn(const long long[::1] segments, size_t at) except? -1 nogil

@cython.locals(latest=cython.longlong, seq=cython.longlong)
cdef bint is_next_attempt(
    const long long[::1] heads, size_t head, long long side, const long long[::1] segments, size_t at) except? -1 nogil

@cython.locals(mine=cython.size_t, seq=cython.longlong, before=cython.longlong)
cdef bint begins_again(
    const long long[::1] pool, size_t row, long long side, const long long[::1] segments, size_t at) except? -1 nogil

cdef inline bint is_full(
    const long long[::1] out, const long long[::1] transfers, const long long[::1] state) except? -1 nogil

@cython.locals(places=cython.longlong, bodies=cython.longlong)
cdef inline int what_is_full(
    const long long[::1] heads, const long long[::1] pool, const long long[::1] out, const long long[::1] transfers,
    const long long[::1] state) except? -1 nogil

@cython.locals(places=cython.longlong, place=cython.longlong)
cdef inline long long place_for_next(
    long long[::1] heads, long long[::1] pool, long long[::1] slots, long long[::1] out, long long[::1] transfers,
    long long[::1] classes, long long[::1] state) except? -1 nogil

@cython.locals(
    mask=cython.longlong, number=cython.longlong, latest=cython.longlong, status=cython.int, at=cython.size_t,
    side=cython.longlong, home=cython.longlong, head=cython.size_t, begun=cython.bint, ahead=cython.longlong)
cpdef converse(
    const long long[::1] segments, long long count, long long[::1] heads, long long[::1] pool, long long[::1] slots,
    long long[::1] out, long long[::1] transfers, long long[::1] classes, long long[::1] state)

@cython.locals(used=cython.longlong, oldest=cython.longlong, row=cython.size_t)
cpdef finish_all(
    long long[::1] heads, long long[::1] pool, long long[::1] out, long long[::1] transfers, long long[::1] classes,
    long long[::1] state, const long long[::1] heard)
