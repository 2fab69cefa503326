# cython: language_level=3
# What sequence_numbers.py does, for the compiled loops. Written apart from it since only what stands in a pxd file can
# be compiled into a loop of another module.
from pcapcheck.capture cimport scan_layout
from pcapcheck.exchanges cimport conversing_layout as layout
from pcapcheck.exchanges cimport pairing_layout

cdef inline long long ahead(long long number, long long other) noexcept nogil:
    cdef long long distance = (number - other) & layout.WORD
    return distance - layout.WRAP if distance >= layout.HALF_WAY else distance

cdef inline bint is_another_attempt(
        long long time, long long latest, long long number, long long before) noexcept nogil:
    if time == scan_layout.ABSENT_TIME or latest == scan_layout.ABSENT_TIME:
        return False
    cdef long long gap = time - latest
    return gap >= pairing_layout.NEXT_ATTEMPT and (number != before or gap > pairing_layout.SAME_ATTEMPT)
