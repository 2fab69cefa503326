# The C types under which Cython compiles dns_names.py; where it is not compiled, the Python file runs without them.
cimport cython

from pcapcheck.capture.octets cimport octet
from pcapcheck.decode.frame cimport Frame

# The numbers, by setup.py: known to the C compiler, they cost nothing.
from pcapcheck.decode cimport dns_names_layout as layout

@cython.locals(
    slot=cython.longlong, number=cython.longlong, size=cython.longlong, at=cython.longlong, step=cython.longlong)
cdef bint note_question(
    Frame frame, const unsigned char[::1] buffer, long long position, long long end, long long question) except -1 nogil
