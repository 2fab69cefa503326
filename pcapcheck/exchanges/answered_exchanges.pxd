# The C types under which Cython compiles answered_exchanges.py; where it is not compiled, the Python file runs without them.
cimport cython

# The numbers, by setup.py: known to the C compiler, they cost nothing.
from pcapcheck.capture cimport scan_layout
from pcapcheck.decode cimport frame_layout
from pcapcheck.exchanges cimport pairing_layout as layout
from pcapcheck.exchanges.binning cimport finish
from pcapcheck.exchanges.head_marks cimport rest_of
from pcapcheck.exchanges.open_exchanges cimport unlink
from pcapcheck.exchanges.pairing_arrays cimport PairingArrays
from pcapcheck.hash_table cimport fetch_row, fetch_slot, remove

cdef inline int note_reply(PairingArrays arrays, long long rest, size_t event) except -1 nogil

@cython.locals(row=cython.size_t, rest=cython.longlong)
cdef inline int release(PairingArrays arrays, long long place) except -1 nogil

@cython.locals(place=cython.longlong)
cdef inline int fetch_oldest(PairingArrays arrays, long long at) except -1 nogil

@cython.locals(at=cython.size_t, oldest=cython.longlong)
cdef inline long long remember(
    PairingArrays arrays, long long place, long long[::1] ring, size_t size, size_t next_at) except -1 nogil

@cython.locals(row=cython.size_t, rest=cython.longlong, asked=cython.longlong, replied=cython.longlong)
cdef inline int settle(PairingArrays arrays, long long place) except -1 nogil

@cython.locals(row=cython.size_t, rest=cython.longlong)
cdef int take_reply(
    PairingArrays arrays, long long place, size_t event) except -1 nogil
