"""Recognition: whether what a text says of a packet is enough to know it again on another link."""

from __future__ import annotations

from pcapcheck import protocols
from pcapcheck.capture.text.printed_packet import Datagram, Icmp, PrintedPacket, PrintedTunnel, Transport
from pcapcheck.protocols import FRAGMENT_HEADER, ICMP_OF, TCP, UDP
from pcapcheck.values import is_multicast_address

_ERRORS = {
    4: (protocols.ICMP_UNREACHABLE, protocols.ICMP_TIME_EXCEEDED, protocols.ICMP_PARAMETER_PROBLEM),
    6: (
        protocols.ICMPV6_UNREACHABLE,
        protocols.ICMPV6_TOO_BIG,
        protocols.ICMPV6_TIME_EXCEEDED,
        protocols.ICMPV6_PARAMETER_PROBLEM,
    ),
}


def is_known_again(datagram: Datagram) -> bool:
    """Whether a datagram is recognised elsewhere by its identification, in IPv6 by what UDP carries.

    Echoes, and segments of TCP, have numbers of their own, which are not looked at here.
    """
    upper = datagram.upper
    if datagram.version == 6:
        return isinstance(upper, Transport) and upper.payload is not None and datagram.offset is None
    if datagram.ident is None or datagram.offset != 0 or datagram.mf or not _is_followed(datagram):
        return False
    return _protocol(datagram) in (UDP, *ICMP_OF.values()) or datagram.length is not None


def unidentified(packet: PrintedPacket) -> tuple[int, frozenset[int]] | None:
    """Protocol and hosts of a packet that cannot be recognised elsewhere; of a fragment the number of its header."""
    datagram = innermost(packet)
    if datagram is None or datagram.src is None or datagram.dst is None or is_multicast_address(datagram.dst):
        return None
    pair = frozenset((datagram.src, datagram.dst))
    upper = datagram.upper
    if datagram.later or datagram.mf:
        return FRAGMENT_HEADER, pair
    if not _is_followed(datagram):
        return None
    if isinstance(upper, Transport) and upper.protocol == TCP:
        # Bare acknowledgements are never recognised again.
        is_known = upper.whole or (upper.size == 0 and upper.seq is None)
    else:
        is_known = is_known_again(datagram)
    return None if is_known else (_protocol(datagram), pair)


def innermost(packet: PrintedPacket) -> Datagram | None:
    """The datagram inside all tunnels."""
    datagram = packet.body if isinstance(packet.body, Datagram) else None
    while datagram is not None and isinstance(datagram.upper, PrintedTunnel):
        datagram = datagram.upper.inner
    return datagram


def _is_followed(datagram: Datagram) -> bool:
    """Whether its like is followed in captures: of ICMP errors, apart from echoes."""
    upper = datagram.upper
    return isinstance(upper, Transport) or (isinstance(upper, Icmp) and upper.icmp_type in _ERRORS[datagram.version])


def _protocol(datagram: Datagram) -> int:
    return datagram.upper.protocol if isinstance(datagram.upper, Transport) else ICMP_OF[datagram.version]
