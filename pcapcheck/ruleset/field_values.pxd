# The C types under which Cython compiles field_values.py; where it is not compiled, the Python file runs without them.
cimport cython

# The numbers, by setup.py: known to the C compiler, they cost nothing.
from pcapcheck.capture cimport scan_layout
from pcapcheck.ruleset cimport program_layout as layout

@cython.locals(need=cython.longlong, bits=cython.longlong, _=cython.longlong)
cdef inline bint meets(
    const long long[::1] program, long long field, const long long[::1] data, long long at,
    long long step) except? -1 nogil

cdef inline long long met_field(
    const long long[::1] program, long long field, const long long[::1] data, long long at,
    long long step) except? -1 nogil

@cython.locals(kind=cython.longlong, number=cython.longlong, group=cython.longlong)
cdef long long number_at(
    const long long[::1] program, long long field, const long long[::1] data, long long at, long long step,
    const long long[::1] groups, long long group_step, const long long[::1] texts, long long text_at) except? -1 nogil

cdef inline long long high_at(
    const long long[::1] program, long long field, const long long[::1] data, long long at,
    long long step) except? -1 nogil

@cython.locals(
    high=cython.longlong, low=cython.longlong, place=cython.longlong, at=cython.longlong, met=cython.longlong)
cdef int gather_addresses(
    const long long[::1] program, long long field, const long long[::1] data, long long first, long long count,
    long long row_step, long long step, long long[::1] vectors, long long vector) except -1 nogil

@cython.locals(
    vector=cython.longlong, kind=cython.longlong, plain=cython.bint, place=cython.longlong, at=cython.longlong,
    met=cython.longlong, position=cython.longlong, shift=cython.longlong, mask=cython.longlong,
    least=cython.longlong, most=cython.longlong, words=cython.longlong, last=cython.longlong, number=cython.longlong,
    columns=cython.longlong)
cdef int gather(
    const long long[::1] program, long long field, const long long[::1] data, long long first, long long count,
    long long row_step, long long step, const long long[::1] groups, long long group_step,
    const long long[::1] texts, long long[::1] vectors) except -1 nogil
