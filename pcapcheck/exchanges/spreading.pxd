# The C types under which Cython compiles spreading.py; where it is not compiled, the Python file runs without them.
cimport cython

# The numbers, by setup.py: known to the C compiler, they cost nothing.
from pcapcheck.capture cimport scan_layout
from pcapcheck.decode cimport frame_layout
from pcapcheck.exchanges cimport pairing_layout
from pcapcheck.exchanges cimport spreading_layout as layout
from pcapcheck.hash_table cimport entry_of, fetch_row, fetch_slot, insert_all, place_at, seek_key, stir

cdef inline bint has_port(long long kind) noexcept nogil

cdef inline long long cell_sort(long long respect, long long kind, long long group, long long port) noexcept nogil

cdef inline long long cell_home(
    unsigned long long sort, unsigned long long src, unsigned long long dst) noexcept nogil

@cython.locals(number=cython.longlong, cell=cython.size_t)
cpdef enter_cells(long long[::1] cells, long long[::1] slots, long long count)

cdef inline bint is_cell(
    const long long[::1] cells, size_t cell, long long sort, long long src_high, long long src_low, long long dst_high,
    long long dst_low) except? -1 nogil

@cython.locals(
    sort=cython.longlong, latest=cython.size_t, home=cython.longlong, slot=cython.longlong, found=cython.longlong,
    cell=cython.size_t, field=cython.longlong)
cdef inline long long find_cell(
    long long[::1] cells, long long[::1] slots, long long mask, long long room, long long[::1] state, long long respect,
    long long kind, long long group, long long src_high, long long src_low, long long dst_high, long long dst_low,
    long long port) except? -2 nogil

@cython.locals(outcome=cython.longlong)
cdef inline long long counter_of(const long long[::1] rows, size_t row) except? -2 nogil

cdef inline bint is_failure(long long counter) noexcept nogil

cdef inline int count_outcome(long long[::1] cells, size_t cell, long long counter, long long time) except -1 nogil

cdef inline int note_failures(long long[::1] cells, size_t cell, long long first, long long last) except -1 nogil

@cython.locals(
    kind=cython.longlong, group=cython.longlong, when=cython.longlong, stream=cython.size_t, found=cython.longlong,
    at=cython.size_t, field=cython.longlong)
cdef inline long long find_moment(
    long long[::1] moments, int[::1] latest, long long room, long long[::1] state, long long[::1] rows,
    size_t row, bint failed) except? -2 nogil

@cython.locals(
    stream=cython.size_t, kept=cython.longlong, number=cython.longlong, at=cython.size_t, when=cython.longlong,
    failed=cython.bint, into=cython.size_t, field=cython.longlong)
cpdef lengthen_moments(long long[::1] moments, int[::1] latest, int shift, long long[::1] state)

@cython.locals(
    row=cython.size_t, kind=cython.longlong, port=cython.longlong, sort=cython.longlong, home=cython.longlong,
    found=cython.longlong)
cdef inline int look_ahead(
    const long long[::1] rows, long long number, long long count, const long long[::1] cells,
    const long long[::1] slots, long long mask, long long[::1] homes) except -1 nogil

@cython.locals(
    many=cython.bint, coming=cython.longlong, mask=cython.longlong, room=cython.longlong, moments_room=cython.longlong,
    number=cython.longlong, status=cython.longlong, row=cython.size_t, kind=cython.longlong, group=cython.longlong,
    port=cython.longlong, counter=cython.longlong, size=cython.longlong, sized=cython.longlong, found=cython.longlong)
cpdef spread(
    long long[::1] rows, long long count, long long[::1] cells, long long[::1] slots, bint cells_final,
    long long[::1] moments, int[::1] latest, bint moments_final, long long[::1] homes,
    long long[::1] state)
