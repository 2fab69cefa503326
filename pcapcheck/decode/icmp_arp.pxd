# The C types under which Cython compiles icmp_arp.py; where it is not compiled, the Python file runs without them.
cimport cython

from pcapcheck.capture.octets cimport i64, mac, u16be, u32be

# Written by setup.py from the numbers that icmp_arp.py imports: known to the C compiler, they cost nothing.
cdef extern from "icmp_arp_numbers.h":
    const long long MAPPED
    const long long NO_MAC
    const long long UNTOLD_IDENT
    const long long CONNECTION
    const long long QUERY
    const long long SMALL_LETTERS
    const unsigned long long MULTIPLY
    const unsigned long long LONG
    enum:
        ABSENT, ARP, ARP_DST_IP, ARP_DST_MAC, ARP_OPCODE, ARP_SRC_IP, ARP_SRC_MAC, CAPTURED, DST_PORT, ETH_SRC
        DNS_PORT, E_QUERY, E_REQUEST, E_REPLY, E_RCODE, E_QUESTION, QUOTED_QUERY,
        EXCEEDED, E_CONNECT, E_DST_HIGH, E_DST_LOW, E_ERROR, E_FROM_HIGH, E_FROM_LOW, E_GROUP, E_IDENT_SEQ, E_IP_ID, E_KIND
        E_MTU, E_NUMBER, E_POINT, E_REFUSED, E_SRC_HIGH, E_SRC_LOW, E_TIME, E_TTL, GROUP, HAS, HAS_OUTER, HAS_QUOTED
        HAS_TARGET, ICMP_CODE, ICMP_IDENT, ICMP_MTU, ICMP_SEQ, ICMP_TYPE, IFINDEX, INNER_ETH_DST, INNER_ETH_SRC
        INTERFACE, IP_DF, IP_FRAGMENT, IP_ID, IP_LENGTH, IP_MF, IP_PROTO, IP_SRC_HIGH, IP_SRC_LOW, IP_TTL, LENGTH
        ND_MAC, ND_TARGET_HIGH, ND_TARGET_LOW, NUMBER, OTHER_ERROR, OUTER_DST_HIGH, OUTER_DST_LOW, OUTER_SRC_HIGH
        OUTER_SRC_LOW, P_LENGTH, P_PRESENT, QUOTED_DST_HIGH, QUOTED_DST_LOW, QUOTED_DST_PORT, QUOTED_IDENT, QUOTED_PROTO
        QUOTED_SEQ, QUOTED_SRC_HIGH, QUOTED_SRC_LOW, QUOTED_SRC_PORT, QUOTED_TTL, QUOTED_TYPE, SRC_PORT, TIME
        PRESENT_CODE, PRESENT_DF, PRESENT_DST_PORT, PRESENT_FRAGMENT, PRESENT_ID, PRESENT_IDENT, PRESENT_INNER, PRESENT_LENGTH, PRESENT_MF, PRESENT_MTU
        PRESENT_PROTO, PRESENT_QUOTE, PRESENT_SENDER_IP, PRESENT_SENDER_MAC, PRESENT_SRC_PORT, PRESENT_TARGET_IP, PRESENT_TARGET_MAC, PRESENT_TTL
        TOO_BIG, UNREACHABLE, ND, OTHER, CUT_ARP, CUT_PACKET, VXLAN_PORT

@cython.locals(
    hardware=cython.uint, protocol=cython.uint, hardware_size=cython.longlong, protocol_size=cython.longlong,
    ethernet=cython.bint, macs=cython.bint, addresses=cython.bint, at=cython.longlong)
cpdef void decode_arp(
    const unsigned char[::1] buffer, long long position, long long end, long long[::1] rows, long long capacity,
    long long row) except * nogil

cpdef long long upper_layer(
    const unsigned char[::1] buffer, long long position, long long end, int protocol) except? -2 nogil

@cython.locals(
    header=cython.longlong, protocol=cython.int, later=cython.uint, echo_request=cython.int, echo_reply=cython.int,
    packed=cython.longlong)
cdef void decode_quoted(
    const unsigned char[::1] buffer, long long position, long long end, int version, long long[::1] rows,
    long long capacity, long long row) except * nogil

@cython.locals(kind=cython.int)
cpdef void decode_icmp(
    const unsigned char[::1] buffer, long long position, long long end, long long[::1] rows, long long capacity,
    long long row) except * nogil

@cython.locals(kind=cython.int, wanted=cython.int, option=cython.longlong, size=cython.longlong)
cpdef void decode_icmpv6(
    const unsigned char[::1] buffer, long long position, long long end, long long[::1] rows, long long capacity,
    long long row) except * nogil

cdef inline int error_class(int family, long long kind, long long code) nogil

@cython.locals(request=cython.int)
cpdef bint refuses(long long[::1] rows, long long capacity, long long row, int family) except? -1 nogil

@cython.locals(kind=cython.longlong, code=cython.longlong, ports=cython.longlong)
cpdef void event_of_error(
    long long[::1] rows, long long capacity, long long row, int family, long long[::1] events, long long event) except * nogil

@cython.locals(stop=cython.longlong, mixed=cython.ulonglong)
cdef inline long long question_of(
    const unsigned char[::1] buffer, long long position, long long end) except? -1 nogil

@cython.locals(asks=cython.bint, question=cython.longlong, code=cython.longlong, flags=cython.int, port=cython.longlong)
cpdef bint query(
    const unsigned char[::1] buffer, long long payload, long long end, long long[::1] events, long long event,
    long long number, long long time, long long group) except? -1 nogil

cpdef void outer_addresses(
    const unsigned char[::1] buffer, long long position, int version, long long[::1] rows, long long capacity,
    long long row) except * nogil

cpdef long long find_fragment(
    const unsigned char[::1] buffer, long long position, long long end, int protocol) except? -2 nogil

@cython.locals(needed=cython.int)
cpdef long long cut_short(
    const unsigned char[::1] buffer, long long captured, int carries, int ethertype, int version, int protocol,
    long long header, long long payload, long long fragment, long long end) except? -2 nogil

cpdef void decode_fragment_header(
    const unsigned char[::1] buffer, long long position, long long end, int protocol, long long[::1] rows,
    long long capacity, long long row) except * nogil

cpdef void blank_event(long long present, long long[::1] events, long long event) except * nogil

@cython.locals(present=cython.longlong, length=cython.longlong)
cpdef void blank_row(
    const unsigned char[::1] buffer, long long start, long long[::1] rows, long long capacity,
    long long row) except * nogil
