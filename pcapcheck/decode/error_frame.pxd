# The C types under which Cython compiles error_frame.py; where it is not compiled, the Python file runs without them.

cdef class ErrorFrame:
    cdef long long icmp_type, code, mtu, meaning
    cdef bint is_quoted
    cdef long long src_high, src_low, dst_high, dst_low
    cdef long long ttl, protocol, asks, ident, seq, src_port, dst_port, query
