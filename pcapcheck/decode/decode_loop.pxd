# The C types under which Cython compiles decode_loop.py; where it is not compiled, the Python file runs without them.
cimport cython

from pcapcheck.capture.octets cimport i64, mac, u16be, u32be
from pcapcheck.decode.icmp_arp cimport (
    arp_message, neighbour_message, blank_event, blank_row, cut_short, decode_arp, decode_fragment_header, decode_icmp, decode_icmpv6, event_of_error, find_fragment, outer_addresses, query,
    is_icmp_error, upper_layer)
from pcapcheck.decode.sighting cimport find_address_pair, identify

# The numbers, by setup.py: known to the C compiler, they cost nothing.
from pcapcheck.capture cimport printed_layout
from pcapcheck.capture cimport scan_layout
from pcapcheck.decode cimport frame_layout as layout
from pcapcheck cimport protocols

cdef inline int ttl_says(int ttl) nogil

@cython.locals(row=cython.Py_ssize_t)
cdef inline bint has_key(
    long long[::1] groups, long long group, long long interface, long long ifindex, long long source,
    long long destination, long long kind) except? -1 nogil

@cython.locals(
    mixed=cython.ulonglong, slot=cython.longlong, group=cython.longlong, row=cython.Py_ssize_t)
cdef inline long long find_group(
    long long[::1] groups, long long[::1] slots, long long mask, long long limit, long long[::1] state,
    long long interface, long long ifindex, long long source, long long destination, long long kind) nogil

cdef inline bint is_control(int icmp_type) nogil

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

cdef inline long long place_message(
    long long[::1] messages, long long at, long long number, long long time, long long group,
    long long point) except? -1 nogil

cdef inline bint begins_ip(
    const unsigned char[::1] buffer, long long position, long long end, int ethertype) except? -1 nogil

@cython.locals(
    sighting=cython.longlong, talk=cython.longlong, message=cython.longlong, shown=cython.longlong, held=cython.longlong, is_message=cython.bint, said=cython.bint, encap=cython.int, vni=cython.longlong, inner_source=cython.longlong,
    inner_destination=cython.longlong, header=cython.longlong, carried=cython.int, outer_version=cython.int,
    outer_payload=cython.longlong, depth=cython.int, within=cython.longlong, port=cython.uint, inside=cython.int, identification=cython.longlong, where=cython.longlong, pair=cython.longlong,
    hashed=cython.longlong, cut=cython.bint, wrapped=cython.longlong,
    row=cython.longlong, event=cython.longlong, has_event=cython.bint, present=cython.longlong, followed=cython.bint, flags=cython.int, recorded_direction=cython.int, field=cython.longlong, record=cython.longlong, mask=cython.longlong, latest=cython.longlong,
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
    long long[::1] events, bint follow, long long sample, long long[::1] address_pairs, int[::1] pair_slots,
    long long pair_limit, long long[::1] sightings, long long[::1] segments, long long[::1] messages,
    long long[::1] state)
