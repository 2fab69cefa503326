"""Numbers shared by the decoding loop and its callers: the fields of a frame row and of a frame group."""

# Link types that are decoded, as the loop knows them.
LINK_UNKNOWN = 0
LINK_ETHERNET = 1
LINK_COOKED = 2
LINK_COOKED2 = 3
LINK_RAW = 4
LINK_NULL = 5
LINK_LOOP = 6
# A frame made from tcpdump's text (see ``capture.printed_layout``).
LINK_PRINTED = 7

# Fields of a frame row. A field that the frame does not hold is ABSENT.
ABSENT = -1
NUMBER = 0
TIME = 1
INTERFACE = 2
IFINDEX = 3
GROUP = 4
CAPTURED = 5
LENGTH = 6
DIRECTION = 7
CARRIES = 8
HAS = 9
ETH_SRC = 10
ETH_DST = 11
ETH_TYPE = 12
VLAN = 13
ARP_OPCODE = 14
ARP_SRC_MAC = 15
ARP_SRC_IP = 16
ARP_DST_MAC = 17
ARP_DST_IP = 18
IP_VERSION = 19
IP_SRC_HIGH = 20
IP_SRC_LOW = 21
IP_DST_HIGH = 22
IP_DST_LOW = 23
IP_TTL = 24
IP_ID = 25
IP_PROTO = 26
IP_LENGTH = 27
IP_FRAGMENT = 28
IP_DF = 29
IP_MF = 30
ICMP_TYPE = 31
ICMP_CODE = 32
ICMP_IDENT = 33
ICMP_SEQ = 34
ICMP_MTU = 35
QUOTED_SRC_HIGH = 36
QUOTED_SRC_LOW = 37
QUOTED_DST_HIGH = 38
QUOTED_DST_LOW = 39
QUOTED_PROTO = 40
QUOTED_TTL = 41
QUOTED_TYPE = 42
QUOTED_IDENT = 43
QUOTED_SEQ = 44
QUOTED_SRC_PORT = 45
QUOTED_DST_PORT = 46
ND_TARGET_HIGH = 47
ND_TARGET_LOW = 48
ND_MAC = 49
SRC_PORT = 50
DST_PORT = 51
TCP_FLAGS = 52
POSITION = 53
CAST = 54
ENCAP = 55
VNI = 56
OUTER_SRC_HIGH = 57
OUTER_SRC_LOW = 58
OUTER_DST_HIGH = 59
OUTER_DST_LOW = 60
INNER_ETH_SRC = 61
INNER_ETH_DST = 62
QUOTED_QUERY = 63  # identifier of the DNS query that an error quotes
BLANK = 64  # the parts of the row that are ABSENT throughout
CHECKSUMS = 65  # four in one number (see ``capture.checksum_layout``)
FIELDS = 66

# Parts of a row that only some frames have. What a batch leaves behind in a part is blanked before the next frame is
# written there; most parts are blank already.
PART_ARP = 1
PART_IP = 2
PART_ICMP = 4
PART_QUOTED = 8
PART_ND = 16
PART_PORTS = 32
PART_TUNNEL = 64
EVERY_PART = 127

# Fields of an event: an echo request, a reply, or an ICMP error about a request (then the addresses, identifier and
# sequence number are those that it quotes). The SYN of a TCP connection is a request too, a SYN-ACK or an RST a reply;
# instead of identifier and sequence number there are the ports, the asker's first. So it is with the INIT of an SCTP
# association and its INIT-ACK or ABORT, and with UDP datagrams; of a DNS query and its response there are the asker's
# port and the message's identifier. Unlike rows, events stand one after the other.
E_NUMBER = 0
E_TIME = 1
E_GROUP = 2
E_KIND = 3
E_SRC_HIGH = 4
E_SRC_LOW = 5
E_DST_HIGH = 6
E_DST_LOW = 7
E_IDENT_SEQ = 8  # identifier << 16 | sequence number; ABSENT_IDENT where the identifier is absent
E_IP_ID = 9
E_TTL = 10
E_POINT = 11  # interface << 32 | ifindex + 1
E_ERROR = 12  # class of the error << 16 | ICMP type << 8 | code
E_FROM_HIGH = 13
E_FROM_LOW = 14
E_MTU = 15
EVENT_FIELDS = 16
# Of requests, where errors have theirs: the bytes of the datagram, 0 where they are absent.
E_SIZE = 13
# Of DNS messages, where errors have theirs: the response's code, and a hash of the question (0 where it is absent).
E_RCODE = 12
E_QUESTION = 15
# Of UDP datagrams likewise: the bytes of their data.
E_DATA = 12
# Of a SYN or an INIT likewise: what each attempt chooses and keeps when it is sent again (the initial sequence
# number, or the initiate tag); 0 where a text does not show it.
E_ATTEMPT = 12

