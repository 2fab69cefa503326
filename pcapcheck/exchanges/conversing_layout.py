"""Numbers shared by the loop that follows conversations and its callers: the fields of a conversation.

They live apart from ``conversing.py`` because there they become C integers, which Python code cannot see.
"""

# Fields of a conversation: two hosts, two ports and a protocol at one capture point. The first side is the host that
# was heard first. A field that nothing holds is ABSENT.
ABSENT = -1
PORTS = 0  # protocol << 32 | port of the first side << 16 | port of the second
SRC_LOW = 1
DST_LOW = 2
SRC_HIGH = 3
DST_HIGH = 4
POINT = 5
HOME = 6
RESETS = 7  # RSTs of TCP, whenever they came
GROUP = 8
NUMBER = 9  # of its first frame
ERRORS = 10  # ICMP errors about it
FINISHED = 11  # whether a FIN was seen
RESET_BY = 12  # side that broke it off in mid-stream, else ABSENT
RESET_NUMBER = 13  # the frame
RESET_TIME = 14
KIND = 15
# What the first side sent; the same of the second stands SIDE further on.
SIDE = 16
PACKETS = 16
BYTES = 17
FIRST = 18
LAST = 19
END = 20  # the sequence number behind the data sent so far
ACKED = 21  # the highest that the other side acknowledged
ADVANCED = 22  # when END moved last
AGAIN = 23  # how often the first unacknowledged data was sent again
AGAIN_SEQ = 24
AGAIN_SIZE = 25
AGAIN_SINCE = 26
AGAIN_LAST = 27
AGAIN_FROM = 28  # frame that sent it again first
AGAIN_NUMBER = 29  # and last
CLOSED_WINDOW = 30  # whether its latest window was 0
SYNS = 31  # how often its SYN, or SYN-ACK, was sent
FIELDS = 48

# KIND: what got no answer.
NOTHING = 0
STALLED = 1  # data of the first side; STALLED + 1 of the second
RESET = 3
HALF_OPEN = 4  # SYN-ACKs to the first side, sent again and again, which it never acknowledged or reset

# Sequence numbers, which wrap. Here since Cython makes Python objects of literals beyond 31 bits.
WORD = 0xFFFFFFFF
WRAP = 1 << 32
HALF_WAY = 1 << 31

# At most this many conversations are followed at a time.
MOST = 1 << 16
# More conversations than this are not all in the processor's cache; then the loop looks this many segments ahead.
MANY = 256
AHEAD = 16

# Data is not sent again sooner than this by a timeout (RFC 6298, as Linux has it: TCP_RTO_MIN 200 ms); what comes
# sooner is a probe of the tail, fast retransmission, or the same frame seen twice.
SOONEST = 100_000_000
# Data sent this often, over this long, is stuck.
STUCK_SENT = 4
STUCK_FOR = 3_000_000_000
# SYN-ACKs sent for this long: the asker had time to answer the first (RFC 6298: again after 1 s, 3 s, 7 s).
HALF_OPEN_FOR = 2_000_000_000
REPEATS = 3

# What the loop keeps in its state.
S_SEGMENT = 0  # the next segment to take
S_STATUS = 1
S_USED = 2  # places in use, from the first on
S_NEXT = 3  # the place to be used again next, once all are
S_LATEST = 4  # the conversation of the segment before
S_FORGOTTEN = 5
S_OUT = 6
S_PLACE = 7  # at the end: the next to be judged
STATE_SIZE = 8

DONE = 0
POOL_FULL = 1
OUT_FULL = 2
