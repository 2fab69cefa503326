# The C types under which Cython compiles dns_messages.py; where it is not compiled, the Python file runs without them.
cimport cython

from pcapcheck.capture.octets cimport i64, octet, u16be, u32be
from pcapcheck.decode.dns_names cimport note_question
from pcapcheck.decode.frame cimport Frame

# The numbers, by setup.py: known to the C compiler, they cost nothing.
from pcapcheck.decode cimport frame_layout as layout
from pcapcheck cimport protocols

@cython.locals(stop=cython.longlong, size=cython.longlong, mixed=cython.ulonglong, last=cython.longlong)
cdef inline long long question_of(const unsigned char[::1] buffer, long long position, long long end) except? -1 nogil

cdef bint is_of_dns(Frame frame) except? -1 nogil

cdef inline int asks_dns(Frame frame) except -2 nogil

@cython.locals(
    asking=cython.int, asks=cython.bint, question=cython.longlong, code=cython.longlong, flags=cython.int,
    port=cython.longlong)
cdef long long query(
    Frame frame, const unsigned char[::1] buffer, long long message, long long end, size_t event) except -2 nogil

@cython.locals(flags=cython.int)
cdef bint is_message(const unsigned char[::1] buffer, long long message, long long end) except? -1 nogil

cdef bint is_answer(const unsigned char[::1] buffer, long long message) except? -1 nogil
