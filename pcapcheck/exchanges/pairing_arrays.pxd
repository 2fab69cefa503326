# The C types under which Cython compiles pairing_arrays.py; where it is not compiled, the Python file runs without them.

cdef class PairingArrays:
    cdef const long long[::1] events
    cdef long long[::1] pool, rest, answered, early, ended, talks, recent, homes, gateways
    cdef long long[::1] bins, samples, buckets, out, state
    cdef long long[::1] slots, bin_slots
    cdef long long mask, bin_mask, bin_limit, out_capacity
    cdef bint bins_final, drops
