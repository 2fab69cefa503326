# cython: language_level=3, annotation_typing=False
"""An ICMP error while its frame is decoded: what it says, and what it quotes of the packet that it is about.

One object serves all frames of a capture, one after the other. Compiled by Cython it is a C structure, with the types
in ``error_frame.pxd``.
"""

from __future__ import annotations


class ErrorFrame:
    """What the steps of ``decode_loop`` hand on of an ICMP message that is no echo; what it lacks is ABSENT.

    Its ``icmp_type`` and ``code``, the ``mtu`` of the link that a packet was too big for, and its ``meaning`` to
    whoever waits for a reply: a class of errors of ``frame_layout``, 0 where it does not end an exchange.

    Of the quoted packet, where ``is_quoted``: its addresses, ``ttl`` and ``protocol``; of ICMP its type, ``asks``, and
    of an echo ``ident`` and ``seq``; else ``src_port`` and ``dst_port``, of a DNS query its identifier, ``query``.
    """

    def __init__(self) -> None:
        self.icmp_type = self.code = self.mtu = self.meaning = 0
        self.is_quoted = False
        self.src_high = self.src_low = self.dst_high = self.dst_low = 0
        self.ttl = self.protocol = self.asks = self.ident = self.seq = 0
        self.src_port = self.dst_port = self.query = 0