# Here since Cython makes Python objects of literals beyond 31 bits. CONNECTION, DATAGRAM and ASSOCIATION mark a pair of
# ports, QUERY a port and an identifier of DNS, OVER_TCP such a pair of DNS over TCP.
ABSENT_IDENT = 1 << 32
CONNECTION = 1 << 33
QUERY = 1 << 34
DATAGRAM = 1 << 35
ASSOCIATION = 1 << 36
OVER_TCP = 1 << 37

# Ports from here on are those of whoever asks (Linux: net.ipv4.ip_local_port_range); the bytes of a datagram that keeps
# a NAT entry alive.
EPHEMERAL = 32768
KEEP_ALIVE = 1

# E_KIND, with bits for requests to a group, for TCP, for DNS, for UDP and for SCTP.
E_REQUEST = 0
E_REPLY = 1
E_ICMP_ERROR = 2
E_TO_MANY = 4
E_CONNECT = 8
E_QUERY = 16
E_DATAGRAM = 32
E_ASSOCIATE = 64
E_RESET = 128

# Fields of a segment: what conversations need of a TCP segment between two hosts, or of an ICMP error about one (then
# the addresses and ports are those that it quotes). They stand one after the other.
T_FRAME = 0  # number << 16 | frame group
T_TIME = 1
T_POINT = 2  # as E_POINT
T_SRC_HIGH = 3
T_SRC_LOW = 4
T_DST_HIGH = 5
T_DST_LOW = 6
T_PORTS = 7  # protocol << 32 | source port << 16 | destination port
T_SIZE = 8  # bytes of payload on the wire << 16 | flags, or T_ERROR
T_SEQ = 9  # sequence number; above its 32 bits the TTL plus 1, 0 where a text does not print it
T_ACK = 10  # acknowledgement number; CLOSED is added where the window is 0; of a SYN, its MSS from MSS_SHIFT on;
# SACKED is added to others without data that say that data beyond it has come, and what is between has not
MSS_SHIFT = 33
SEGMENT_FIELDS = 11
T_ERROR = 1 << 15
# Here since Cython makes Python objects of literals beyond 31 bits.
CLOSED = 1 << 32
SACKED = 1 << 33
# Bytes of options of TCP: a time stamp between two NOPs, as in most segments.
STAMP = 12

# Fields of a message: what asks for or tells a MAC, by ARP or neighbour discovery, in the words of ARP (RFC 826); the
# target of an advertisement is its sender. They stand one after the other. Probes and messages without a sender's
# address are none: they claim nothing and ask for nobody.
M_NUMBER = 0
M_TIME = 1
M_GROUP = 2
M_POINT = 3  # as E_POINT
M_KIND = 4  # see below; while ARP is decoded its opcode
M_SENDER_MAC = 5
M_SENDER_LOW = 6
M_TARGET_MAC = 7  # ABSENT in neighbour discovery, which does not name it
M_TARGET_LOW = 8  # ABSENT where a message of ARP does not hold it: its upper half is then 0
M_SENDER_HIGH = 9
M_TARGET_HIGH = 10
M_ETH_SRC = 11
M_CAST = 12  # TO_ONE, TO_MANY or ABSENT
MESSAGE_FIELDS = 13

# M_KIND: announcements are neither requests nor replies. With bits for neighbour discovery and for messages read from a
# text, where a reply does not name the asker.
M_OTHER = 0
M_REQUEST = 1
M_REPLY = 2
M_ND = 4
M_PRINTED = 8

# Fields of an error: an ICMP error that ends an exchange, as it is counted. They stand one after the other.
ERR_NUMBER = 0
ERR_TIME = 1
ERR_GROUP = 2
ERR_POINT = 3  # as E_POINT
ERR_VERSION = 4
ERR_TYPE = 5
ERR_CODE = 6
ERR_FROM_HIGH = 7
ERR_FROM_LOW = 8
ERR_MTU = 9
ERR_TTL = 10
# Of the packet that it quotes; the addresses mean nothing where the protocol is ABSENT. ERR_ASKS is the type of ICMP.
ERR_PROTO = 11
ERR_ASKS = 12
ERR_IDENT = 13
ERR_SEQ = 14
ERR_SRC_HIGH = 15
ERR_SRC_LOW = 16
ERR_DST_HIGH = 17
ERR_DST_LOW = 18
ERROR_FIELDS = 19

# Classes of errors, in the order of ``column_words.ERRORS``.
UNREACHABLE = 1
TOO_BIG = 2
EXCEEDED = 3
OTHER_ERROR = 4

