# cython: language_level=3, annotation_typing=False, boundscheck=False, wraparound=False, cdivision=True
# cython: initializedcheck=False
"""Datagrams: which of UDP ask or answer, and which packets of SCTP open an association or answer that.

Nothing in UDP says who asks. Between a port of a service and one that whoever asks was given, it is the latter; where
both are the same, the pairing decides by who was heard first.

Sources: RFC 768 (UDP), RFC 9260 (SCTP), RFC 6335 (ports).

The steps run as plain Python or compiled by Cython with the C types in ``datagrams.pxd``.
"""

from __future__ import annotations

try:
    import cython
except ImportError:
    from pcapcheck import _cython_stub as cython

if not cython.compiled:
    from pcapcheck import protocols
    from pcapcheck.capture.octets import octet, u16be, u32be
    from pcapcheck.decode import frame_layout as layout
    from pcapcheck.decode.frame import Frame


def is_one_way(port: int) -> bool:
    """Whether datagrams go to a port that nobody answers, or not from there (IANA; the tools' documentation)."""
    if port < 1024:
        # DHCP, TFTP, NetBIOS, SNMP traps, syslog, RIP.
        return (
            67 <= port <= 69 or port == 137 or port == 138 or port == 162 or port == 514 or port == 520
        )  # fmt: skip
    return is_collector(port) or is_discovery(port) or is_tunnel(port)


def is_collector(port: int) -> bool:
    """Whether flows, metrics, traces or logs go to a port: NetFlow, IPFIX, sFlow, StatsD, Graphite, Jaeger."""
    if port < 8000:
        return (
            port == 2003 or port == 2055 or port == 4739 or port == 5775 or port == 6343 or port == 6831 or port == 6832
        )  # fmt: skip
    return (
        port == 8089 or port == 8125 or port == 8126 or port == 8649 or port == 9995 or port == 9996 or port == 12201
        or port == 24224 or port == 25826
    )  # fmt: skip


def is_discovery(port: int) -> bool:
    """Whether a port is one of discovery, asked in groups, or of BFD, where each side has a source port of its own."""
    return (
        port == 1900 or port == protocols.MDNS_PORT or port == protocols.LLMNR_PORT
        or port == 3784 or port == 3785 or port == 4784 or port == 6784
    )  # fmt: skip


def is_tunnel(port: int) -> bool:
    """Whether a port is that of a tunnel."""
    return (
        port == protocols.L2TP_PORT or port == protocols.GTP_PORT or port == protocols.IPSEC_NAT_PORT
        or port == protocols.VXLAN_PORT or port == protocols.KERNEL_VXLAN_PORT or port == protocols.GENEVE_PORT
        or port == protocols.WIREGUARD_PORT or port == protocols.WIREGUARD_PORT6
    )  # fmt: skip


def may_ask(port: int, asked: int) -> bool:
    """Whether datagrams from one port may ask another, the lower."""
    return 0 < asked < layout.EPHEMERAL and not is_one_way(asked) and not is_one_way(port)


def datagram(frame: Frame, event: int) -> int:
    """The kind of event of a UDP datagram, whose ports and size are written down.

    ABSENT where it neither asks nor answers. DNS is known by its messages (``events.query``).
    """
    payload = frame.payload
    src_port = u16be(frame.buffer, payload)
    dst_port = u16be(frame.buffer, payload + 2)
    asks = dst_port <= src_port
    port = src_port if asks else dst_port
    asked = dst_port if asks else src_port
    if frame.cast == layout.TO_MANY or frame.encap == layout.WIREGUARD or not may_ask(port, asked):
        return layout.ABSENT
    size = u16be(frame.buffer, payload + 4) - 8
    # Texts do not show the size of what tcpdump has a printer for.
    if asks and size <= layout.KEEP_ALIVE and (size > 0 or frame.link != layout.LINK_PRINTED):
        return layout.ABSENT
    frame.events[event + layout.E_IDENT_SEQ] = layout.DATAGRAM | (port << 16) | asked
    frame.events[event + layout.E_DATA] = size
    return (layout.E_REQUEST if asks else layout.E_REPLY) | layout.E_DATAGRAM


def associate(frame: Frame, event: int) -> int:
    """The kind of event of a packet of SCTP, whose ports are written down: INIT asks, INIT-ACK and ABORT answer."""
    payload = frame.payload
    if payload + 13 > frame.payload_end or frame.cast == layout.TO_MANY:
        return layout.ABSENT
    chunk = octet(frame.buffer, payload + 12)
    src_port = u16be(frame.buffer, payload)
    dst_port = u16be(frame.buffer, payload + 2)
    if chunk == protocols.SCTP_INIT:
        frame.events[event + layout.E_ATTEMPT] = 0
        if payload + 20 <= frame.payload_end:
            frame.events[event + layout.E_ATTEMPT] = u32be(frame.buffer, payload + 16)
        frame.events[event + layout.E_IDENT_SEQ] = layout.ASSOCIATION | (src_port << 16) | dst_port
        return layout.E_REQUEST | layout.E_ASSOCIATE
    if chunk == protocols.SCTP_INIT_ACK or chunk == protocols.SCTP_ABORT:
        frame.events[event + layout.E_IDENT_SEQ] = layout.ASSOCIATION | (dst_port << 16) | src_port
        return layout.E_REPLY | layout.E_ASSOCIATE
    return layout.ABSENT
