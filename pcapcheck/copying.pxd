# cython: language_level=3, boundscheck=True, wraparound=False
# What copying.py does, for the compiled loops: first and last of what is copied are checked, those between need no check.
from libc.string cimport memcpy

cdef inline int copy_numbers(
        const long long[::1] source, size_t start, long long[::1] target, size_t at, size_t count) except -1 nogil:
    source[start + count - 1]
    target[at + count - 1]
    memcpy(&target[at], &source[start], count * sizeof(long long))
    return 0

cdef inline int copy_bytes(
        const unsigned char[::1] source, size_t start, unsigned char[::1] target, size_t at,
        size_t count) except -1 nogil:
    source[start + count - 1]
    target[at + count - 1]
    memcpy(&target[at], &source[start], count)
    return 0
