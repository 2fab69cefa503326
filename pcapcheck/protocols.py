"""Protocol numbers by name, and the table of ICMP errors.

Sources: IANA's registries "IEEE 802 Numbers", "Protocol Numbers", "Service Names and Port Numbers", "ICMP Parameters"
and "ICMPv6 Parameters"; where a number comes from elsewhere, or an RFC says more, it is named here.
"""

from __future__ import annotations

from typing import NamedTuple

# Ethertypes.
ETHERTYPE_IPV4, ETHERTYPE_ARP, ETHERTYPE_IPV6 = 0x0800, 0x0806, 0x86DD
ETHERTYPE_REVERSE_ARP = 0x8035
ETHERTYPE_OF = {4: ETHERTYPE_IPV4, 6: ETHERTYPE_IPV6}
# VLAN tags: IEEE 802.1Q and 802.1ad, and two that were in use before 802.1ad.
VLAN_TAG, SERVICE_TAG, OLD_TAG, OLD_SERVICE_TAG = 0x8100, 0x88A8, 0x9100, 0x9200
VLAN_TAGS = (VLAN_TAG, SERVICE_TAG)
OLD_VLAN_TAGS = (OLD_TAG, OLD_SERVICE_TAG)

# Protocols inside IP; an IPv6 extension header is one of them.
ICMP, IGMP, IPIP, TCP, UDP, DCCP, IPV6, FRAGMENT_HEADER = 1, 2, 4, 6, 17, 33, 41, 44
GRE, ESP, AH, ICMPV6, EIGRP, OSPF, PIM, VRRP, SCTP, UDPLITE = 47, 50, 51, 58, 88, 89, 103, 112, 132, 136
HOP_BY_HOP, ROUTING_HEADER, DESTINATION_OPTIONS = 0, 43, 60
# Reserved for experiments (RFC 3692).
EXPERIMENT = 253
ICMP_OF = {4: ICMP, 6: ICMPV6}
# What tcpdump, nft and iptables call them: /etc/protocols, and aliases of theirs.
PROTOCOL_NAMES = {
    "icmp": ICMP,
    "igmp": IGMP,
    "ipencap": IPIP,
    "ipip": IPIP,
    "ipv4": IPIP,
    "tcp": TCP,
    "udp": UDP,
    "dccp": DCCP,
    "ipv6": IPV6,
    "gre": GRE,
    "esp": ESP,
    "ah": AH,
    "icmpv6": ICMPV6,
    "icmp6": ICMPV6,
    "ipv6-icmp": ICMPV6,
    "ospf": OSPF,
    "pim": PIM,
    "vrrp": VRRP,
    "sctp": SCTP,
    "udplite": UDPLITE,
}
_BY_NUMBER = {number: name.upper() for name, number in PROTOCOL_NAMES.items()}

# Ports of UDP; WireGuard has none of IANA's, Calico takes these (felix/config/config_params.go).
DNS_PORT, MDNS_PORT, LLMNR_PORT = 53, 5353, 5355
# The words of DNS for types of records (IANA, DNS parameters); a type that has none here is called Type and its number.
DNS_TYPES = {
    "A": 1,
    "NS": 2,
    "CNAME": 5,
    "SOA": 6,
    "PTR": 12,
    "MX": 15,
    "TXT": 16,
    "AAAA": 28,
    "SRV": 33,
    "NAPTR": 35,
    "SVCB": 64,
    "HTTPS": 65,
    "ANY": 255,
}
L2TP_PORT, GTP_PORT, IPSEC_NAT_PORT = 1701, 2152, 4500
VXLAN_PORT, GENEVE_PORT = 4789, 6081
# The kernel's VXLAN port from before IANA assigned one; flannel uses it (drivers/net/vxlan/vxlan_core.c, vxlan_port).
KERNEL_VXLAN_PORT = 8472
WIREGUARD_PORT, WIREGUARD_PORT6 = 51820, 51821
# Tunnels whose source port is a hash of what they carry: what comes back is a flow of its own (RFC 7348, section 5; RFC
# 8926, section 3.3).
HASHED_PORTS = frozenset({VXLAN_PORT, KERNEL_VXLAN_PORT, GENEVE_PORT})

