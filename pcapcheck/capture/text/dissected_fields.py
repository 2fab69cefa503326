"""The fields of a packet that tshark prints with -T json, ek or fields: their names, their times and numbers."""

from __future__ import annotations

import re

from pcapcheck.capture.text.packet_list import stamp_in
from pcapcheck.capture.text.stamps import DAY, SECOND, Stamp

# The name of a field -> its values, in the order of the packet.
Fields = dict[str, list[str]]

NUMBER, PROTOCOLS, PAYLOAD = "frame.number", "frame.protocols", "udp.payload"
TIME_DELTAS = ("frame.time_delta", "frame.time_delta_displayed")
# The columns of the packet list, which tshark calls so and Wireshark's export by their titles.
COLUMNS = {
    "no.": NUMBER,
    "number": NUMBER,
    "time": "time",
    "source": "source",
    "def_src": "source",
    "destination": "destination",
    "def_dst": "destination",
    "protocol": "protocol",
    "length": "frame.len",
    "packet_length": "frame.len",
    "info": "info",
}
KNOWN = frozenset(
    f"{protocol}.{field}"
    for protocol, fields in {
        "frame": "number len time time_epoch time_utc time_relative time_delta time_delta_displayed protocols "
        "interface_name",
        "eth": "src dst type",
        "vlan": "id etype",
        "sll": "src.eth pkttype ifindex etype",
        "arp": "opcode src.hw_mac src.proto_ipv4 dst.hw_mac dst.proto_ipv4",
        "ip": "src dst ttl id len proto flags flags.df flags.mf frag_offset",
        "ipv6": "src dst hlim plen nxt fraghdr.offset fraghdr.more fraghdr.ident fraghdr.nxt",
        "icmp": "type code ident seq mtu",
        "icmpv6": "type code mtu echo.identifier echo.sequence_number nd.ns.target_address nd.na.target_address "
        "opt.linkaddr",
        "tcp": "srcport dstport flags flags.syn flags.ack flags.reset flags.fin flags.push seq seq_raw ack ack_raw len "
        "hdr_len window_size_value options.mss_val options.timestamp.tsval",
        "udp": "srcport dstport length payload",
        "sctp": "srcport dstport chunk_type",
        "vxlan": "vni",
        "dns": "id flags flags.response flags.rcode count.queries count.answers count.auth_rr count.add_rr qry.name "
        "qry.type",
    }.items()
    for field in fields.split()
)
# With -T ek dots are underscores, and the protocol stands before each name, except of fields chosen by -e.
_UNDERSCORED = {
    **{name.replace(".", "_"): name for name in KNOWN},
    **{f"{name.partition('.')[0]}_{name.replace('.', '_')}": name for name in KNOWN},
}
_TITLED = re.compile(r"_ws[._]col[._](.+)")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# Nov  3, 2026 05:10:08.797340000 UTC; since Wireshark 4.2 partly 2026-11-03T05:10:08.797340000Z.
_IN_WORDS = re.compile(rf'"?({"|".join(_MONTHS)}) +(\d{{1,2}}), (\d{{4}}) (\d\d:\d\d:\d\d\.\d{{1,9}})')
_ISO = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d\.\d{1,9})(?:Z|[+-]\d{4})?")
_TRUE = {"1": True, "true": True, "set": True, "0": False, "false": False, "not set": False}


def known_name(name: str) -> str | None:
    """The name by which a field is known here; None of one that is not looked at."""
    if name in KNOWN:
        return name
    titled = _TITLED.fullmatch(name)
    return COLUMNS.get(titled[1].lower()) if titled else _UNDERSCORED.get(name)


def number_in(text: str | None) -> int | None:
    """A number as tshark prints it: decimal or in hexadecimal."""
    if text is None or len(text) > 20:
        return None
    try:
        return int(text, 16 if text.startswith("0x") else 10)
    except ValueError:
        return None


def truth_in(text: str | None) -> bool | None:
    """Whether a flag is set."""
    return None if text is None else _TRUE.get(text.lower())


def in_words(fields: Fields) -> str:
    """The fields as evidence shows them: the number of the frame, and what is said of the packet itself."""
    return " ".join(
        f"{name}={','.join(values)}"
        for name, values in fields.items()
        if name == NUMBER or not name.startswith(("frame.", PAYLOAD))
    )


class FieldTimes:
    """The times of the packets of one output, in turn, whichever field has them; None where none has."""

    def __init__(self) -> None:
        self._since_first = 0

    def take(self, fields: Fields) -> Stamp | None:
        """The time of the next packet."""
        for name in ("frame.time_epoch", "frame.time", "frame.time_utc"):
            if name in fields and (stamp := _moment(fields[name][0])) is not None:
                return stamp
        for name in ("frame.time_relative", "time"):
            if name in fields:
                return stamp_in(fields[name][0])
        for name in TIME_DELTAS:
            if name in fields and (delta := stamp_in(fields[name][0])) is not None:
                # From here on they are times since the first packet.
                self._since_first = min(self._since_first + delta.value, 300 * DAY)
                return Stamp(self._since_first, True)
        return None


def _moment(text: str) -> Stamp | None:
    if match := _IN_WORDS.match(text):
        text = f"{match[3]}-{_MONTHS.index(match[1]) + 1:02}-{int(match[2]):02} {match[4]}"
    elif match := _ISO.match(text):
        text = f"{match[1]} {match[2]}"
    seconds, _, fraction = text.partition(".")
    if seconds.isdecimal() and fraction.isdecimal() and len(seconds) < 11 and len(fraction) < 10:
        return Stamp(int(seconds) * SECOND + int(fraction.ljust(9, "0")), False)
    return stamp_in(text)
