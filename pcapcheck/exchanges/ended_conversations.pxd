# The C types under which Cython compiles ended_conversations.py; where it is not compiled, the Python file runs without
# them.
cimport cython

# The numbers, by setup.py: known to the C compiler, they cost nothing.
from pcapcheck.capture cimport scan_layout
from pcapcheck.copying cimport copy_numbers
from pcapcheck.exchanges cimport conversing_layout as layout
from pcapcheck.exchanges.conversing_arrays cimport ConversingArrays
from pcapcheck.exchanges.transfer_rows cimport count_transfer, is_transfer, write_transfer

@cython.locals(answered=cython.size_t)
cdef inline bint is_half_open(const long long[::1] pool, size_t row) except? -1 nogil

@cython.locals(answered=cython.size_t, acknowledged=cython.longlong, first=cython.longlong, last=cython.longlong)
cdef inline bint is_unheard(const long long[::1] pool, size_t row) except? -1 nogil

cdef inline int judge(const long long[::1] pool, size_t row) except? -1 nogil

@cython.locals(kind=cython.int, target=cython.size_t, row=cython.size_t)
cdef int finish(ConversingArrays arrays, size_t head) except -1 nogil
