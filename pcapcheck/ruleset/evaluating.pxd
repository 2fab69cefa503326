# The C types under which Cython compiles evaluating.py; where it is not compiled, the Python file runs without them.
cimport cython

# The numbers, by setup.py: known to the C compiler, they cost nothing.
from pcapcheck cimport hash_table, kleene, protocols
from pcapcheck.capture cimport scan_layout
from pcapcheck.decode cimport frame_layout
from pcapcheck.exchanges.pairing cimport bucket_of
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

@cython.locals(kind=cython.longlong, found=cython.longlong)
cdef inline bint is_there(
    const long long[::1] program, long long field, const long long[::1] data, long long at, long long step,
    const long long[::1] groups, long long group_step, const long long[::1] texts, long long text_at) except? -1 nogil

@cython.locals(first=cython.longlong, end=cython.longlong, middle=cython.longlong)
cdef bint is_named(const long long[::1] names, long long high, long long low) except? -1 nogil

@cython.locals(found=cython.bint, first=cython.longlong, place=cython.longlong)
cdef inline bint holds_number(const long long[::1] program, long long leaf, long long number) except? -1 nogil

@cython.locals(found=cython.bint, network=cython.longlong, _=cython.longlong)
cdef inline bint holds_address(
    const long long[::1] program, long long leaf, long long high, long long low) except? -1 nogil

@cython.locals(place=cython.longlong)
cdef bint is_one_of(
    const long long[::1] program, long long field, long long number, const long long[::1] data, long long at,
    long long step, const long long[::1] groups, long long group_step, const long long[::1] texts,
    long long text_at) except? -1 nogil

@cython.locals(
    operator=cython.longlong, field=cython.longlong, other=cython.longlong, kind=cython.longlong, high=cython.longlong,
    low=cython.longlong, several=cython.longlong, place=cython.longlong, number=cython.longlong)
cdef int compare(
    const long long[::1] program, long long leaf, const long long[::1] data, long long at, long long step,
    const long long[::1] groups, long long group_step, const long long[::1] texts, long long text_at,
    const long long[::1] names) except? -2 nogil

@cython.locals(carries=cython.longlong, ethertype=cython.longlong, protocol=cython.longlong)
cdef bint frame_lacks(long long what, const long long[::1] data, long long at, long long step) except? -1 nogil

@cython.locals(
    operator=cython.longlong, field=cython.longlong, other=cython.longlong, there=cython.bint, other_there=cython.bint,
    what=cython.longlong)
cdef int judge_leaf(
    const long long[::1] program, long long leaf, const long long[::1] data, long long at, long long step,
    const long long[::1] groups, long long group_step, const long long[::1] texts, long long text_at,
    const long long[::1] names) except? -2 nogil

@cython.locals(place=cython.longlong)
cdef inline int result_of(
    const long long[::1] program, long long leaf, long long[::1] said, long long serial, const long long[::1] data,
    long long at, long long step, const long long[::1] groups, long long group_step, const long long[::1] texts,
    long long text_at, const long long[::1] names) except? -2 nogil

@cython.locals(
    place=cython.longlong, end=cython.longlong, top=cython.longlong, token=cython.longlong, result=cython.longlong,
    some=cython.longlong)
cdef inline int selects(
    const long long[::1] program, long long rule, long long[::1] stack, long long[::1] said, long long serial,
    const long long[::1] data, long long at, long long step, const long long[::1] groups, long long group_step,
    const long long[::1] texts, long long text_at, const long long[::1] names) except? -2 nogil

@cython.locals(word=cython.longlong, first=cython.longlong, number=cython.longlong, result=cython.longlong)
cdef inline int pack(
    const long long[::1] program, long long rule, long long[::1] packed, long long[::1] said, long long serial,
    const long long[::1] data, long long at, long long step, const long long[::1] groups, long long group_step,
    const long long[::1] texts, long long text_at, const long long[::1] names) except -1 nogil

@cython.locals(words=cython.longlong, entry=cython.longlong, word=cython.longlong)
cdef inline bint is_bin_of(
    const long long[::1] program, const long long[::1] bins, long long place, long long number, long long group,
    long long outcome, const long long[::1] packed) except? -1 nogil

@cython.locals(
    words=cython.longlong, width=cython.longlong, mixed=cython.ulonglong, word=cython.longlong, home=cython.longlong,
    mask=cython.longlong, slot=cython.longlong, found=cython.longlong, entry=cython.longlong, bound=cython.longlong,
    spread=cython.longlong, field=cython.longlong)
cdef long long find_bin(
    const long long[::1] program, long long rule, long long number, long long group, long long outcome,
    const long long[::1] packed, long long[::1] bins, int[::1] slots, long long[::1] spreads,
    long long[::1] state) except? -1 nogil

@cython.locals(
    mixed=cython.ulonglong, first=cython.longlong, place=cython.longlong, field=cython.longlong,
    number=cython.longlong)
cdef long long pair_of(
    const long long[::1] program, const long long[::1] data, long long at, long long step,
    const long long[::1] groups, long long group_step, const long long[::1] texts, long long text_at) except? -1 nogil

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

cdef inline int what_is_full(
    const long long[::1] program, long long size, const long long[::1] bins, const long long[::1] spreads,
    const long long[::1] cells, const long long[::1] notes, const long long[::1] state) except? -1 nogil

@cython.locals(
    row=cython.longlong, status=cython.int, rules=cython.longlong, width=cython.longlong, at=cython.longlong,
    text_at=cython.longlong, serial=cython.longlong, group=cython.longlong, outcome=cython.longlong,
    pair=cython.longlong, rule=cython.longlong, number=cython.longlong, found=cython.longlong, entry=cython.longlong,
    kept=cython.longlong, note=cython.longlong, place=cython.longlong, spread=cython.longlong, value=cython.longlong)
cpdef evaluate(
    const long long[::1] program, const long long[::1] data, long long count, long long size, long long row_step,
    long long step, const long long[::1] groups, long long group_step, const long long[::1] texts,
    const long long[::1] names, long long[::1] said, long long[::1] stack, long long[::1] packed,
    long long[::1] latest, long long[::1] bins, int[::1] slots, long long[::1] spreads, long long[::1] ranked,
    long long[::1] cells, int[::1] cell_slots, long long[::1] notes, long long[::1] state)

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
