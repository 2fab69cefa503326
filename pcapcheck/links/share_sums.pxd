# The C types under which Cython compiles share_sums.py; where it is not compiled, the Python file runs without them.
cimport cython

# The numbers, by setup.py: known to the C compiler, they cost nothing.
from pcapcheck.exchanges cimport spreading_layout as cell_layout
from pcapcheck.hash_table cimport entry_of, insert_all, place_at, seek, stir
from pcapcheck.links cimport share_layout as layout

cpdef enter_shares(const long long[::1] shares, long long[::1] slots, long long count)

@cython.locals(
    mask=cython.longlong, home=cython.longlong, slot=cython.longlong, row=cython.size_t, same=cython.longlong,
    number=cython.longlong)
cdef inline long long find_key(
    const long long[::1] shares, const long long[::1] slots, const long long[::1] key) except? -1 nogil

@cython.locals(mixed=cython.ulonglong, number=cython.longlong)
cdef inline int set_home(long long[::1] key) except -1 nogil

cpdef long long find_share(const long long[::1] shares, const long long[::1] slots, long long[::1] key) except? -2

@cython.locals(group=cython.longlong)
cdef inline bint counts_in(
    const long long[::1] cells, size_t cell, long long kind, const signed char[::1] good, long long respect,
    bint needed) except? -1 nogil

@cython.locals(
    number=cython.longlong, cell=cython.size_t, failed=cython.longlong, asked=cython.longlong,
    column=cython.longlong, slot=cython.longlong, row=cython.size_t, field=cython.longlong)
cpdef sum_cells(
    const long long[::1] cells, long long count, long long kind, const signed char[::1] good, long long respect,
    bint needed, const long long[::1] columns, long long[::1] key, long long[::1] shares, long long[::1] slots,
    long long[::1] state)

@cython.locals(
    field=cython.longlong, place=cython.longlong, row=cython.size_t, asked=cython.longlong, failed=cython.longlong)
cpdef total_up(const long long[::1] shares, long long[::1] state)

@cython.locals(
    found=cython.longlong, place=cython.longlong, row=cython.size_t, into=cython.size_t, field=cython.longlong)
cpdef long long keep_failing(
    const long long[::1] shares, long long count, long long but, long long[::1] kept) except? -1

@cython.locals(found=cython.longlong, place=cython.longlong, row=cython.size_t)
cpdef long long count_asked_by(
    const long long[::1] shares, long long count, long long high, long long low) except? -1

@cython.locals(found=cython.bint, place=cython.longlong, row=cython.size_t, number=cython.longlong)
cpdef bint are_between(
    const long long[::1] shares, long long count, long long addresses, long long least, long long most) except? -1

cdef inline bint is_worse(const long long[::1] shares, size_t one, size_t other, bint by_key) except? -1 nogil

@cython.locals(number=cython.longlong)
cdef inline bint is_before(const long long[::1] shares, size_t one, size_t other) except? -1 nogil

@cython.locals(
    found=cython.longlong, place=cython.longlong, row=cython.size_t, at=cython.longlong)
cpdef long long find_worst(
    const long long[::1] shares, long long count, bint by_key, long long[::1] places) except? -1

@cython.locals(found=cython.longlong, place=cython.longlong)
cpdef long long find_alike(
    const long long[::1] shares, long long count, long long like, long long[::1] places) except? -1

@cython.locals(
    best=cython.longlong, best_lack=cython.double, place=cython.longlong, row=cython.size_t, at_best=cython.size_t,
    part=cython.double, lack=cython.double, better=cython.bint)
cpdef long long find_most_above(
    const long long[::1] shares, long long count, long long asked, long long failed) except? -1
