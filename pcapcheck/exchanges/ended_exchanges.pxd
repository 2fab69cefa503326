# The C types under which Cython compiles ended_exchanges.py; where it is not compiled, the Python file runs without them.
cimport cython

# The numbers, by setup.py: known to the C compiler, they cost nothing.
from pcapcheck.decode cimport frame_layout
from pcapcheck.exchanges cimport pairing_layout as layout
from pcapcheck.exchanges.answered_exchanges cimport release
from pcapcheck.exchanges.binning cimport finish
from pcapcheck.exchanges.head_marks cimport rest_of
from pcapcheck.exchanges.open_exchanges cimport unlink
from pcapcheck.exchanges.pairing_arrays cimport PairingArrays

cdef int note_error(PairingArrays arrays, long long rest, size_t event) except -1 nogil

@cython.locals(number=cython.longlong)
cdef inline bint is_to_gateway(PairingArrays arrays, size_t row) except? -1 nogil

@cython.locals(rest=cython.longlong)
cdef inline bint is_still_ended(PairingArrays arrays, size_t row, long long number) except? -1 nogil

@cython.locals(at=cython.size_t, oldest=cython.longlong, number=cython.longlong)
cdef inline int remember_ended(PairingArrays arrays, long long place) except -1 nogil

@cython.locals(row=cython.size_t, rest=cython.longlong, is_probe=cython.bint)
cdef int take_error(
    PairingArrays arrays, long long place, size_t event) except -1 nogil
