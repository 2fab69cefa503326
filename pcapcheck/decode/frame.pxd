# The C types under which Cython compiles frame.py; where it is not compiled, the Python file runs without them.
cimport cython

from pcapcheck.capture.octets cimport half, word
from pcapcheck.decode.sighting cimport find_flow, identify

# Written by setup.py from the numbers that frame.py imports: known to the C compiler, they cost nothing.
cdef extern from "frame_numbers.h":
    const long long ABSENT_TIME
    const long long MAPPED
    const long long SIGN_BIT
    const unsigned int LIMITED_BROADCAST
    enum:
        R_OFFSET, R_CAPTURED, R_LENGTH, R_TIME, R_INTERFACE, R_DIRECTION
        LINK_ETHERNET, LINK_COOKED, LINK_COOKED2, LINK_RAW, LINK_NULL, LINK_LOOP
        NUMBER, TIME, INTERFACE, IFINDEX, GROUP, CAPTURED, LENGTH, DIRECTION, CARRIES, HAS
        ETH_SRC, ETH_DST, ETH_TYPE, VLAN
        ARP_OPCODE, ARP_SRC_MAC, ARP_SRC_IP, ARP_DST_MAC, ARP_DST_IP
        IP_VERSION, IP_SRC_HIGH, IP_SRC_LOW, IP_DST_HIGH, IP_DST_LOW, IP_TTL, IP_ID, IP_PROTO, IP_LENGTH
        IP_FRAGMENT, IP_DF, IP_MF
        ICMP_TYPE, ICMP_CODE, ICMP_IDENT, ICMP_SEQ, ICMP_MTU
        QUOTED_SRC_HIGH, QUOTED_SRC_LOW, QUOTED_DST_HIGH, QUOTED_DST_LOW, QUOTED_PROTO, QUOTED_TTL
        QUOTED_TYPE, QUOTED_IDENT, QUOTED_SEQ, QUOTED_SRC_PORT, QUOTED_DST_PORT
        ND_TARGET_HIGH, ND_TARGET_LOW, ND_MAC, SRC_PORT, DST_PORT, TCP_FLAGS, POSITION, CAST
        TO_ONE, TO_MANY
        HAS_ADDRESSES, HAS_QUOTED, HAS_TARGET
        OTHER, ARP, ND, UNICAST, MULTICAST, UNDECODED
        TTL_SILENT, TTL_ORIGINAL, TTL_DECREMENTED, KIND_TTL, KIND_DIRECTION
        G_INTERFACE, G_IFINDEX, G_SRC, G_DST, G_KIND, G_COUNT, G_FIRST, G_LAST
        G_HAS_SOURCE, G_SOURCE_HIGH, G_SOURCE_LOW, G_EVIDENCE, EVIDENCE_FRAMES, GROUP_FIELDS, G_TCP, TCP_OPENS, TCP_GOES_ON
        E_NUMBER, E_TIME, E_GROUP, E_KIND, E_SRC_HIGH, E_SRC_LOW, E_DST_HIGH, E_DST_LOW, E_IDENT_SEQ, E_IP_ID, E_TTL
        E_POINT, E_ERROR, E_FROM_HIGH, E_FROM_LOW, E_MTU, EVENT_FIELDS, E_REQUEST, E_REPLY, E_REFUSED, E_TO_MANY
        UNREACHABLE, TOO_BIG, EXCEEDED, OTHER_ERROR, FIELDS, ABSENT, S_EVENTS
        S_ROWS, S_RECORD, S_GROUPS, S_UNDECODED
        DEEPEST, ENCAP, HAS_OUTER, INNER_ETH_DST, INNER_ETH_SRC, IPIP, OUTER_DST_HIGH, OUTER_DST_LOW, OUTER_SRC_HIGH, OUTER_SRC_LOW, PLAIN, S_HASH
        S_SIGHTINGS, SIGHTING_FIELDS, V_LOOSE, V_FRAME, V_TIME, V_WHAT, VNI, VXLAN, VXLAN_PORT, WIREGUARD, WIREGUARD_PORT, WIREGUARD_PORT6


@cython.locals(high=cython.longlong)
cdef inline long long mac(const unsigned char[::1] buffer, Py_ssize_t position) nogil

@cython.locals(high=cython.longlong)
cdef inline long long signed_long(const unsigned char[::1] buffer, Py_ssize_t position) nogil

cdef inline int ttl_says(int ttl) nogil

@cython.locals(row=cython.Py_ssize_t)
cdef inline bint is_group(
    long long[::1] groups, long long group, long long interface, long long ifindex, long long source,
    long long destination, long long kind) except? -1 nogil

