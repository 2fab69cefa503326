"""Headers of traced packets: interfaces, MACs, TTL, identification and length, in nft's words or in fields of a log."""

from __future__ import annotations

import re
from collections.abc import Mapping

from pcapcheck.nodestate.numbers import mac, number
from pcapcheck.nodestate.packet_facts import TracedHeaders

_CAME, _LEAVES = re.compile(r"\biif \"([^\"]{1,64})\""), re.compile(r"\boif \"([^\"]{1,64})\"")
_SENDER, _RECEIVER = re.compile(r"\bether saddr ([0-9a-f:]{17})"), re.compile(r"\bether daddr ([0-9a-f:]{17})")
_TTL = re.compile(r"\bip6? (?:ttl|hoplimit) (\d+)")
_ID = re.compile(r"\bip id (\d+)")
_LENGTH = re.compile(r"\bip6? length (\d+)")
# IP's identification comes before the protocol, an echo's behind it.
_ID_OF_IP = re.compile(r"\bID=(\d+) (?=.{0,60}PROTO=)")
# The receiver's MAC, the sender's and the ethertype.
_OCTETS = 14


def headers_of_words(text: str) -> TracedHeaders:
    """As ``nft monitor trace`` prints them."""
    return TracedHeaders(
        in_interface=_first(_CAME, text),
        out_interface=_first(_LEAVES, text),
        src_mac=mac(_first(_SENDER, text)),
        dst_mac=mac(_first(_RECEIVER, text)),
        ttl=number(_first(_TTL, text)),
        ip_id=number(_first(_ID, text)),
        length=number(_first(_LENGTH, text)),
    )


def headers_of_fields(fields: Mapping[str, str], text: str) -> TracedHeaders:
    """As the kernel logs them; ``MAC=`` is the link header with which the packet came in."""
    octets = fields.get("MAC", "").split(":")
    dst_mac, src_mac = (":".join(octets[:6]), ":".join(octets[6:12])) if len(octets) >= _OCTETS else ("", "")
    packet = _ID_OF_IP.search(text)
    return TracedHeaders(
        in_interface=fields.get("IN") or None,
        out_interface=fields.get("OUT") or None,
        src_mac=mac(src_mac or fields.get("MACSRC")),
        dst_mac=mac(dst_mac or fields.get("MACDST")),
        ttl=number(fields.get("TTL", fields.get("HOPLIMIT"))),
        ip_id=number(packet[1]) if packet else None,
        length=number(fields.get("LEN")),
    )


def _first(pattern: re.Pattern[str], text: str) -> str | None:
    match = pattern.search(text)
    return match[1] if match else None
