# The C types under which Cython compiles frame.py; where it is not compiled, the Python file runs without them.

cdef class Frame:
    cdef const unsigned char[::1] buffer
    cdef long long[::1] groups, slots, events, segments, messages, errors, sightings, address_pairs, streams, asked_hashes
    cdef int[::1] pair_slots, asked_slots
    cdef unsigned char[::1] held, asked_names
    cdef long long number, time, start, end, captured, length, interface, trailer
    cdef int link, direction
    cdef long long source, destination, vlan, ifindex, present
    cdef int ethertype, cast
    cdef long long position, header, payload, payload_end, fragment, outer_payload
    cdef int version, protocol, depth, outer_version, carries, says, encap
    cdef long long vni, inner_source, inner_destination
    cdef long long group, before, group_count, pair_count, latest_pair, pair_hash
    cdef long long following, stream, reading, passed_over, asked_count
    cdef bint is_echo
