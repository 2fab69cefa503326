# The C types under which Cython compiles sighting.py; where it is not compiled, the Python file runs without them.
cimport cython

from pcapcheck.capture.octets cimport (
    i64_within, octet, octet_within, require, u16be, u16be_within, u32be, u32be_within)
from pcapcheck.decode.frame cimport Frame
from pcapcheck.decode.icmp_arp cimport find_fragment

# The numbers, by setup.py: known to the C compiler, they cost nothing.
from pcapcheck.capture cimport printed_layout
from pcapcheck cimport protocols
from pcapcheck.decode cimport frame_layout as layout

@cython.locals(
    protocol=cython.longlong, payload=cython.longlong, fragment=cython.longlong, identification=cython.longlong,
    where=cython.longlong, wrapped=cython.longlong)
cdef long long emit_sighting(
    Frame frame, long long sample, size_t step, size_t sighting) except -1 nogil

cdef inline bint shows_enough(Frame frame) noexcept nogil

cdef inline unsigned long long stir(unsigned long long mixed, unsigned long long value) noexcept nogil

cdef inline long long as_signed(unsigned long long value) noexcept nogil

cdef inline unsigned long long long_of(const unsigned char[::1] buffer, Py_ssize_t position) noexcept nogil

@cython.locals(
    src_high=cython.ulonglong, src_low=cython.ulonglong, dst_high=cython.ulonglong, dst_low=cython.ulonglong,
    mixed=cython.ulonglong, mask=cython.longlong, slot=cython.longlong, pair=cython.longlong, row=cython.longlong)
cdef long long find_address_pair(Frame frame, int version, Py_ssize_t position) except -1 nogil

@cython.locals(row=cython.size_t)
cdef inline bint is_pair(
    Frame frame, long long pair, unsigned long long src_high, unsigned long long src_low, unsigned long long dst_high,
    unsigned long long dst_low) noexcept nogil

@cython.locals(count=cython.longlong, mixed=cython.ulonglong)
cdef inline long long digest_of(
    const unsigned char[::1] buffer, Py_ssize_t position, Py_ssize_t end, bint cut) except? -2 nogil

@cython.locals(header=cython.longlong, mixed=cython.ulonglong, protocol=cython.int)
cdef inline long long digest_of_quote(
    const unsigned char[::1] buffer, int version, Py_ssize_t position, Py_ssize_t end, bint cut) except? -2 nogil

@cython.locals(
    start=cython.Py_ssize_t, size=cython.int, part=cython.int, left=cython.ulonglong, right=cython.ulonglong,
    mixed=cython.ulonglong)
cdef inline long long echo_of(
    const unsigned char[::1] buffer, int version, Py_ssize_t position, Py_ssize_t payload) noexcept nogil

@cython.locals(
    length=cython.ulonglong, datagram=cython.ulonglong, kind=cython.ulonglong,
    ttl=cython.ulonglong, upper=cython.ulonglong, kept=cython.ulonglong, data=cython.Py_ssize_t, digest=cython.longlong,
    loose=cython.ulonglong, pair=cython.ulonglong, echo=cython.ulonglong, version=cython.int,
    position=cython.Py_ssize_t, end=cython.Py_ssize_t, cut=cython.bint)
cdef bint identify(
    Frame frame, unsigned long long identification, unsigned long long protocol, Py_ssize_t payload,
    unsigned long long fragment, unsigned long long sample, size_t step, size_t at) except -1 nogil

cdef inline int icmp_kind(int version, int icmp_type) noexcept nogil
