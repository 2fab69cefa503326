"""Frame groups: frames that are alike, counted together, and how the decoding loop keeps them."""

from __future__ import annotations

from array import array

import msgspec

from pcapcheck.brief import Brief
from pcapcheck.capture.printed_layout import NO_MAC
from pcapcheck.capture.record import AddressOf
from pcapcheck.capture.scan_layout import ABSENT_TIME
from pcapcheck.column_words import CARRIES, DIRECTIONS
from pcapcheck.decode import frame_layout
from pcapcheck.values import MAPPED

HANDSHAKE = frame_layout.TCP_OPENS | frame_layout.TCP_GOES_ON


class FrameGroup(Brief, msgspec.Struct, frozen=True):
    """Frames alike in capture point, MACs, direction, what they carry and what their TTL says.

    ``sender`` is the source MAC or, of frames whose text shows none, a number that stands for the sender's address,
    which is ``address``. ``source`` is the IP source of the first frame; ``frames`` are the numbers of the first few;
    ``shakes_hands``: whether TCP connections began and went on; ``has_tcp``: whether any frame carries TCP. Too little
    of some frames was recorded to know which packet they are (``cut_packets``) or which address ARP or ND asks for
    (``cut_arp``).
    ``ip_src`` and ``ip_dst`` stand in the first frame's innermost IP header.
    """

    interface: int
    ifindex: int | None
    sender: int | None
    dst: int | None
    carries: str
    ttl: int
    direction: str | None
    count: int
    first: int | None
    last: int | None
    source: int | None
    frames: list[int]
    shakes_hands: bool
    has_tcp: bool = False
    cut_packets: bool = False
    cut_arp: bool = False
    ip_src: int | None = None
    ip_dst: int | None = None
    address: int | None = None

    @property
    def key(self) -> tuple[int | str | None, ...]:
        """What no other group of its capture has in common with it."""
        return self.interface, self.ifindex, self.sender, self.dst, self.carries, self.ttl, self.direction

    @property
    def src(self) -> int | None:
        """The source MAC."""
        return None if self.by_address else self.sender

    @property
    def by_address(self) -> bool:
        """Whether only the address of the sender is known."""
        return self.sender is not None and self.sender >= NO_MAC

    @property
    def point(self) -> tuple[int, int | None]:
        return self.interface, self.ifindex


def group_of(row: array[int], address_of: AddressOf) -> FrameGroup:
    """The group that the loop keeps as these GROUP_FIELDS numbers."""
    kind = row[frame_layout.G_KIND]
    direction = kind // frame_layout.KIND_DIRECTION
    count = row[frame_layout.G_COUNT]
    first, last = row[frame_layout.G_FIRST], row[frame_layout.G_LAST]
    has_source = row[frame_layout.G_HAS_SOURCE]
    holds = row[frame_layout.G_HOLDS]
    has_ip = row[frame_layout.G_IP_VERSION]
    sender = absent(row[frame_layout.G_SRC])
    source = address_of(row[frame_layout.G_SOURCE_HIGH], row[frame_layout.G_SOURCE_LOW]) if has_source else None
    return FrameGroup(
        interface=row[frame_layout.G_INTERFACE],
        ifindex=absent(row[frame_layout.G_IFINDEX]),
        sender=sender,
        dst=absent(row[frame_layout.G_DST]),
        carries=CARRIES[kind % frame_layout.KIND_TTL],
        ttl=kind % frame_layout.KIND_DIRECTION // frame_layout.KIND_TTL,
        direction=DIRECTIONS[direction] if direction < len(DIRECTIONS) else None,
        count=count,
        first=None if first == ABSENT_TIME else first,
        last=None if last == ABSENT_TIME else last,
        source=source,
        shakes_hands=holds & HANDSHAKE == HANDSHAKE,
        has_tcp=bool(holds & HANDSHAKE),
        cut_packets=bool(holds & frame_layout.CUT_PACKET),
        cut_arp=bool(holds & frame_layout.CUT_ARP),
        ip_src=address_of(row[frame_layout.G_IP_SRC_HIGH], row[frame_layout.G_IP_SRC_LOW]) if has_ip else None,
        ip_dst=address_of(row[frame_layout.G_IP_DST_HIGH], row[frame_layout.G_IP_DST_LOW]) if has_ip else None,
        address=_sender_address(sender, source, address_of),
        frames=list(row[frame_layout.G_EVIDENCE : frame_layout.G_EVIDENCE + min(count, frame_layout.EVIDENCE_FRAMES)]),
    )


def _sender_address(sender: int | None, source: int | None, address_of: AddressOf) -> int | None:
    """The address by which a sender is known; None where it is known by its MAC, or not at all."""
    if sender is None or sender < NO_MAC:
        return None
    return address_of(0, MAPPED | sender & 0xFFFFFFFF) if sender < 2 * NO_MAC else source


def macs_of(groups: array[int], group: int) -> tuple[int | None, int | None]:
    """Source and destination MAC of the frames of a group; ``groups`` are the loop's."""
    row = group * frame_layout.GROUP_FIELDS
    sender = groups[row + frame_layout.G_SRC]
    return (None if sender >= NO_MAC else absent(sender)), absent(groups[row + frame_layout.G_DST])


def absent(value: int) -> int | None:
    """A field, or None if it is absent."""
    return None if value == frame_layout.ABSENT else value