# Operations of ARP (RFC 826, RFC 903, RFC 2390, RFC 1577).
ARP_REQUEST, ARP_REPLY, REVERSE_ARP_REQUEST, REVERSE_ARP_REPLY = 1, 2, 3, 4
INVERSE_ARP_REQUEST, INVERSE_ARP_REPLY, ARP_NAK = 8, 9, 10

# Flags of TCP (RFC 9293, section 3.1; AE: RFC 9768).
TCP_FIN, TCP_SYN, TCP_RST, TCP_PSH, TCP_ACK, TCP_URG, TCP_ECE, TCP_CWR, TCP_AE = (1 << bit for bit in range(9))
# Kinds of options in a TCP header (RFC 9293, section 3.2).
TCP_OPTION_END, TCP_OPTION_NOTHING, TCP_OPTION_MSS, TCP_OPTION_SACK = 0, 1, 2, 5
# The chunk by which an association of SCTP begins, and those that answer it (RFC 9260, sections 3.3.2, 3.3.3, 3.3.7).
SCTP_INIT, SCTP_INIT_ACK, SCTP_ABORT = 1, 2, 6

# Types of ICMP (RFC 792, 950, 1256, 2521, 8335).
ICMP_ECHO_REPLY, ICMP_UNREACHABLE, ICMP_SOURCE_QUENCH, ICMP_REDIRECT, ICMP_ECHO_REQUEST = 0, 3, 4, 5, 8
ICMP_ROUTER_ADVERTISEMENT, ICMP_ROUTER_SOLICITATION, ICMP_TIME_EXCEEDED, ICMP_PARAMETER_PROBLEM = 9, 10, 11, 12
ICMP_TIMESTAMP_REQUEST, ICMP_TIMESTAMP_REPLY, ICMP_INFORMATION_REQUEST, ICMP_INFORMATION_REPLY = 13, 14, 15, 16
ICMP_MASK_REQUEST, ICMP_MASK_REPLY, ICMP_PHOTURIS = 17, 18, 40
ICMP_EXTENDED_ECHO_REQUEST, ICMP_EXTENDED_ECHO_REPLY = 42, 43
# Types of ICMPv6 (RFC 4443, 2710, 4861, 2894, 3122, 3810).
ICMPV6_UNREACHABLE, ICMPV6_TOO_BIG, ICMPV6_TIME_EXCEEDED, ICMPV6_PARAMETER_PROBLEM = 1, 2, 3, 4
ICMPV6_ECHO_REQUEST, ICMPV6_ECHO_REPLY, MLD_QUERY, MLD_REPORT, MLD_DONE = 128, 129, 130, 131, 132
ROUTER_SOLICITATION, ROUTER_ADVERTISEMENT, NEIGHBOR_SOLICITATION, NEIGHBOR_ADVERTISEMENT = 133, 134, 135, 136
ICMPV6_REDIRECT, ROUTER_RENUMBERING = 137, 138
INVERSE_SOLICITATION, INVERSE_ADVERTISEMENT, MLD2_REPORT = 141, 142, 143
# Multicast router discovery (RFC 4286).
MULTICAST_ROUTER_ADVERTISEMENT, MULTICAST_ROUTER_TERMINATION = 151, 153

# By version of IP.
UNREACHABLE = {4: ICMP_UNREACHABLE, 6: ICMPV6_UNREACHABLE}
TIME_EXCEEDED = {4: ICMP_TIME_EXCEEDED, 6: ICMPV6_TIME_EXCEEDED}
ECHO_REQUEST = {4: ICMP_ECHO_REQUEST, 6: ICMPV6_ECHO_REQUEST}
ECHO_REPLY = {4: ICMP_ECHO_REPLY, 6: ICMPV6_ECHO_REPLY}

