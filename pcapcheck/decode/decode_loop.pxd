# The C types under which Cython compiles decode_loop.py; where it is not compiled, the Python file runs without them.
cimport cython

from pcapcheck.capture.octets cimport i64, mac, u16be, u32be
from pcapcheck.decode.icmp_arp cimport (
    blank_event, blank_row, cut_short, decode_arp, decode_fragment_header, decode_icmp, decode_icmpv6, event_of_error, find_fragment, outer_addresses, query,
    refuses, upper_layer)
from pcapcheck.decode.sighting cimport find_flow, identify

# Written by setup.py from the numbers that decode_loop.py imports: known to the C compiler, they cost nothing.
cdef extern from "decode_loop_numbers.h":
    const unsigned int LIMITED_BROADCAST
    const long long CONNECTION
    const long long CLOSED
    const long long MAPPED
    const long long ABSENT_TIME
    enum:
        TCP, UDP, SCTP, DNS_PORT, SEGMENT_FIELDS, T_ACK, T_DST_HIGH, T_DST_LOW, T_ERROR, T_FRAME, T_POINT, T_PORTS, T_SEQ
        T_SIZE, T_SRC_HIGH, T_SRC_LOW, T_TIME, S_SEGMENTS, QUOTED_PROTO, QUOTED_SRC_PORT, QUOTED_DST_PORT
        QUOTED_SRC_HIGH, QUOTED_SRC_LOW, QUOTED_DST_HIGH, QUOTED_DST_LOW
        ABSENT, ACK, ARP, CAPTURED, CARRIES, CAST, DEEPEST, DIRECTION, DST_PORT, ENCAP, ETH_DST, ETH_SRC, ETH_TYPE
        EVENT_FIELDS, EVIDENCE_FRAMES, E_CONNECT, E_DST_HIGH, E_DST_LOW, E_GROUP, E_IDENT_SEQ, E_IP_ID, E_KIND, E_NUMBER
        E_POINT, E_REPLY, E_REQUEST, E_SIZE, E_SRC_HIGH, E_SRC_LOW, E_TIME, E_TO_MANY, E_TTL, FIELDS, GROUP, GROUP_FIELDS
        G_COUNT, G_IP_VERSION, G_IP_SRC_HIGH, G_IP_SRC_LOW, G_IP_DST_HIGH, G_IP_DST_LOW, G_DST, G_EVIDENCE, G_FIRST, G_HAS_SOURCE, G_IFINDEX, G_INTERFACE, G_KIND, G_LAST, G_SOURCE_HIGH
        G_SOURCE_LOW, G_SRC, G_HOLDS, HAS, HAS_ADDRESSES, IFINDEX, INNER_ETH_DST, INNER_ETH_SRC, INTERFACE, IPIP
        IP_DF, IP_DST_HIGH, IP_DST_LOW, IP_FRAGMENT, IP_ID, IP_LENGTH, IP_MF, IP_PROTO, IP_SRC_HIGH, IP_SRC_LOW
        IP_TTL, IP_VERSION, KIND_DIRECTION, KIND_TTL, LENGTH, LINK_COOKED, LINK_COOKED2, LINK_ETHERNET, LINK_LOOP
        LINK_NULL, LINK_PRINTED, LINK_RAW, PRINTED_BYTES, P_DESTINATION, P_ETHERTYPE, P_IFINDEX, P_SENDER
        P_PRESENT, P_VLAN, PRESENT_CAST, PRESENT_DATA, PRESENT_ID, PRESENT_IDENT, PRESENT_MANY, PRESENT_WHOLE, MULTICAST, ND, NUMBER, OTHER, PLAIN, POSITION, R_CAPTURED, R_DIRECTION, R_FIELDS, R_INTERFACE
        R_LENGTH, R_OFFSET, R_TIME, RST, SIGHTING_FIELDS, SRC_PORT, S_EVENTS, S_GROUPS, S_HASH, S_RECORD, S_ROWS
        S_SIGHTINGS, S_UNDECODED, SYN, TCP_FLAGS, TCP_GOES_ON, TCP_OPENS, TIME, TO_MANY, TO_ONE, TTL_DECREMENTED
        TTL_ORIGINAL, TTL_SILENT, UNDECODED, UNICAST, VLAN, VNI, VXLAN, VXLAN_PORT, V_FRAME, V_LOOSE, V_TIME
        V_WHAT, WIREGUARD, WIREGUARD_PORT, WIREGUARD_PORT6

