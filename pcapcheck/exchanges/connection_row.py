"""The row of the table ``connections``: one attempt at a TCP connection."""

from __future__ import annotations

from pcapcheck.exchanges.echo_row import EchoRow


class ConnectionRow(EchoRow):
    """One attempt at a TCP connection: ``requests`` counts its SYNs; the first is ``frames[0]``.

    A text may show a port by a name that is not known here; no host has port 0 (RFC 6335, section 6).
    """

    __slots__ = ()
    several = False
    silence = "no answer"
    nothing = "no answer"

    @property
    def src_port(self) -> int | None:
        return (self.ident or 0) & 0xFFFF or None

    @property
    def dst_port(self) -> int | None:
        return self.seq or None

    @property
    def contented(self) -> str:
        return "answered"
