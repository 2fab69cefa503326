"""The words that columns hold: each enumeration in the order of its numbers, where it has numbers."""

from __future__ import annotations

from pcapcheck.table_names import ARP, PAIRED

# The kinds of capture points. A pod link is one of a network that the rules are about (links/capture_points.py).
KINDS = ("pod-link", "host-nic", "tunnel", "unknown")
SIDES = ("pod", "node")
# The node's end of a link is called cali on Calico's links, node on those of other networks.
ENDS = ("cali", "node", "pod")
SIDE_EVIDENCE = ("direction", "gateway-arp", "ttl", "proxy-mac", "arp", "destination", "state", "unicast")
CARRIES = ("other", "arp", "nd", "ip-unicast", "ip-multicast", "undecoded")
IP_UNICAST = CARRIES[3]
CASTS = ("broadcast", "unicast")
DIRECTIONS = ("in", "out")
# Unclear: the request was recorded more often than its reply, so that this may have been lost between two interfaces.
OUTCOMES = ("replied", "error", "unanswered", "in-flight", "evicted", "unclear")
# Of datagrams: those that nobody answered ask nothing, as far as they show.
DATAGRAM_OUTCOMES = (*OUTCOMES, "one-way")
TRANSPORTS = ("udp", "tcp")
ENCAPS = ("none", "ipip", "vxlan", "wireguard")
CHECKSUMS = ("ok", "wrong", "not-filled-in", "unknown")
# The tunnel whose content cannot be read.
OPAQUE = "wireguard"
PACKETS = ("request", "reply", "error", "tcp", "udp", "fragment", "other")
ECHOES = PACKETS[:2]
BETWEEN = ("node", "tunnel", "network", "unknown")
GATEWAY_ROUTES = ("elsewhere", "local", "back", "dead-end", "none")
ERRORS = ("none", "unreachable", "too-big", "time-exceeded", "other")
# How promptly DNS was answered (exchanges/pairing_layout.py).
PROMPTNESS = ("at-once", "late", "to-a-repeat")
# In the order of their numbers (IANA, DNS RCODEs).
RCODES = (
    "noerror",
    "formerr",
    "servfail",
    "nxdomain",
    "notimp",
    "refused",
    "yxdomain",
    "yxrrset",
    "nxrrset",
    "notauth",
    "notzone",
    "other",
)
# What became of a TCP connection (exchanges/transfer_layout.py).
TRANSFER_OUTCOMES = ("closed", "open", "in-flight", "one-sided", "stalled", "reset", "missing")
TRANSFER_SIDES = ("asker", "asked")
# What was sent again and again in vain, by its size: a keep-alive of Linux holds no byte.
STUCK = ("keep-alive", "data")
BEGUN = ("midstream", "handshake")
# Tables of questions whose answers pass the pod link.
ASKED = (ARP, *PAIRED)
