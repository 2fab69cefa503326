"""What every container yields: batches of records, and what is known of their interfaces."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator
from typing import NamedTuple, Protocol

from msgspec import Struct, field

from pcapcheck.capture.scan_layout import FIELDS, LARGEST_BLOCK, LARGEST_FRAME
from pcapcheck.values import address_of

BATCH_FRAMES = 8192
# A batch has room for this many frames at least. A frame takes this many bytes of a file, if that is not packed.
FEWEST_FRAMES, LEAST_FRAME = 512, 16
# DBUS, USBPCAP, EBHSCR: messages, not what a wire carries at once (libpcap's max_snaplen_for_dlt).
LARGE_LINKS = frozenset({231, 249, 279})
# An ARP packet on Ethernet with its record header: nothing that is asked or answered takes less.
SMALLEST_RECORD = 58


class Interface(Struct):
    """An interface of a capture file. ``link_type`` is the LINKTYPE_ number.

    ``drops`` counts packets lost while recording, ``unread`` the bytes of damage passed over since (of a text, as many
    as lines that are not understood could stand for). ``printed``: its frames are made from tcpdump's text (see
    ``printed_layout``), not those that were on the wire. ``doubtful``: its name is what the printing machine calls the
    number that frames carry. ``cut_icmp`` counts the ICMP messages of a text that the snapshot length cut before their
    type, ``expiries`` the errors of a text about expired packets whose question is known although the text does not
    print it. ``unidentified`` are protocols and pairs of hosts between which a text has packets without what identifies
    them: segments of TCP without their numbers on the wire, other datagrams without an identification.
    ``description`` is what the capture says of it, and ``pod`` the NAMESPACE/POD in there. ``until`` is the time
    (nanoseconds) up to which it was surely recorded, if that is known.
    """

    number: int
    link_type: int
    name: str | None = None
    snaplen: int = 0
    fcs_bytes: int = 0
    filter: str | None = None
    drops: int = 0
    unread: int = 0
    cut_icmp: int = 0
    unidentified: set[tuple[int, frozenset[int]]] = field(default_factory=set)
    expiries: int = 0
    frames: int = 0
    printed: bool = False
    doubtful: bool = False
    description: str | None = None
    pod: str | None = None
    until: int | None = None

    @property
    def missing(self) -> int:
        """How many packets may be missing: those lost, and as many as the damaged bytes could have held."""
        return self.drops + -(-self.unread // SMALLEST_RECORD)


class Text(NamedTuple):
    """What a record was made from: lines of a text, the first of them with the number ``first``."""

    first: int
    last: int
    words: str


# A problem of the packets, not of the capture: their checksums are wrong.
BAD_CHECKSUM = "bad-checksum"
# Of packets in fragments, the first alone.
FIRST_ALONE = "first-fragment-alone"
# Tunnels' packets are in fragments.
IN_FRAGMENTS = "in-fragments"
RESENT = "resent"
# Packets are shorter than their own headers say.
CUT = "cut"
# And one that says that DNS was recorded although no row shows it.
DNS_NOT_PRINTED = "dns-not-printed"
FLAGS_NOT_PRINTED = "flags-not-printed"


class Resent(Struct, frozen=True):
    """Data that a text shows to be sent again and again: from whom to whom, the first line, how often, and how long.

    ``length`` is that of its packet in bytes, ``lasted`` nanoseconds, as far as they are shown.
    """

    src: int
    dst: int
    line: int
    count: int
    length: int | None
    lasted: int | None


class Problem(Struct, frozen=True):
    """Damage or oddity in a readable capture; ``frame`` is the last frame read before it, ``byte`` an offset.

    ``aside`` holds the lines of a text that it is about, with their numbers: as many as were kept. ``tunnels`` are the
    numbers of the lines that show a tunnel's packet with a wrong checksum, ``unheard`` what was pinged in vain, as ping
    itself printed it, and how often, ``failed`` what other clients printed that waited in vain, ``fragments`` the lines
    that show a tunnel's packet whose rest is in another fragment, ``cut`` those of packets that miss their last bytes,
    ``firsts`` those of first fragments whose like is never followed by another, ``resent`` what tshark marks as sent
    again and again, ``unreachable`` hosts that said, by what ping printed, that they do not reach a target, with that
    target.
    """

    kind: str
    message: str
    frame: int | None = None
    byte: int | None = None
    aside: tuple[tuple[int, str], ...] = ()
    tunnels: tuple[int, ...] = ()
    unheard: tuple[tuple[str, int], ...] = ()
    failed: tuple[tuple[int, str], ...] = ()
    fragments: tuple[int, ...] = ()
    cut: tuple[int, ...] = ()
    firsts: tuple[int, ...] = ()
    resent: Resent | None = None
    unreachable: tuple[tuple[str, str], ...] = ()


# Makes an address of its two halves.
AddressOf = Callable[[int, int], int]


class RecordBatch(Struct):
    """Records of one window. Row ``r`` of field ``f`` (see ``frame_layout``) is ``matrix[r * FIELDS + f]``.

    Record offsets count from the start of ``buffer``, which holds the file's bytes from ``base`` on and is only
    valid until the next batch is asked for. ``texts`` holds what each was made from, where that is text;
    ``address_of`` makes an address of its two halves, with its name if the text shows names. ``order`` is the byte
    order of pcapng's blocks, in which options may follow a record; empty for other formats.
    """

    buffer: bytearray
    base: int
    first_number: int
    count: int
    matrix: array[int]
    capacity: int
    interfaces: list[Interface]
    texts: list[Text] = field(default_factory=list)
    address_of: AddressOf = address_of
    order: str = ""


class Reader(Protocol):
    """A container format: yields every record that can be read and notes what could not."""

    format: str
    interfaces: list[Interface]
    problems: list[Problem]
    frames: int

    def batches(self) -> Iterator[RecordBatch]: ...


def largest_frame(link_type: int) -> int:
    """The most bytes that a frame of a LINKTYPE_ may have; libpcap and Wireshark allow more for some."""
    return LARGEST_BLOCK if link_type in LARGE_LINKS else LARGEST_FRAME


def fitting_frames(batch_frames: int, size: int) -> int:
    """How many frames a batch of a file of ``size`` bytes has room for: most captures do not hold thousands.

    A size of 0 is that of a stream.
    """
    return min(batch_frames, max(FEWEST_FRAMES, size // LEAST_FRAME)) if size else batch_frames


def empty_matrix(capacity: int) -> array[int]:
    return array("q", bytes(8 * FIELDS * capacity))
