# The C types under which Cython compiles conversing_arrays.py; where it is not compiled, the Python file runs without
# them.

cdef class ConversingArrays:
    cdef const long long[::1] segments
    cdef long long[::1] heads, pool, slots, out, transfers, classes, state
    cdef long long mask
