# The C types under which Cython compiles evaluating.py; where it is not compiled, the Python file runs without them.
cimport cython

# The numbers, by setup.py: known to the C compiler, they cost nothing.
from pcapcheck cimport hash_table, kleene, protocols
from pcapcheck.capture cimport scan_layout
from pcapcheck.decode cimport frame_layout
from pcapcheck.exchanges.binning cimport bucket_of
from pcapcheck.ruleset cimport evaluating_layout as layout

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

@cython.locals(first=cython.longlong, end=cython.longlong, middle=cython.longlong)
cdef bint is_named(const long long[::1] names, long long high, long long low) except? -1 nogil

@cython.locals(found=cython.bint, first=cython.longlong, place=cython.longlong)
cdef inline bint holds_number(const long long[::1] program, long long leaf, long long number) except? -1 nogil

@cython.locals(found=cython.bint, network=cython.longlong, _=cython.longlong)
cdef inline bint holds_address(
    const long long[::1] program, long long leaf, long long high, long long low) except? -1 nogil

@cython.locals(carries=cython.longlong, ethertype=cython.longlong, protocol=cython.longlong)
cdef bint frame_lacks(long long what, const long long[::1] data, long long at, long long step) except? -1 nogil

@cython.locals(
    vector=cython.longlong, kind=cython.longlong, plain=cython.bint, place=cython.longlong, at=cython.longlong,
    met=cython.longlong, low=cython.longlong, position=cython.longlong, shift=cython.longlong, mask=cython.longlong,
    least=cython.longlong, most=cython.longlong, words=cython.longlong, last=cython.longlong, number=cython.longlong,
    columns=cython.longlong)
cdef int gather(
    const long long[::1] program, long long field, const long long[::1] data, long long first, long long count,
    long long row_step, long long step, const long long[::1] groups, long long group_step,
    const long long[::1] texts, long long[::1] vectors) except -1 nogil

@cython.locals(number=cython.longlong)
cdef inline bint is_there(
    const long long[::1] program, long long field, const long long[::1] vectors, long long place) except? -1 nogil

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
    vector=cython.longlong, target=cython.longlong, low=cython.longlong, high=cython.longlong, inside=cython.int,
    result=cython.int, place=cython.longlong, number=cython.longlong)
cdef int judge_range(
    const long long[::1] program, long long leaf, const long long[::1] vectors, long long count,
    signed char[::1] results) except -1 nogil

@cython.locals(
    operator=cython.longlong, field=cython.longlong, target=cython.longlong, place=cython.longlong, there=cython.bint,
    found=cython.bint, at=cython.longlong)
cdef int judge_leaf(
    const long long[::1] program, long long leaf, const long long[::1] vectors, long long count,
    const long long[::1] data, long long first, long long row_step, long long step, const long long[::1] names,
    signed char[::1] results) except -1 nogil

cdef inline bint lacks(
    const long long[::1] program, long long field, long long what, const long long[::1] vectors, long long place,
    const long long[::1] data, long long at, long long step) except? -1 nogil

@cython.locals(
    token_at=cython.longlong, end=cython.longlong, top=cython.longlong, token=cython.longlong, target=cython.longlong,
    source=cython.longlong, place=cython.longlong)
cdef int select(
    const long long[::1] program, long long rule, long long count, const signed char[::1] results,
    signed char[::1] stack) except -1 nogil

@cython.locals(
    target=cython.longlong, source=cython.longlong, part=cython.longlong, place=cython.longlong, result=cython.int)
cdef int combine(
    signed char[::1] stack, long long top, long long parts, bint every, long long count) except -1 nogil

@cython.locals(
    words=cython.longlong, first=cython.longlong, number=cython.longlong, source=cython.longlong,
    target=cython.longlong, shift=cython.longlong, place=cython.longlong, result=cython.longlong)
cdef int pack(
    const long long[::1] program, long long rule, long long count, const signed char[::1] results,
    long long[::1] packed) except -1 nogil

@cython.locals(words=cython.longlong, entry=cython.longlong, word=cython.longlong)
cdef inline bint is_bin_of(
    const long long[::1] program, const long long[::1] bins, long long found, long long number, long long group,
    long long outcome, const long long[::1] packed, long long place) except? -1 nogil

@cython.locals(
    words=cython.longlong, width=cython.longlong, mixed=cython.ulonglong, word=cython.longlong, home=cython.longlong,
    mask=cython.longlong, slot=cython.longlong, found=cython.longlong, entry=cython.longlong, bound=cython.longlong,
    spread=cython.longlong, field=cython.longlong)
cdef long long find_bin(
    const long long[::1] program, long long rule, long long number, long long group, long long outcome,
    const long long[::1] packed, long long place, long long[::1] bins, int[::1] slots, long long[::1] spreads,
    long long[::1] state) except? -1 nogil

@cython.locals(
    mixed=cython.ulonglong, first=cython.longlong, number=cython.longlong, field=cython.longlong,
    vector=cython.longlong)
