# The C types under which Cython compiles spreading.py; where it is not compiled, the Python file runs without them.
cimport cython

# The numbers, by setup.py: known to the C compiler, they cost nothing.
from pcapcheck.capture cimport scan_layout
from pcapcheck.copying cimport copy_numbers
from pcapcheck.decode cimport frame_layout
from pcapcheck.exchanges cimport pairing_layout
from pcapcheck.exchanges cimport spreading_layout as layout
from pcapcheck.hash_table cimport insert_all, seek, stir

cdef inline long long cell_sort(long long respect, long long kind, long long group, long long port) noexcept nogil

cdef inline long long cell_home(
    unsigned long long sort, unsigned long long src, unsigned long long dst) noexcept nogil

@cython.locals(number=cython.longlong, cell=cython.size_t)
cpdef enter_cells(long long[::1] cells, int[::1] slots, long long count)

@cython.locals(mask=cython.longlong, slot=cython.longlong, cell=cython.size_t)
cdef inline long long slot_of(
    const long long[::1] cells, const int[::1] slots, long long home, long long sort, long long src_high,
    long long src_low, long long dst_high, long long dst_low) except? -2 nogil

@cython.locals(
    sort=cython.longlong, home=cython.longlong, slot=cython.longlong, found=cython.longlong, cell=cython.size_t,
    field=cython.longlong)
cdef inline long long find_cell(
    long long[::1] cells, int[::1] slots, long long room, long long[::1] state, long long respect, long long kind,
    long long group, long long src_high, long long src_low, long long dst_high, long long dst_low,
    long long port) except? -2 nogil

@cython.locals(field=cython.longlong, first=cython.longlong, last=cython.longlong)
cdef inline int add_cell(long long[::1] cells, size_t cell, size_t other) except -1 nogil

@cython.locals(count=cython.longlong, kept=cython.longlong, number=cython.longlong, cell=cython.size_t, slot=cython.longlong)
cpdef lengthen(long long[::1] cells, int[::1] slots, long long by, long long[::1] state)

@cython.locals(outcome=cython.longlong, time=cython.longlong, failed=cython.bint)
cdef inline int count_exchange(long long[::1] cells, size_t cell, long long[::1] rows, size_t row) except -1 nogil

@cython.locals(
    room=cython.longlong, number=cython.longlong, status=cython.longlong, row=cython.size_t,
    kind=cython.longlong, group=cython.longlong, port=cython.longlong, found=cython.longlong)
cpdef spread(
    long long[::1] rows, long long count, long long[::1] cells, int[::1] slots, bint final, long long[::1] state)
