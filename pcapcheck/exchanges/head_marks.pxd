# cython: language_level=3
# What head_marks.py does, for the compiled loops. Written apart from it since only what stands in a pxd file can be
# compiled into a loop of another module.
from pcapcheck.exchanges cimport pairing_layout as layout

cdef inline long long rest_of(long long marks) noexcept nogil:
    return ((marks >> layout.REST_AT) - 1) * layout.HEAD_FIELDS

cdef inline long long ttl_of(long long marks) noexcept nogil:
    return (marks & ((1 << layout.TTL_BITS) - 1)) - 1

cdef inline long long ip_id_of(long long marks) noexcept nogil:
    return ((marks & ((1 << layout.REST_AT) - 1)) >> layout.TTL_BITS) - 1
