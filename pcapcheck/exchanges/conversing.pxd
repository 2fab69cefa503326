# The C types under which Cython compiles conversing.py; where it is not compiled, the Python file runs without them.
cimport cython

# The numbers, by setup.py: known to the C compiler, they cost nothing.
from pcapcheck.decode cimport frame_layout
from pcapcheck.exchanges cimport conversing_layout as layout
from pcapcheck.exchanges cimport transfer_layout
from pcapcheck.exchanges.conversing_arrays cimport ConversingArrays
from pcapcheck.exchanges.ended_conversations cimport finish
from pcapcheck.exchanges.sequence_numbers cimport is_another_attempt
from pcapcheck.exchanges.tcp_holes cimport wait_on
from pcapcheck.exchanges.tcp_progress cimport note_tcp
from pcapcheck.hash_table cimport fetch_row, fetch_slot, insert, insert_all, place_at, remove, seek, stir
from pcapcheck cimport protocols

cdef inline unsigned long long end_home(unsigned long long low, unsigned long long port) noexcept nogil

@cython.locals(ports=cython.longlong, mixed=cython.ulonglong)
cdef inline long long home_of(ConversingArrays arrays, size_t at) except? -1 nogil

@cython.locals(ports=cython.longlong, turned=cython.longlong)
cdef inline int side_of(ConversingArrays arrays, size_t head, size_t at) except? -2 nogil

@cython.locals(slot=cython.longlong)
cdef inline long long find_conversation(ConversingArrays arrays, long long home, size_t at) except? -2 nogil

@cython.locals(place=cython.longlong, home=cython.longlong)
cdef inline int look_ahead(ConversingArrays arrays, long long number, long long count) except -1 nogil

cdef inline long long wrapped(long long place, long long places) noexcept nogil

@cython.locals(head=cython.size_t)
cdef inline int fetch_oldest(ConversingArrays arrays, long long oldest, long long places) except -1 nogil

cpdef enter_all(const long long[::1] heads, long long[::1] slots, long long count)

cdef inline int begin_head(ConversingArrays arrays, size_t head, size_t at, long long home) except -1 nogil

@cython.locals(field=cython.longlong, side=cython.longlong, mine=cython.size_t)
cdef inline int begin_body(ConversingArrays arrays, size_t head, size_t row) except -1 nogil

@cython.locals(body=cython.longlong)
cdef inline int take_body(ConversingArrays arrays, size_t head) except -1 nogil

@cython.locals(flags=cython.longlong)
cdef inline bint is_lone(long long size) noexcept nogil

cdef inline bint repeats_begun(ConversingArrays arrays, size_t head, long long side, size_t at) except? -1 nogil

@cython.locals(mine=cython.size_t)
cdef inline int note(
    ConversingArrays arrays, size_t row, long long side, long long frame, long long time, long long numbers,
    long long ack, long long content) except -1 nogil

cdef inline int note_segment(ConversingArrays arrays, size_t row, long long side, size_t at) except -1 nogil

@cython.locals(row=cython.size_t)
cdef inline int note_begun(ConversingArrays arrays, size_t head) except -1 nogil

cdef inline bint is_syn(ConversingArrays arrays, size_t at) except? -1 nogil

@cython.locals(latest=cython.longlong, seq=cython.longlong)
cdef inline bint is_next_attempt(ConversingArrays arrays, size_t head, long long side, size_t at) except? -1 nogil

@cython.locals(mine=cython.size_t, seq=cython.longlong, before=cython.longlong)
cdef inline bint begins_again(ConversingArrays arrays, size_t row, long long side, size_t at) except? -1 nogil

cdef inline bint is_full(ConversingArrays arrays) except? -1 nogil

@cython.locals(places=cython.longlong, bodies=cython.longlong)
cdef inline int what_is_full(ConversingArrays arrays) except? -1 nogil

@cython.locals(places=cython.longlong, place=cython.longlong)
cdef inline long long place_for_next(ConversingArrays arrays) except? -1 nogil

@cython.locals(
    number=cython.longlong, latest=cython.longlong, status=cython.int, at=cython.size_t,
    side=cython.longlong, home=cython.longlong, head=cython.size_t, begun=cython.bint, ahead=cython.longlong)
cpdef converse(ConversingArrays arrays, long long count)

@cython.locals(used=cython.longlong, oldest=cython.longlong, row=cython.size_t)
cpdef finish_all(ConversingArrays arrays, const long long[::1] heard)
