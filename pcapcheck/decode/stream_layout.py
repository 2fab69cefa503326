"""Numbers of the streams of DNS over TCP that ``dns_streams`` follows.

They live apart from ``dns_streams.py`` because there they become C integers, which Python code cannot see.
"""

# Fields of a stream: what one end sends to another, at one capture point.
SRC_HIGH = 0
SRC_LOW = 1
DST_HIGH = 2
DST_LOW = 3
PORTS = 4  # source port << 16 | destination port
POINT = 5  # interface << 32 | ifindex + 1
KNOWN = 6  # whether NEXT is known
NEXT = 7  # the sequence number that follows
BASE = 8  # all between here and NEXT has been read
LEFT = 9  # bytes of the message that are passed over
HELD = 10  # bytes of a message's beginning that are held back, behind its length, until its question is whole
FIELDS = 11

# This many streams are followed at a time; another that falls on the same place takes it.
STREAMS = 256
# The length, a header, a name and type and class: what is read of a message (RFC 1035, section 4.1; RFC 7766).
LENGTH = 2
HEADER = 12
ENOUGH = HEADER + 255 + 4
HOLD = LENGTH + ENOUGH

# What begins this much before NEXT has surely been read; sequence numbers wrap.
NEAR = 1 << 24
# Here since Cython makes Python objects of literals beyond 31 bits.
WORD = 0xFFFFFFFF
HALF_WAY = 1 << 31
