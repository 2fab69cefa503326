# The C types under which Cython compiles arp_messages.py; where it is not compiled, the Python file runs without them.
cimport cython

from pcapcheck.capture.octets cimport i64, mac, octet, u16be, u32be
from pcapcheck.decode.frame cimport Frame
from pcapcheck.decode.icmp_arp cimport decode_arp, link_address

# The numbers, by setup.py: known to the C compiler, they cost nothing.
from pcapcheck.capture cimport printed_layout
from pcapcheck.decode cimport frame_layout as layout
from pcapcheck cimport protocols

@cython.locals(is_message=cython.bint)
cpdef long long emit_message(Frame frame, size_t at) except -1 nogil

@cython.locals(field=cython.longlong, sender=cython.longlong)
cdef inline bint arp_message(Frame frame, size_t at) except -1 nogil

cdef inline bint is_usual_arp(Frame frame) except? -1 nogil

@cython.locals(header=cython.longlong)
cdef inline int read_usual_arp(Frame frame, size_t at) except -1 nogil

@cython.locals(opcode=cython.longlong)
cdef inline int blank_message(Frame frame, size_t at) except -1 nogil

@cython.locals(
    opcode=cython.longlong, target=cython.longlong, target_mac=cython.longlong, kind=cython.longlong,
    announces=cython.bint)
cdef inline long long kind_of_arp(Frame frame, size_t at) except -1 nogil

@cython.locals(
    payload=cython.longlong, asks=cython.bint, sender=cython.longlong, target=cython.longlong, high=cython.longlong,
    low=cython.longlong, mac=cython.longlong, to_many=cython.bint, kind=cython.longlong)
cdef inline bint neighbour_message(Frame frame, size_t at) except -1 nogil
