# cython: language_level=3
# What sequence_numbers.py does, for the compiled loops. Written apart from it since only what stands in a pxd file can
# be compiled into a loop of another module.
from pcapcheck.exchanges cimport conversing_layout as layout

cdef inline long long ahead(long long number, long long other) noexcept nogil:
    cdef long long distance = (number - other) & layout.WORD
    return distance - layout.WRAP if distance >= layout.HALF_WAY else distance
