# The C types under which Cython compiles leaf_results.py; where it is not compiled, the Python file runs without them.
cimport cython

# The numbers, by setup.py: known to the C compiler, they cost nothing.
from pcapcheck cimport kleene, protocols
from pcapcheck.capture cimport scan_layout
from pcapcheck.decode cimport frame_layout
from pcapcheck.ruleset cimport counting_layout as counted
from pcapcheck.ruleset cimport program_layout as layout

@cython.locals(number=cython.longlong)
cdef inline bint is_there(
    const long long[::1] program, long long field, const long long[::1] vectors, long long place) except? -1 nogil

@cython.locals(first=cython.longlong, end=cython.longlong, middle=cython.longlong)
cdef bint is_named(const long long[::1] names, long long high, long long low) except? -1 nogil

@cython.locals(found=cython.bint, first=cython.longlong, place=cython.longlong)
cdef inline bint holds_number(const long long[::1] program, long long leaf, long long number) except? -1 nogil

@cython.locals(found=cython.bint, network=cython.longlong, _=cython.longlong)
cdef inline bint holds_address(
    const long long[::1] program, long long leaf, long long high, long long low) except? -1 nogil

@cython.locals(carries=cython.longlong, ethertype=cython.longlong, protocol=cython.longlong)
cdef bint frame_lacks(long long what, const long long[::1] data, long long at, long long step) except? -1 nogil

cdef inline bint lacks(
    const long long[::1] program, long long field, long long what, const long long[::1] vectors, long long place,
    const long long[::1] data, long long at, long long step) except? -1 nogil

@cython.locals(vector=cython.longlong, some=cython.longlong)
cdef inline bint is_one_of(
    const long long[::1] program, long long field, long long number, const long long[::1] vectors, long long place,
    const long long[::1] data, long long step) except? -1 nogil

@cython.locals(
    operator=cython.longlong, field=cython.longlong, other=cython.longlong, vector=cython.longlong, high=cython.longlong,
    low=cython.longlong, found=cython.bint, several=cython.longlong, some=cython.longlong, number=cython.longlong)
cdef inline int compare(
    const long long[::1] program, long long leaf, const long long[::1] vectors, long long place,
    const long long[::1] data, long long step, const long long[::1] names) except? -2 nogil

@cython.locals(
    vector=cython.longlong, low=cython.longlong, high=cython.longlong, inside=cython.longlong, place=cython.longlong,
    number=cython.longlong, result=cython.longlong)
cdef int judge_range(
    const long long[::1] program, long long leaf, const long long[::1] vectors, long long count, long long shift,
    long long[::1] packed, long long target) except -1 nogil

@cython.locals(operator=cython.longlong, there=cython.bint)
cdef inline long long judge_row(
    const long long[::1] program, long long leaf, const long long[::1] vectors, long long place,
    const long long[::1] data, long long step, const long long[::1] names) except? -2 nogil

@cython.locals(
    field=cython.longlong, other=cython.longlong, place=cython.longlong, said=cython.longlong, at=cython.longlong)
cdef int judge_lacking(
    const long long[::1] program, long long leaf, const long long[::1] vectors, long long count,
    const long long[::1] data, long long first, long long row_step, long long step, long long shift,
    long long[::1] packed, long long target) except -1 nogil

@cython.locals(
    target=cython.longlong, shift=cython.longlong, place=cython.longlong, result=cython.longlong)
cdef int judge_leaf(
    const long long[::1] program, long long leaf, const long long[::1] vectors, long long count,
    const long long[::1] data, long long first, long long row_step, long long step, const long long[::1] names,
    long long[::1] packed) except -1 nogil
