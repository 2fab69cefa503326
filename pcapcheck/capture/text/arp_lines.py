"""The lines of tcpdump for ARP (its print-arp.c)."""

from __future__ import annotations

import re

from pcapcheck.capture.text.names import MAC, OUI, PrintedAddresses, mac_of
from pcapcheck.capture.text.printed_packet import Arp
from pcapcheck.protocols import (
    ARP_NAK,
    ARP_REPLY,
    ARP_REQUEST,
    INVERSE_ARP_REPLY,
    INVERSE_ARP_REQUEST,
    REVERSE_ARP_REPLY,
    REVERSE_ARP_REQUEST,
)

_ARP_LENGTHS = re.compile(r"\s*(?:[\w .()/#-]{1,40}? \(len \d+\), ){2}")
_HOST = r"([^\s,(]{1,280})"
_WHO_HAS = re.compile(rf"(?:Request |arp )?who-has {_HOST}(?: \(({MAC}){OUI}\))?(?: tell {_HOST})?")
_IS_AT = re.compile(rf"(?:Reply |arp reply )?{_HOST} is-at ({MAC}|\S+)")
_ANNOUNCEMENT = re.compile(rf"Announcement {_HOST}")
_PROBE = re.compile(rf"Probe (?:who-has )?{_HOST}")
_WHO_IS = re.compile(rf"(Reverse|Inverse) Request who-is ({MAC}){OUI} tell ({MAC})")
_AT = re.compile(rf"(Reverse|Inverse) Reply ({MAC}){OUI} at {_HOST}")
_OTHER_ARP = re.compile(r"(?:Unknown \(|op(?:code)? )(\d+)|(NACK)")
_CUT = re.compile(r"\s*\[\|\w")


def arp(text: str, addresses: PrintedAddresses) -> Arp | None:
    """ARP from what follows its name; None where it is not understood."""

    def ipv4(host: str | None) -> int | None:
        return None if host is None else addresses.of(host, 4)

    text = text.strip()
    lengths = _ARP_LENGTHS.match(text)
    if lengths:
        text = text[lengths.end() :]
    if _CUT.match(text) or (lengths and text.startswith("length")):
        return Arp()
    match = _WHO_HAS.match(text)
    if match and match[3] is None and text[match.end() :].lstrip()[:1] == "t":
        # Cut inside "tell".
        return None
    if match:
        target_mac = mac_of(match[2]) if match[2] else None
        return Arp(ARP_REQUEST, sender_ip=ipv4(match[3]), target_mac=target_mac, target_ip=ipv4(match[1]))
    match = _PROBE.match(text)
    if match:
        return Arp(ARP_REQUEST, sender_ip=ipv4("0.0.0.0"), target_ip=ipv4(match[1]))
    match = _ANNOUNCEMENT.match(text)
    if match:
        return Arp(ARP_REQUEST, sender_ip=ipv4(match[1]), target_ip=ipv4(match[1]))
    match = _WHO_IS.match(text)
    if match:
        return Arp(
            REVERSE_ARP_REQUEST if match[1] == "Reverse" else INVERSE_ARP_REQUEST,
            sender_mac=mac_of(match[3]),
            target_mac=mac_of(match[2]),
        )
    match = _AT.match(text)
    if match:
        # A reverse reply is about the target, an inverse reply about the sender.
        if match[1] == "Reverse":
            return Arp(REVERSE_ARP_REPLY, target_mac=mac_of(match[2]), target_ip=ipv4(match[3]))
        return Arp(INVERSE_ARP_REPLY, sender_mac=mac_of(match[2]), sender_ip=ipv4(match[3]))
    match = _IS_AT.match(text)
    if match:
        return Arp(ARP_REPLY, sender_mac=mac_of(match[2]), sender_ip=ipv4(match[1]))
    match = _OTHER_ARP.match(text)
    return Arp(ARP_NAK if match[2] else int(match[1]) & 0xFFFF) if match else None
