# The C types under which Cython compiles exchange_key.py; where it is not compiled, the Python file runs without them.

cdef class ExchangeKey:
    cdef long long kind, time, point, ident_seq, home, src_high, src_low, dst_high, dst_low
