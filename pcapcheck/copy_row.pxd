# cython: language_level=3, boundscheck=True, wraparound=False
# What copy_row.py does, for the compiled loops. Written apart from it since only C copies all numbers at once; first and
# last are checked, so those between need no check.
from libc.string cimport memcpy

cdef inline int copy_row(
        const long long[::1] source, long long start, long long[::1] target, long long to,
        long long count) except -1 nogil:
    source[start]
    source[start + count - 1]
    target[to]
    target[to + count - 1]
    memcpy(&target[to], &source[start], 8 * count)
    return 0
