"""The VXLAN network identifier of a frame that is looked at again; whole captures have it as a column."""

from __future__ import annotations

import re
import struct

from pcapcheck.capture.reread import Recorded
from pcapcheck.protocols import ETHERTYPE_IPV4, ETHERTYPE_IPV6, UDP, VLAN_TAGS, VXLAN_PORT

PRINTED = re.compile(r"\bVXLAN\b.*?\bvni (\d+)")
# LINKTYPE_ number -> bytes before the ethertype (tcpdump.org/linktypes.html); SLL2 begins with it.
ETHERTYPE_AT = {1: 12, 113: 14, 276: 0}
NETWORK_AT = {1: 14, 113: 16, 276: 20}


def vni_of(record: Recorded) -> int | None:
    """The identifier behind the outermost IP and UDP headers (RFC 7348, section 5), if it is VXLAN and recorded."""
    if record.text is not None:
        printed = PRINTED.search(record.text.words)
        return int(printed[1]) if printed else None
    try:
        return _vni(record.data, record.interface.link_type)
    except (struct.error, IndexError):
        return None


def _vni(data: bytes, link_type: int) -> int | None:
    if link_type not in NETWORK_AT:
        return None
    (ethertype,) = struct.unpack_from(">H", data, ETHERTYPE_AT[link_type])
    at = NETWORK_AT[link_type]
    while ethertype in VLAN_TAGS:
        (ethertype,) = struct.unpack_from(">H", data, at + 2)
        at += 4
    if ethertype == ETHERTYPE_IPV4:
        protocol, udp = data[at + 9], at + (data[at] & 15) * 4
    elif ethertype == ETHERTYPE_IPV6:
        protocol, udp = data[at + 6], at + 40
    else:
        return None
    (port,) = struct.unpack_from(">H", data, udp + 2)
    flags, word = struct.unpack_from(">B3xI", data, udp + 8)
    return word >> 8 if protocol == UDP and port == VXLAN_PORT and flags & 8 else None
