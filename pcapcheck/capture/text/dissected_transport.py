"""What tshark's fields say of a segment of TCP, a datagram of UDP or a packet of SCTP."""

from __future__ import annotations

from pcapcheck import protocols
from pcapcheck.capture.text.dissected_dns import head_of, messages_of
from pcapcheck.capture.text.dissected_fields import PAYLOAD, number_in, truth_in
from pcapcheck.capture.text.layer_cursor import LayerCursor
from pcapcheck.capture.text.printed_packet import Transport
from pcapcheck.protocols import DNS_PORT, SCTP, TCP, UDP

TRANSPORTS = {"tcp": TCP, "udp": UDP, "sctp": SCTP}
# Of what UDP carries: the question of any DNS message is in it. Fewer bytes do not identify a datagram.
MOST_PAYLOAD, LEAST_PAYLOAD = 288, 16
_TUNNEL_PORTS = (protocols.VXLAN_PORT, protocols.KERNEL_VXLAN_PORT)
_FLAGS = {
    "tcp.flags.fin": protocols.TCP_FIN,
    "tcp.flags.syn": protocols.TCP_SYN,
    "tcp.flags.reset": protocols.TCP_RST,
    "tcp.flags.push": protocols.TCP_PSH,
    "tcp.flags.ack": protocols.TCP_ACK,
}
# Without these nothing is known of a segment.
_NEEDED_FLAGS = ("tcp.flags.syn", "tcp.flags.ack", "tcp.flags.reset")


def transport_of(cursor: LayerCursor, layer: str) -> Transport:
    """What the header that was entered last says, and the messages of DNS behind it."""
    ports = cursor.number(f"{layer}.srcport"), cursor.number(f"{layer}.dstport")
    found = Transport(TRANSPORTS[layer], *ports)
    if layer == "tcp":
        _segment(cursor, found)
    elif layer == "sctp":
        found.flags = number_in(cursor.fields.get("sctp.chunk_type", [None])[0])
    else:
        length = cursor.number("udp.length")
        found.size = None if length is None else max(length - 8, 0)
        found.payload = _payload(cursor, found)
    if layer != "sctp" and DNS_PORT in ports and cursor.layer() == "dns":
        _dns(cursor, found)
    return found


def _segment(cursor: LayerCursor, found: Transport) -> None:
    flags = cursor.number("tcp.flags")
    if flags is None and all(truth_in(cursor.value(name)) is not None for name in _NEEDED_FLAGS):
        flags = sum(bit for name, bit in _FLAGS.items() if truth_in(cursor.value(name)))
    found.flags = None if flags is None else flags & 0x1FF
    whole = cursor.number("tcp.seq_raw"), cursor.number("tcp.ack_raw")
    found.whole = None not in whole
    found.seq, found.ack = whole if found.whole else (cursor.number("tcp.seq"), cursor.number("tcp.ack"))
    if found.flags is not None and not found.flags & protocols.TCP_ACK:
        found.ack = None
    found.size, found.header = cursor.number("tcp.len"), cursor.number("tcp.hdr_len")
    found.window, found.mss = cursor.number("tcp.window_size_value"), cursor.number("tcp.options.mss_val")


def _payload(cursor: LayerCursor, found: Transport) -> bytes | None:
    """The first bytes that UDP carries, unless they are of a tunnel, which is known by its headers."""
    digits = cursor.value(PAYLOAD)
    if digits is None or found.size is None or found.dst_port in _TUNNEL_PORTS:
        return None
    try:
        payload = bytes.fromhex(digits[: 3 * MOST_PAYLOAD].replace(":", ""))[:MOST_PAYLOAD]
    except ValueError:
        return None
    return payload if len(payload) >= min(found.size, LEAST_PAYLOAD) else None


def _dns(cursor: LayerCursor, found: Transport) -> None:
    """The messages of DNS that tshark shows in this frame: over TCP those that end here."""
    while cursor.layer() == "dns":
        cursor.enter("dns")
    messages = messages_of(cursor.fields)
    if not messages:
        return
    found.dns, found.more_dns = messages[0], messages[1:]
    if found.protocol == UDP and found.payload is None and len(messages) == 1:
        found.payload = head_of(cursor.fields, messages[0])