# What an ICMP error means.
NO_NET, NO_HOST, NO_PORT, NO_PROTOCOL = (
    "net-unreachable",
    "host-unreachable",
    "port-unreachable",
    "protocol-unreachable",
)
PROHIBITED, TOO_BIG, EXPIRED, REASSEMBLY, OTHER = "prohibited", "too-big", "expired", "reassembly", "other"

# An ICMP error by version of IP, type and code.
ErrorCode = tuple[int, int, int]
PORT_UNREACHABLE: dict[int, ErrorCode] = {4: (4, 3, 3), 6: (6, 1, 4)}
PROTOCOL_UNREACHABLE: ErrorCode = (4, 3, 2)
PACKET_TOO_BIG: dict[int, ErrorCode] = {4: (4, 3, 4), 6: (6, 2, 0)}


class IcmpError(NamedTuple):
    """What an ICMP error is called and what it means.

    ``tcpdump`` and ``tshark`` are the words of theirs that stand for it alone; ``reject`` is its name as a target of
    nft and iptables, without the prefix icmp- or icmp6- (nft(8), iptables-extensions(8)).
    """

    name: str
    meaning: str
    tcpdump: str = ""
    tshark: str = ""
    reject: str = ""


# RFC 792 (types 3, 11 and 12), RFC 1122 section 3.2.2.1 (codes 6 to 12 of type 3), RFC 1812 section 5.2.7.1 (codes 13
# to 15), RFC 4443 section 3 (ICMPv6 types 1 to 4), RFC 6550 section 20.13 (code 7), RFC 8883 (further codes of type 4);
# tcpdump's print-icmp.c and print-icmp6.c, tshark's packet-icmp.c and packet-icmpv6.c.
ICMP_ERRORS: dict[ErrorCode, IcmpError] = {
    (4, 3, 0): IcmpError("network unreachable", NO_NET, "net unreachable", "Network unreachable", "net-unreachable"),
    (4, 3, 1): IcmpError("host unreachable", NO_HOST, "host unreachable", "Host unreachable", "host-unreachable"),
    (4, 3, 2): IcmpError("protocol unreachable", NO_PROTOCOL, "", "Protocol unreachable", "prot-unreachable"),
    (4, 3, 3): IcmpError("port unreachable", NO_PORT, "", "Port unreachable", "port-unreachable"),
    (4, 3, 4): IcmpError("fragmentation needed", TOO_BIG, "", "Fragmentation needed"),
    (4, 3, 5): IcmpError("source route failed", OTHER, "unreachable - source route failed", "Source route failed"),
    (4, 3, 6): IcmpError(
        "destination network unknown", NO_NET, "net unreachable - unknown", "Destination network unknown"
    ),
    (4, 3, 7): IcmpError("destination host unknown", NO_HOST, "host unreachable - unknown", "Destination host unknown"),
    (4, 3, 8): IcmpError("source host isolated", OTHER, "unreachable - source host isolated", "Source host isolated"),
    (4, 3, 9): IcmpError(
        "network prohibited",
        PROHIBITED,
        "net unreachable - admin prohibited",
        "Network administratively prohibited",
        "net-prohibited",
    ),
    (4, 3, 10): IcmpError(
        "host prohibited",
        PROHIBITED,
        "host unreachable - admin prohibited",
        "Host administratively prohibited",
        "host-prohibited",
    ),
    (4, 3, 11): IcmpError(
        "network unreachable for this type of service",
        NO_NET,
        "net unreachable - tos prohibited",
        "Network unreachable for TOS",
    ),
    (4, 3, 12): IcmpError(
        "host unreachable for this type of service",
        NO_HOST,
        "host unreachable - tos prohibited",
        "Host unreachable for TOS",
    ),
    (4, 3, 13): IcmpError(
        "administratively prohibited",
        PROHIBITED,
        "host unreachable - admin prohibited filter",
        "Communication administratively filtered",
        "admin-prohibited",
    ),
    (4, 3, 14): IcmpError(
        "host precedence violation",
        PROHIBITED,
        "host unreachable - host precedence violation",
        "Host precedence violation",
    ),
    (4, 3, 15): IcmpError(
        "precedence cutoff", PROHIBITED, "host unreachable - precedence cutoff", "Precedence cutoff in effect"
    ),
    (4, 11, 0): IcmpError("TTL exceeded", EXPIRED, "time exceeded in-transit", "Time to live exceeded in transit"),
    (4, 11, 1): IcmpError(
        "reassembly time exceeded", REASSEMBLY, "ip reassembly time exceeded", "Fragment reassembly time exceeded"
    ),
    (4, 12, 0): IcmpError("parameter problem", OTHER, "parameter problem - octet", "Pointer indicates the error"),
    (4, 12, 1): IcmpError("required option missing", OTHER, "", "Required option missing"),
    (4, 12, 2): IcmpError("bad length", OTHER),
    (6, 1, 0): IcmpError("no route to destination", NO_NET, "unreachable route", "no route to destination", "no-route"),
    (6, 1, 1): IcmpError(
        "administratively prohibited",
        PROHIBITED,
        "unreachable prohibited",
        "Administratively prohibited",
        "admin-prohibited",
    ),
    (6, 1, 2): IcmpError("beyond scope of source address", OTHER, "beyond scope", "Beyond scope of source address"),
    (6, 1, 3): IcmpError(
        "address unreachable", NO_HOST, "unreachable address", "Address unreachable", "addr-unreachable"
    ),
    (6, 1, 4): IcmpError("port unreachable", NO_PORT, "unreachable port", "Port unreachable", "port-unreachable"),
    (6, 1, 5): IcmpError(
        "source address failed policy", PROHIBITED, "", "Source address failed ingress/egress policy", "policy-fail"
    ),
    (6, 1, 6): IcmpError("reject route to destination", PROHIBITED, "", "Reject route to destination", "reject-route"),
    (6, 1, 7): IcmpError("error in source routing header", OTHER),
    (6, 2, 0): IcmpError("packet too big", TOO_BIG, "packet too big"),
    (6, 3, 0): IcmpError("hop limit exceeded", EXPIRED, "time exceeded in-transit", "hop limit exceeded in transit"),
    (6, 3, 1): IcmpError(
        "reassembly time exceeded", REASSEMBLY, "ip6 reassembly time exceeded", "fragment reassembly time exceeded"
    ),
    (6, 4, 0): IcmpError("erroneous header field", OTHER, "", "erroneous header field encountered"),
    (6, 4, 1): IcmpError(
        "unrecognized next header",
        OTHER,
        "parameter problem, next header - octet",
        "unrecognized Next Header type encountered",
    ),
    (6, 4, 2): IcmpError(
        "unrecognized IPv6 option",
        OTHER,
        "parameter problem, option - octet",
        "unrecognized IPv6 option encountered",
    ),
    (6, 4, 3): IcmpError("incomplete header chain in the first fragment", OTHER),
}
# Those that only routers send: others come from hosts and firewalls as well.
FROM_ROUTERS = {(4, 3, 0), (4, 3, 1), (4, 3, 4), (4, 11, 0), (6, 1, 0), (6, 1, 3), (6, 2, 0), (6, 3, 0)}


def icmp_error_meaning(family: int, icmp_type: int, code: int) -> str:
    """What an ICMP error means: ``OTHER`` where nothing more is known."""
    known = ICMP_ERRORS.get((family, icmp_type, code))
    return OTHER if known is None else known.meaning


def name_protocol(number: int) -> str:
    """A protocol inside IP in words, such as ``SCTP``; ``protocol 99`` for one without a name here."""
    return _BY_NUMBER.get(number, f"protocol {number}")