@cython.locals(
    mixed=cython.ulonglong, slot=cython.longlong, group=cython.longlong, row=cython.Py_ssize_t)
cdef inline long long find_group(
    long long[::1] groups, long long[::1] slots, long long mask, long long limit, long long[::1] state,
    long long interface, long long ifindex, long long source, long long destination, long long kind) nogil

@cython.locals(
    hardware=cython.uint, protocol=cython.uint, hardware_size=cython.longlong, protocol_size=cython.longlong,
    ethernet=cython.bint, macs=cython.bint, addresses=cython.bint, at=cython.longlong)
cdef void decode_arp(
    const unsigned char[::1] buffer, long long position, long long end, long long[::1] rows, long long capacity,
    long long row) except * nogil

cdef inline long long upper_layer(const unsigned char[::1] buffer, long long position, long long end, int protocol) except? -2 nogil

@cython.locals(
    header=cython.longlong, protocol=cython.int, later=cython.uint, echo_request=cython.int, echo_reply=cython.int,
    packed=cython.longlong)
cdef void decode_quoted(
    const unsigned char[::1] buffer, long long position, long long end, int version, long long[::1] rows,
    long long capacity, long long row) except * nogil

@cython.locals(kind=cython.int)
cdef void decode_icmp(
    const unsigned char[::1] buffer, long long position, long long end, long long[::1] rows, long long capacity,
    long long row) except * nogil

@cython.locals(kind=cython.int, wanted=cython.int, option=cython.longlong, size=cython.longlong)
cdef void decode_icmpv6(
    const unsigned char[::1] buffer, long long position, long long end, long long[::1] rows, long long capacity,
    long long row) except * nogil

cdef inline bint is_control(int kind) nogil

cdef void decode_fragment_header(
    const unsigned char[::1] buffer, long long position, long long end, int protocol, long long[::1] rows,
    long long capacity, long long row) except * nogil

cdef inline int fill_event(
    const unsigned char[::1] buffer, long long payload, long long[::1] events, long long event, long long number,
    long long time, long long group) except -1 nogil

cdef inline int error_class(int family, long long kind, long long code) nogil

@cython.locals(request=cython.int)
cdef inline bint refuses(long long[::1] rows, long long capacity, long long row, int family) except? -1 nogil

@cython.locals(kind=cython.longlong, code=cython.longlong)
cdef void event_of_error(
    long long[::1] rows, long long capacity, long long row, int family, long long[::1] events, long long event) except * nogil

cdef inline bint begins_ip(
    const unsigned char[::1] buffer, long long position, long long end, int ethertype) except? -1 nogil

cdef int outer_addresses(
    const unsigned char[::1] buffer, long long position, int version, long long[::1] rows, long long capacity,
    long long row) except -1 nogil

@cython.locals(
    sighting=cython.longlong, encap=cython.int, vni=cython.longlong, inner_source=cython.longlong,
    inner_destination=cython.longlong, header=cython.longlong, carried=cython.int, outer_version=cython.int,
    outer_payload=cython.longlong, depth=cython.int, within=cython.longlong, port=cython.uint, flow=cython.longlong,
    hashed=cython.longlong, cut=cython.bint, wrapped=cython.longlong,
    row=cython.longlong, event=cython.longlong, told=cython.bint, flags=cython.int, told_direction=cython.int, field=cython.longlong, record=cython.longlong, mask=cython.longlong, latest=cython.longlong,
    before=cython.longlong, start=cython.longlong, captured=cython.longlong,
    length=cython.longlong, time=cython.longlong, interface=cython.longlong, direction=cython.int,
    number=cython.longlong, link=cython.int, end=cython.longlong, trailer=cython.longlong, source=cython.longlong,
    destination=cython.longlong, ethertype=cython.int, ifindex=cython.longlong, vlan=cython.longlong,
    position=cython.longlong, family=cython.int, packet_type=cython.int, cast=cython.int, carries=cython.int, says=cython.int, version=cython.int,
    payload=cython.longlong, protocol=cython.int, payload_end=cython.longlong, fragment=cython.longlong,
    first=cython.int, total=cython.longlong, packed=cython.longlong, kind=cython.longlong, group=cython.longlong,
    entry=cython.Py_ssize_t, seen=cython.longlong)
cpdef decode_frames(
    const unsigned char[::1] buffer, const long long[::1] records, long long record_capacity, long long count,
    long long first_number, const long long[::1] links, long long since, long long until, bint keep_all,
    long long[::1] groups, long long[::1] slots, long long limit, long long[::1] rows, long long capacity,
    long long[::1] events, bint follow, long long sample, long long[::1] flows, int[::1] flow_slots,
    long long flow_limit, long long[::1] sightings, long long[::1] state)
