# cython: language_level=3, annotation_typing=False, boundscheck=False, wraparound=False, cdivision=True
# cython: initializedcheck=False
"""Frame groups: every frame is counted with those alike in capture point, link addresses, direction, what they carry
and what their TTL says.

The steps run as plain Python or compiled by Cython with the C types in ``grouping.pxd``.
"""

from __future__ import annotations

try:
    import cython
except ImportError:
    from pcapcheck import _cython_stub as cython

if not cython.compiled:
    from pcapcheck import protocols
    from pcapcheck.capture import scan_layout
    from pcapcheck.capture.octets import i64, octet, u32be
    from pcapcheck.decode import frame_layout as layout
    from pcapcheck.decode.frame import Frame
    from pcapcheck.decode.icmp_arp import cut_short
    from pcapcheck.hash_table import stir


def count_in_group(frame: Frame, limit: int) -> None:
    """Count a frame in its group, ``frame.group``, which is new if need be."""
    direction = frame.direction if frame.direction >= 0 else 2
    kind = frame.carries + frame.says * layout.KIND_TTL + direction * layout.KIND_DIRECTION
    # Frames of the same two groups alternate in most captures: question and answer, data and acknowledgement.
    if not has_key(frame, frame.group, kind):
        latest = frame.group
        if has_key(frame, frame.before, kind):
            frame.group = frame.before
        else:
            frame.group = find_group(frame, limit, kind)
        frame.before = latest
    group = frame.group * layout.GROUP_FIELDS
    seen = frame.groups[group + layout.G_COUNT]
    frame.groups[group + layout.G_COUNT] = seen + 1
    if seen < layout.EVIDENCE_FRAMES:
        frame.groups[group + layout.G_EVIDENCE + seen] = frame.number
        if seen == 0:
            begin_group(frame, group)
    time = frame.time
    if time != scan_layout.ABSENT_TIME:
        first = frame.groups[group + layout.G_FIRST]
        if time < first or first == scan_layout.ABSENT_TIME:
            frame.groups[group + layout.G_FIRST] = time
        if time > frame.groups[group + layout.G_LAST]:
            frame.groups[group + layout.G_LAST] = time
    if frame.captured < frame.length and frame.payload_end == frame.end and frame.link != layout.LINK_PRINTED:
        frame.groups[group + layout.G_HOLDS] |= cut_short(
            frame.buffer,
            frame.captured,
            frame.carries,
            frame.ethertype,
            frame.version,
            frame.protocol,
            frame.header,
            frame.payload,
            frame.fragment,
            frame.end,
        )
    if frame.protocol == protocols.TCP and frame.payload >= 0 and frame.fragment == 0:
        note_handshake(frame, group)


def has_key(frame: Frame, group: int, kind: int) -> bool:
    """Whether a frame belongs to a group. None does to group 0, which takes what finds no room."""
    row = group * layout.GROUP_FIELDS
    return (
        group > 0
        and frame.groups[row + layout.G_SRC] == frame.source
        and frame.groups[row + layout.G_DST] == frame.destination
        and frame.groups[row + layout.G_KIND] == kind
        and frame.groups[row + layout.G_INTERFACE] == frame.interface
        and frame.groups[row + layout.G_IFINDEX] == frame.ifindex
    )


def find_group(frame: Frame, limit: int, kind: int) -> int:
    """The group that a frame belongs to, new if need be; group 0 takes what finds no room."""
    mixed = stir(stir(kind | (frame.interface << 8), frame.source), frame.destination)
    mixed = stir(mixed, frame.ifindex) >> 32
    mask = len(frame.slots) - 1
    slot = mixed & mask
    while True:
        group = frame.slots[slot]
        if group < 0:
            break
        if has_key(frame, group, kind):
            return group
        slot = (slot + 1) & mask
    group = frame.group_count
    if group >= limit:
        return 0
    frame.group_count = group + 1
    frame.slots[slot] = group
    row = group * layout.GROUP_FIELDS
    frame.groups[row + layout.G_INTERFACE] = frame.interface
    frame.groups[row + layout.G_IFINDEX] = frame.ifindex
    frame.groups[row + layout.G_SRC] = frame.source
    frame.groups[row + layout.G_DST] = frame.destination
    frame.groups[row + layout.G_KIND] = kind
    return group


def begin_group(frame: Frame, group: int) -> None:
    """What a group keeps of its first frame: its time, its sender's address, and its innermost addresses."""
    frame.groups[group + layout.G_FIRST] = frame.time
    frame.groups[group + layout.G_LAST] = frame.time
    if frame.outer_payload >= 0 and frame.carries != layout.OTHER:
        position = frame.position
        frame.groups[group + layout.G_HAS_SOURCE] = frame.outer_version
        if frame.outer_version == 4:
            frame.groups[group + layout.G_SOURCE_LOW] = layout.MAPPED | u32be(frame.buffer, position + 12)
        else:
            frame.groups[group + layout.G_SOURCE_HIGH] = i64(frame.buffer, position + 8)
            frame.groups[group + layout.G_SOURCE_LOW] = i64(frame.buffer, position + 16)
    header = frame.header
    if frame.version == 4 and frame.payload >= 0:
        frame.groups[group + layout.G_IP_VERSION] = 4
        frame.groups[group + layout.G_IP_SRC_LOW] = layout.MAPPED | u32be(frame.buffer, header + 12)
        frame.groups[group + layout.G_IP_DST_LOW] = layout.MAPPED | u32be(frame.buffer, header + 16)
    elif frame.version == 6 and header + 40 <= frame.end:
        frame.groups[group + layout.G_IP_VERSION] = 6
        frame.groups[group + layout.G_IP_SRC_HIGH] = i64(frame.buffer, header + 8)
        frame.groups[group + layout.G_IP_SRC_LOW] = i64(frame.buffer, header + 16)
        frame.groups[group + layout.G_IP_DST_HIGH] = i64(frame.buffer, header + 24)
        frame.groups[group + layout.G_IP_DST_LOW] = i64(frame.buffer, header + 32)


def note_handshake(frame: Frame, group: int) -> None:
    """Whether a segment of TCP is the first of a handshake, or the third or later."""
    if frame.payload + 14 <= frame.payload_end:
        flags = octet(frame.buffer, frame.payload + 13) & (protocols.TCP_SYN | protocols.TCP_ACK)
        if flags == protocols.TCP_SYN:
            frame.groups[group + layout.G_HOLDS] |= layout.TCP_OPENS
        elif flags == protocols.TCP_ACK:
            frame.groups[group + layout.G_HOLDS] |= layout.TCP_GOES_ON
