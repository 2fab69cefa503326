# The C types under which Cython compiles evaluating.py; where it is not compiled, the Python file runs without them.
cimport cython

from pcapcheck.hash_table cimport entry_of, insert_all, place_at, seek, stir
from pcapcheck.ruleset.field_values cimport gather
from pcapcheck.ruleset.leaf_results cimport judge_leaf
from pcapcheck.ruleset.rule_bins cimport (
    find_bin, hash_pairs, keep_pair, may_want, note_row, result_in, takes_turn, wants)
from pcapcheck.ruleset.value_spreads cimport count_values

# The numbers, by setup.py: known to the C compiler, they cost nothing.
from pcapcheck cimport kleene
from pcapcheck.ruleset cimport counting_layout as counted
from pcapcheck.ruleset cimport program_layout as layout

cpdef enter(long long[::1] rows, long long width, long long[::1] slots, long long count)

@cython.locals(top=cython.longlong, token=cython.longlong)
cdef long long says(
    const long long[::1] program, long long token_at, long long end, const long long[::1] classes, long long entry,
    signed char[::1] stack) except? -2 nogil

@cython.locals(result=cython.longlong, place=cython.longlong)
cdef inline long long combined(
    const signed char[::1] stack, long long first, long long parts, bint every) except? -2 nogil

@cython.locals(word=cython.longlong)
cdef inline bint is_class_of(
    const long long[::1] program, const long long[::1] classes, long long entry, long long group, long long outcome,
    const long long[::1] packed, long long place) except? -1 nogil

@cython.locals(
    words=cython.longlong, width=cython.longlong, mixed=cython.ulonglong, word=cython.longlong, home=cython.longlong,
    mask=cython.longlong, slot=cython.longlong, found=cython.longlong, entry=cython.longlong)
cdef long long find_class(
    const long long[::1] program, long long group, long long outcome, const long long[::1] packed, long long place,
    long long[::1] classes, long long[::1] class_slots, const long long[::1] state) except? -1 nogil

@cython.locals(
    at=cython.longlong, number=cython.longlong, rule=cython.longlong, selected=cython.longlong,
    expected=cython.longlong, found=cython.longlong)
cdef int find_bins(
    const long long[::1] program, long long[::1] classes, long long entry, signed char[::1] stack,
    long long[::1] bins, long long[::1] slots, long long[::1] spreads, long long[::1] state) except -1 nogil

@cython.locals(rules=cython.longlong, bounds=cython.longlong)
cdef inline int what_is_full(
    const long long[::1] program, long long size, const long long[::1] classes, const long long[::1] bins,
    const long long[::1] spreads, const long long[::1] cells, const long long[::1] notes,
    const long long[::1] state) except? -1 nogil

cdef inline bint is_looked_at(
    const long long[::1] classes, long long entry, long long pair, long long serial) except? -1 nogil

@cython.locals(
    first=cython.longlong, number=cython.longlong, found=cython.longlong, at=cython.longlong, rule=cython.longlong,
    following=cython.longlong, turn=cython.longlong, is_sated=cython.bint, wanted=cython.bint)
cdef int look_at_row(
    const long long[::1] program, long long entry, const long long[::1] vectors, long long place, long long pair,
    const long long[::1] data, long long row, long long step, long long size, long long[::1] classes,
    long long[::1] bins, long long[::1] spreads, long long[::1] ranked, long long[::1] cells, long long[::1] cell_slots,
    long long[::1] notes, long long serial, long long[::1] state) except -1 nogil

@cython.locals(
    width=cython.longlong, groups=cython.longlong, outcomes=cython.longlong, outcome=cython.longlong,
    place=cython.longlong, group=cython.longlong, recent=cython.longlong, found=cython.longlong, known=cython.bint,
    status=cython.int, entry=cython.longlong, row=cython.longlong, before=cython.longlong, serial=cython.longlong,
    hashed=cython.bint, passed_over=cython.bint)
cdef int count_block(
    const long long[::1] program, long long count, const long long[::1] vectors, const long long[::1] packed,
    const long long[::1] data, long long first, long long row_step, long long step, long long size,
    long long[::1] latest, long long[::1] classes, long long[::1] class_slots, signed char[::1] stack,
    long long[::1] bins, long long[::1] slots, long long[::1] spreads, long long[::1] ranked, long long[::1] cells,
    long long[::1] cell_slots, long long[::1] notes, long long[::1] pairs, long long[::1] state) except? -1 nogil

@cython.locals(
    row=cython.longlong, status=cython.int, some=cython.longlong, number=cython.longlong, field=cython.longlong,
    place=cython.longlong, leaf=cython.longlong)
cpdef evaluate(
    const long long[::1] program, const long long[::1] data, long long count, long long size, long long row_step,
    long long step, const long long[::1] groups, long long group_step, const long long[::1] texts,
    const long long[::1] names, long long[::1] vectors, long long[::1] packed, long long[::1] latest,
    long long[::1] classes, long long[::1] class_slots, signed char[::1] stack, long long[::1] bins,
    long long[::1] slots, long long[::1] spreads, long long[::1] ranked, long long[::1] cells,
    long long[::1] cell_slots, long long[::1] notes, long long[::1] pairs, long long[::1] state)

@cython.locals(
    first=cython.longlong, number=cython.longlong, entry=cython.longlong, place=cython.longlong, at=cython.longlong,
    slot=cython.longlong)
cpdef settle_classes(
    const long long[::1] program, const long long[::1] classes, long long[::1] class_slots, long long[::1] latest,
    long long[::1] bins, long long[::1] state)
