# The C types under which Cython compiles spreading.py; where it is not compiled, the Python file runs without them.
cimport cython

# The numbers, by setup.py: known to the C compiler, they cost nothing.
from pcapcheck.capture cimport scan_layout
from pcapcheck.decode cimport frame_layout
from pcapcheck.exchanges cimport pairing_layout
from pcapcheck.exchanges cimport spreading_layout as layout
from pcapcheck.hash_table cimport insert_all, seek, stir

cdef inline long long cell_sort(long long respect, long long kind, long long group, long long port) noexcept nogil

cdef inline long long cell_home(
    unsigned long long sort, unsigned long long src, unsigned long long dst) noexcept nogil

@cython.locals(number=cython.longlong, cell=cython.size_t)
cpdef enter_cells(long long[::1] cells, int[::1] slots, long long count)

@cython.locals(sort=cython.longlong, home=cython.longlong, slot=cython.longlong, found=cython.longlong, cell=cython.size_t, field=cython.longlong)
cdef inline long long find_cell(
    long long[::1] cells, int[::1] slots, long long mask, long long room, long long[::1] state, long long respect,
    long long kind, long long group, long long src_high, long long src_low, long long dst_high, long long dst_low,
    long long port) except? -2 nogil

@cython.locals(outcome=cython.longlong, time=cython.longlong, failed=cython.bint)
cdef inline int count_exchange(long long[::1] cells, size_t cell, long long[::1] rows, size_t row) except -1 nogil

@cython.locals(
    mask=cython.longlong, room=cython.longlong, number=cython.longlong, status=cython.longlong, row=cython.size_t,
    kind=cython.longlong, group=cython.longlong, port=cython.longlong, found=cython.longlong)
cpdef spread(
    long long[::1] rows, long long count, long long[::1] cells, int[::1] slots, bint final, long long[::1] state)
