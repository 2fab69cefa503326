# cython: language_level=3, annotation_typing=False
"""A frame while it is decoded: where its headers begin, and what they say that several steps need.

One object serves all frames of a batch, one after the other. Compiled by Cython it is a C structure, with the types
in ``frame.pxd``: the arrays that its steps read and write stand in it, since each call would copy them as arguments.
"""

from __future__ import annotations

from array import array


class Frame:
    """What the steps of ``decode_loop`` hand on. Positions count from the start of ``buffer``, the batch's bytes.

    ``groups`` are frame groups, ``slots`` the hash table over them; ``events``, ``segments``, ``messages``, ``errors``
    and ``sightings`` have room for one per frame of the batch, events for some more (see ``frame_layout``).
    ``address_pairs`` are those of sightings, ``pair_slots`` the hash table over them. ``streams`` of DNS over TCP and
    what is ``held`` back of each are for ``dns_streams``, what begins with ``asked`` for ``dns_names``.

    Of the record: ``number``, ``time`` (nanoseconds), ``start``, ``end`` (without the frame check sequence, whose
    length is ``trailer``), ``captured`` and ``length`` on the wire (bytes), ``interface``, its ``link`` type and the
    ``direction``.

    Of the link layer: ``source``, ``destination``, ``ethertype`` behind all tags, ``vlan``, ``ifindex``, ``cast``; of a
    frame made from text, what is ``present``.

    Of the network layer: the outermost IP header begins at ``position``, the innermost that can be read, of this
    ``version``, at ``header``; its ``payload`` ends at ``payload_end``, is of this ``protocol``, and has this offset if
    it is a ``fragment``. Between the two lie ``depth`` tunnels. ``carries``, ``says`` (of its TTL) and ``encap`` are
    numbers of ``frame_layout``.

    ``group`` is its frame group, ``before`` the other group that was met last, ``group_count`` how
    many there are. ``pair_count`` is how many address pairs there are, ``latest_pair`` the last that was looked up,
    ``pair_hash`` a hash of it. As many frames are ``following`` in the batch.
    Of DNS over TCP: the ``stream`` of a segment, the place up to which it was read (``reading``), and how many segments
    had messages that were ``passed_over``.
    ``is_echo``: whether it has an event as an echo request or reply.
    """

    def __init__(
        self, buffer: bytearray, groups: array[int], slots: array[int], events: array[int], segments: array[int],
        messages: array[int], errors: array[int], sightings: array[int], address_pairs: array[int],
        pair_slots: array[int], streams: array[int], held: bytearray, asked_hashes: memoryview,
        asked_slots: memoryview, asked_names: memoryview
    ) -> None:  # fmt: skip
        self.buffer = buffer
        self.groups = groups
        self.slots = slots
        self.events = events
        self.segments = segments
        self.messages = messages
        self.errors = errors
        self.sightings = sightings
        self.address_pairs = address_pairs
        self.pair_slots = pair_slots
        self.streams = streams
        self.held = held
        self.asked_hashes = asked_hashes
        self.asked_slots = asked_slots
        self.asked_names = asked_names
        self.number = self.time = self.start = self.end = self.captured = self.length = 0
        self.interface = self.trailer = self.link = self.direction = 0
        self.source = self.destination = self.ethertype = self.vlan = self.ifindex = self.cast = self.present = 0
        self.position = self.header = self.version = self.payload = self.payload_end = self.protocol = 0
        self.fragment = self.depth = self.outer_version = self.outer_payload = 0
        self.carries = self.says = self.encap = self.vni = self.inner_source = self.inner_destination = 0
        self.group = self.before = self.group_count = 0
        self.pair_count = self.latest_pair = self.pair_hash = 0
        self.following = self.stream = self.reading = self.passed_over = self.asked_count = 0
        self.is_echo = False
