# The C types under which Cython compiles repeated_questions.py; where it is not compiled, the Python file runs without them.
cimport cython

# The numbers, by setup.py: known to the C compiler, they cost nothing.
from pcapcheck.capture cimport scan_layout
from pcapcheck.decode cimport frame_layout
from pcapcheck.exchanges cimport pairing_layout as layout
from pcapcheck.exchanges.answered_exchanges cimport release
from pcapcheck.exchanges.binning cimport finish
from pcapcheck.exchanges.exchange_key cimport ExchangeKey
from pcapcheck.exchanges.head_marks cimport ip_id_of, rest_of
from pcapcheck.exchanges.open_exchanges cimport unlink
from pcapcheck.exchanges.pairing_arrays cimport PairingArrays
from pcapcheck.exchanges.sequence_numbers cimport is_another_attempt
from pcapcheck.hash_table cimport home_of_four, insert, place_with, remove

cdef inline int ask_again(PairingArrays arrays, long long rest, size_t event) except -1 nogil

@cython.locals(rest=cython.longlong, time=cython.longlong, is_alike=cython.bint, timed=cython.bint)
cdef inline int send_again(PairingArrays arrays, size_t row, size_t event) except -1 nogil

cdef bint is_next_attempt(PairingArrays arrays, size_t row, long long rest, size_t event) except? -1 nogil

@cython.locals(row=cython.size_t)
cdef inline bint is_asked_by(
    const long long[::1] pool, long long place, ExchangeKey key, long long question) except? -1 nogil

@cython.locals(
    rest=cython.longlong, asked=cython.longlong, question=cython.longlong, place=cython.longlong, row=cython.size_t,
    latest=cython.longlong, gap=cython.longlong)
cdef long long asked_before(
    PairingArrays arrays, size_t event, ExchangeKey key,
    long long patience) except? -2 nogil

@cython.locals(
    row=cython.size_t, rest=cython.longlong, opened=cython.bint, is_query=cython.bint, untimed=cython.bint,
    gap=cython.longlong)
cdef bint take_request(
    PairingArrays arrays, long long place, ExchangeKey key, size_t event) except? -1 nogil
