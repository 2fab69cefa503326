"""Numbers shared by the decoding loop and its callers: the fields of a frame row and of a frame group."""

# Link types that are decoded, as the loop knows them.
LINK_UNKNOWN = 0
LINK_ETHERNET = 1
LINK_COOKED = 2
LINK_COOKED2 = 3
LINK_RAW = 4
LINK_NULL = 5
LINK_LOOP = 6

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
FIELDS = 55

# Fields of an echo event: an echo request, a reply, or an ICMP error about a request (then the addresses, identifier
# and sequence number are those that it quotes). Unlike rows, events stand one after the other.
E_NUMBER = 0
E_TIME = 1
E_GROUP = 2
E_KIND = 3
E_SRC_HIGH = 4
E_SRC_LOW = 5
E_DST_HIGH = 6
E_DST_LOW = 7
E_IDENT_SEQ = 8  # identifier << 16 | sequence number
E_IP_ID = 9
E_TTL = 10
E_POINT = 11  # interface << 32 | ifindex + 1
E_ERROR = 12  # class of the error << 16 | ICMP type << 8 | code
E_FROM_HIGH = 13
E_FROM_LOW = 14
E_MTU = 15
EVENT_FIELDS = 16

# E_KIND, with a bit for requests to a group.
E_REQUEST = 0
E_REPLY = 1
E_REFUSED = 2
E_TO_MANY = 4

# Classes of errors, in the order of ``columns.ERRORS``.
UNREACHABLE = 1
TOO_BIG = 2
EXCEEDED = 3
OTHER_ERROR = 4

# Bits of HAS: which addresses are there, whose 128 bits leave no room for a mark of absence.
HAS_ADDRESSES = 1
HAS_QUOTED = 2
HAS_TARGET = 4

# What a frame carries (CARRIES).
OTHER = 0
ARP = 1
ND = 2
UNICAST = 3
MULTICAST = 4
UNDECODED = 5

# To whom it was sent (CAST); cooked captures do not say it of outgoing frames.
TO_ONE = 0
TO_MANY = 1

# What its TTL says of who sent it.
TTL_SILENT = 0
TTL_ORIGINAL = 1
TTL_DECREMENTED = 2

# DIRECTION is 0 for inbound and 1 for outbound, as seen from the interface that recorded it.

# Fields of a group row: frames alike in all that tells who sent them, and to whom, on which interface.
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
G_TCP = 19
GROUP_FIELDS = 20

# Bits of G_TCP: whether among the frames were the first and the third packet of TCP handshakes (or later ones).
TCP_OPENS = 1
TCP_GOES_ON = 2

# G_KIND packs CARRIES, what the TTL says, and DIRECTION (with 2 for none).
KIND_TTL = 8
KIND_DIRECTION = 32

# What the loop keeps in its state.
S_ROWS = 0
S_RECORD = 1
S_GROUPS = 2
S_UNDECODED = 3
S_EVENTS = 4
STATE_SIZE = 5

# IPv4 addresses are stored as IPv4-mapped IPv6 addresses (RFC 4291, section 2.5.5.2).
MAPPED = 0xFFFF00000000

# Here since Cython makes Python objects of literals beyond 31 bits.
LIMITED_BROADCAST = 0xFFFFFFFF
SIGN_BIT = 0x80000000