cdef inline int ttl_says(int ttl) nogil

@cython.locals(row=cython.Py_ssize_t)
cdef inline bint is_multicast(
    long long[::1] groups, long long group, long long interface, long long ifindex, long long source,
    long long destination, long long kind) except? -1 nogil

@cython.locals(
    mixed=cython.ulonglong, slot=cython.longlong, group=cython.longlong, row=cython.Py_ssize_t)
cdef inline long long find_group(
    long long[::1] groups, long long[::1] slots, long long mask, long long limit, long long[::1] state,
    long long interface, long long ifindex, long long source, long long destination, long long kind) nogil

cdef inline bint is_control(int kind) nogil

cdef inline int fill_event(
    const unsigned char[::1] buffer, long long payload, long long[::1] events, long long event, long long number,
    long long time, long long group) except -1 nogil

cdef inline int fill_datagram(
    const unsigned char[::1] buffer, int version, long long header, long long[::1] events,
    long long event) except -1 nogil

@cython.locals(src_port=cython.longlong, dst_port=cython.longlong)
cdef inline int connect(
    const unsigned char[::1] buffer, long long payload, long long[::1] events, long long event, long long number,
    long long time, long long group, int flags) except -1 nogil

@cython.locals(total=cython.longlong)
cdef inline long long datagram_end(
    const unsigned char[::1] buffer, int version, long long header, long long wire_end) except? -1 nogil

@cython.locals(size=cython.longlong, flags=cython.longlong, seq=cython.longlong, ack=cython.longlong)
cdef inline bint segment(
    const unsigned char[::1] buffer, int version, long long protocol, long long header, long long payload,
    long long payload_end, long long wire_end, bint numbered, long long[::1] segments, long long at) except? -1 nogil

@cython.locals(protocol=cython.longlong, ports=cython.longlong)
cdef inline bint segment_of_error(
    const long long[::1] rows, long long capacity, long long row, long long[::1] segments,
    long long at) except? -1 nogil

cdef inline long long place_segment(
    long long[::1] segments, long long at, long long number, long long time, long long group,
    long long point) except? -1 nogil

cdef inline bint begins_ip(
    const unsigned char[::1] buffer, long long position, long long end, int ethertype) except? -1 nogil

@cython.locals(
    sighting=cython.longlong, talk=cython.longlong, said=cython.bint, encap=cython.int, vni=cython.longlong, inner_source=cython.longlong,
    inner_destination=cython.longlong, header=cython.longlong, carried=cython.int, outer_version=cython.int,
    outer_payload=cython.longlong, depth=cython.int, within=cython.longlong, port=cython.uint, inside=cython.int, identification=cython.longlong, where=cython.longlong, flow=cython.longlong,
    hashed=cython.longlong, cut=cython.bint, wrapped=cython.longlong,
    row=cython.longlong, event=cython.longlong, told=cython.bint, present=cython.longlong, followed=cython.bint, flags=cython.int, told_direction=cython.int, field=cython.longlong, record=cython.longlong, mask=cython.longlong, latest=cython.longlong,
    before=cython.longlong, start=cython.longlong, captured=cython.longlong,
    length=cython.longlong, time=cython.longlong, interface=cython.longlong, direction=cython.int,
    number=cython.longlong, link=cython.int, end=cython.longlong, trailer=cython.longlong, source=cython.longlong,
    destination=cython.longlong, ethertype=cython.int, ifindex=cython.longlong, vlan=cython.longlong,
    position=cython.longlong, family=cython.int, packet_type=cython.int, cast=cython.int, carries=cython.int, says=cython.int, version=cython.int,
    payload=cython.longlong, protocol=cython.int, payload_end=cython.longlong, fragment=cython.longlong,
    first=cython.int, total=cython.longlong, packed=cython.longlong, kind=cython.longlong, group=cython.longlong,
    entry=cython.Py_ssize_t, seen=cython.longlong)
cpdef decode_frames(
    const unsigned char[::1] buffer, const long long[::1] records, long long count,
    long long first_number, const long long[::1] links, long long since, long long until, bint keep_all,
    long long[::1] groups, long long[::1] slots, long long limit, long long[::1] rows, long long capacity,
    long long[::1] events, bint follow, long long sample, long long[::1] flows, int[::1] flow_slots,
    long long flow_limit, long long[::1] sightings, long long[::1] segments, long long[::1] state)