cdef inline long long pair_of(
    const long long[::1] program, const long long[::1] vectors, long long place) except? -1 nogil

@cython.locals(kept=cython.longlong, alike=cython.longlong, place=cython.longlong)
cdef inline bint wants(const long long[::1] bins, long long entry, long long pair) except? -1 nogil

@cython.locals(position=cython.longlong)
cdef inline int copy_row(
    const long long[::1] data, long long at, long long step, long long size, long long[::1] into,
    long long target) except -1 nogil

@cython.locals(ranked=cython.longlong, lowest=cython.longlong, place=cython.longlong)
cdef inline long long rank(
    long long[::1] spreads, long long spread, long long value, long long serial) except? -2 nogil

@cython.locals(home=cython.longlong, mask=cython.longlong, slot=cython.longlong, cell=cython.longlong)
cdef inline long long find_cell(
    long long[::1] cells, int[::1] cell_slots, long long spread, long long bucket,
    long long[::1] state) except? -1 nogil

@cython.locals(cell=cython.longlong, spread=cython.longlong)
cdef inline int count_value(
    long long[::1] spreads, long long number, long long value, long long[::1] cells, int[::1] cell_slots,
    long long[::1] state) except -1 nogil

cpdef enter(long long[::1] rows, long long width, int[::1] slots, long long count)

@cython.locals(bounds=cython.longlong)
cdef inline int what_is_full(
    const long long[::1] program, long long rule, long long size, const long long[::1] bins,
    const long long[::1] spreads, const long long[::1] cells, const long long[::1] notes,
    const long long[::1] state) except? -1 nogil

@cython.locals(
    bound=cython.longlong, first=cython.longlong, spread=cython.longlong, value=cython.longlong, kept=cython.longlong)
cdef inline int count_values(
    const long long[::1] program, long long rule, long long entry, const long long[::1] vectors, long long place,
    const long long[::1] data, long long at, long long step, long long size, const long long[::1] bins,
    long long[::1] spreads, long long[::1] ranked, long long[::1] cells, int[::1] cell_slots, long long serial,
    long long[::1] state) except -1 nogil

@cython.locals(kept=cython.longlong, pair=cython.longlong, note=cython.longlong)
cdef inline int note_row(
    const long long[::1] program, long long found, long long entry, const long long[::1] vectors, long long place,
    const long long[::1] data, long long at, long long step, long long size, long long[::1] bins,
    long long[::1] notes, long long[::1] state) except -1 nogil

@cython.locals(
    rule=cython.longlong, width=cython.longlong, groups=cython.longlong, outcomes=cython.longlong,
    outcome=cython.longlong, place=cython.longlong, status=cython.int, group=cython.longlong, found=cython.longlong,
    entry=cython.longlong, at=cython.longlong, serial=cython.longlong, recent=cython.longlong)
cdef int count_block(
    const long long[::1] program, long long number, long long count, const signed char[::1] stack,
    const long long[::1] packed, const long long[::1] vectors, const long long[::1] data, long long first,
    long long row_step, long long step, long long size, long long[::1] latest, long long[::1] bins, int[::1] slots,
    long long[::1] spreads, long long[::1] ranked, long long[::1] cells, int[::1] cell_slots, long long[::1] notes,
    long long[::1] state) except? -1 nogil

@cython.locals(
    row=cython.longlong, status=cython.int, some=cython.longlong, number=cython.longlong, field=cython.longlong,
    leaf=cython.longlong, rule=cython.longlong)
cpdef evaluate(
    const long long[::1] program, const long long[::1] data, long long count, long long size, long long row_step,
    long long step, const long long[::1] groups, long long group_step, const long long[::1] texts,
    const long long[::1] names, long long[::1] vectors, signed char[::1] results, signed char[::1] stack,
    long long[::1] packed, long long[::1] latest, long long[::1] bins, int[::1] slots, long long[::1] spreads,
    long long[::1] ranked, long long[::1] cells, int[::1] cell_slots, long long[::1] notes, long long[::1] state)

@cython.locals(
    columns=cython.longlong, width=cython.longlong, mask=cython.longlong, row=cython.longlong, at=cython.longlong,
    column=cython.longlong, new=cython.longlong, key=cython.longlong, place=cython.longlong, mixed=cython.ulonglong,
    text=cython.longlong, first=cython.longlong, field=cython.longlong, high=cython.longlong, low=cython.longlong,
    home=cython.longlong, slot=cython.longlong)
cpdef number_texts(
    const long long[::1] program, const long long[::1] data, long long count, long long row_step, long long step,
    const long long[::1] groups, long long group_step, long long[::1] keys, int[::1] slots, long long[::1] ids,
    long long[::1] state)

@cython.locals(place=cython.longlong)
cdef inline bint is_same_text(
    const long long[::1] keys, long long one, long long other, long long width) except? -1 nogil

@cython.locals(place=cython.longlong)
cpdef translate(long long[::1] ids, long long count, const long long[::1] numbers)