# Bits of HAS: which addresses are there, whose 128 bits leave no room for a mark of absence.
HAS_ADDRESSES = 1
HAS_QUOTED = 2
HAS_TARGET = 4
HAS_OUTER = 8

# How a datagram was carried (ENCAP), in the order of ``column_words.ENCAPS``.
PLAIN = 0
IPIP = 1
VXLAN = 2
WIREGUARD = 3

# Tunnels inside tunnels are followed this deep.
DEEPEST = 4

# What a frame carries (CARRIES).
OTHER = 0
ARP = 1
ND = 2
UNICAST = 3
MULTICAST = 4
UNDECODED = 5

# To whom it was sent (CAST); cooked captures do not show it for outgoing frames.
TO_ONE = 0
TO_MANY = 1
TO_OTHER = 2  # to one, and not to the MAC of the interface that recorded it: only cooked captures show this

# What its TTL says about its sender.
TTL_SILENT = 0
TTL_ORIGINAL = 1
TTL_DECREMENTED = 2

# DIRECTION is 0 for inbound and 1 for outbound, as seen from the interface that recorded it.

# Fields of a group row: frames with the same interface, sender, receiver and kind.
G_INTERFACE = 0
G_IFINDEX = 1
G_SRC = 2
G_DST = 3
G_KIND = 4
G_COUNT = 5
G_FIRST = 6
G_LAST = 7
G_HAS_SOURCE = 8
G_SOURCE_HIGH = 9
G_SOURCE_LOW = 10
G_EVIDENCE = 11
EVIDENCE_FRAMES = 8
G_HOLDS = 19
# Of the first frame, its innermost IP header: version (0: none was captured) and addresses.
G_IP_VERSION = 20
G_IP_SRC_HIGH = 21
G_IP_SRC_LOW = 22
G_IP_DST_HIGH = 23
G_IP_DST_LOW = 24
GROUP_FIELDS = 25

# Bits of G_HOLDS: whether among the frames were the first and the third packet of TCP handshakes (or later ones), and
# frames cut, by the snapshot length, before what distinguishes packets, or questions for MACs.
TCP_OPENS = 1
TCP_GOES_ON = 2
CUT_PACKET = 4
CUT_ARP = 8

# G_KIND packs CARRIES, what the TTL says, and DIRECTION (with 2 for none).
KIND_TTL = 8
KIND_DIRECTION = 32

# What the loop keeps in its state.
S_ROWS = 0
S_GROUPS = 1
S_UNDECODED = 2
S_EVENTS = 3
S_SIGHTINGS = 4
S_PAIRS = 5
S_SEGMENTS = 6
S_MESSAGES = 7
S_ERRORS = 8
S_PASSED_OVER = 9  # segments with messages of DNS for which there was no room
S_ASKED = 10  # different questions of DNS
STATE_SIZE = 11

# Fields of a sighting: one packet at one capture point. Each is a column, unlike those of events.
V_KEY = 0
V_DIGEST = 1
V_LOOSE = 2
V_ECHO = 3  # the same for an echo request and its reply; 0 for anything else
V_TIME = 4
V_FRAME = 5  # number << 16 | frame group
V_WHAT = 6  # outer address pair << 46 | address pair << 32 | length << 16 | ENCAP << 12 | kind of packet << 8 | TTL
SIGHTING_FIELDS = 7

# Kinds of packets, in the order of ``column_words.PACKETS``.
K_REQUEST = 0
K_REPLY = 1
K_ERROR = 2
K_TCP = 3
K_UDP = 4
K_FRAGMENT = 5
K_OTHER = 6

# Fields of an address pair: source and destination in halves.
PAIR_FIELDS = 4

# This many bytes of a payload are looked at: ping puts the time there first.
DIGEST_BYTES = 16

# An odd multiplier for hashes (Knuth's, 2^64 over the golden ratio) and the mask of 64 bits. They stand here since
# Cython makes Python objects of literals beyond 31 bits.
MULTIPLY = 0x9E3779B97F4A7C15
LONG = 0xFFFFFFFFFFFFFFFF
MOST = 0x7FFFFFFFFFFFFFFF
# Makes eight letters small.
SMALL_LETTERS = 0x2020202020202020

# IPv4 addresses are stored as IPv4-mapped IPv6 addresses (RFC 4291, section 2.5.5.2).
MAPPED = 0xFFFF00000000

# Here since Cython makes Python objects of literals beyond 31 bits.
LIMITED_BROADCAST = 0xFFFFFFFF
BROADCAST_MAC = 0xFFFFFFFFFFFF
# How ARP for Ethernet and IPv4 begins: hardware type 1, protocol type 0x0800, addresses of 6 and 4 bytes (RFC 826).
ETHERNET_IPV4 = 0x000108000604
