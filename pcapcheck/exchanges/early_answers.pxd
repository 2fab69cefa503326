# The C types under which Cython compiles early_answers.py; where it is not compiled, the Python file runs without them.
cimport cython

# The numbers, by setup.py: known to the C compiler, they cost nothing.
from pcapcheck.capture cimport scan_layout
from pcapcheck.decode cimport frame_layout
from pcapcheck.exchanges cimport pairing_layout as layout
from pcapcheck.exchanges.answered_exchanges cimport note_reply, release, settle
from pcapcheck.exchanges.ended_exchanges cimport note_error, remember_ended
from pcapcheck.exchanges.exchange_key cimport ExchangeKey
from pcapcheck.exchanges.head_marks cimport rest_of
from pcapcheck.exchanges.open_exchanges cimport add_rest, begin, fill, fill_rest, link_newest
from pcapcheck.exchanges.pairing_arrays cimport PairingArrays

@cython.locals(place=cython.longlong, row=cython.size_t, rest=cython.longlong, at=cython.size_t)
cdef int begin_early(
    PairingArrays arrays, ExchangeKey key, size_t event) except -1 nogil

@cython.locals(
    row=cython.size_t, rest=cython.longlong, gap=cython.longlong, in_time=cython.bint, fits=cython.bint,
    is_talk=cython.bint)
cdef bint take_late_request(
    PairingArrays arrays, long long place, long long time, size_t event) except? -1 nogil
