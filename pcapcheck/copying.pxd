# cython: language_level=3, boundscheck=True, wraparound=False
# What copying.py does, for the compiled loops. Written apart from it since only what stands in a pxd file can be compiled
# into a loop of another module. First and last number are checked, so those between need no check.
from libc.string cimport memmove

cdef inline int copy_numbers(
        const long long[::1] source, long long start, long long[::1] target, long long at,
        long long count) except -1 nogil:
    source[start]
    source[start + count - 1]
    target[at]
    target[at + count - 1]
    memmove(&target[at], &source[start], 8 * count)
    return 0
