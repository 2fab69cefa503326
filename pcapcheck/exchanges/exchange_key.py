# cython: language_level=3, annotation_typing=False
"""What identifies an exchange: the addresses, seen from its asker, and the identifier, sequence number or ports.

Compiled by Cython it is a C structure, with the types in ``exchange_key.pxd``.
"""

from __future__ import annotations


class ExchangeKey:
    """What identifies the exchange of an event, from its asker's side; one object serves all events of a batch.

    ``kind`` is the event's (``frame_layout.E_REQUEST`` and so on), ``time`` is in nanoseconds.
    """

    def __init__(self) -> None:
        self.kind = self.time = self.point = self.ident_seq = self.home = 0
        self.src_high = self.src_low = self.dst_high = self.dst_low = 0
