# The C types under which Cython compiles text_numbers.py; where it is not compiled, the Python file runs without them.
cimport cython

from pcapcheck.hash_table cimport entry_of, place_at, seek, stir

# The numbers, by setup.py: known to the C compiler, they cost nothing.
from pcapcheck.ruleset cimport counting_layout as counted
from pcapcheck.ruleset cimport program_layout as layout
from pcapcheck.ruleset.field_values cimport high_at, met_field, number_at

@cython.locals(place=cython.longlong)
cdef inline bint is_same_text(
    const long long[::1] keys, long long one, long long other, long long width) except? -1 nogil

@cython.locals(
    columns=cython.longlong, width=cython.longlong, mask=cython.longlong, row=cython.longlong, at=cython.longlong,
    column=cython.longlong, new=cython.longlong, key=cython.longlong, place=cython.longlong, mixed=cython.ulonglong,
    text=cython.longlong, first=cython.longlong, field=cython.longlong, high=cython.longlong, low=cython.longlong,
    home=cython.longlong, slot=cython.longlong)
cpdef number_texts(
    const long long[::1] program, const long long[::1] data, long long count, long long row_step, long long step,
    const long long[::1] groups, long long group_step, long long[::1] keys, long long[::1] slots, long long[::1] ids,
    long long[::1] state)

@cython.locals(place=cython.longlong)
cpdef translate(long long[::1] ids, long long count, const long long[::1] numbers)
