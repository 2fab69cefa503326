"""Numbers shared by the loop that follows conversations and its callers: the fields of a conversation.

They live apart from ``conversing.py`` because there they become C integers, which Python code cannot see.
"""

# A field that nothing holds is ABSENT.
ABSENT = -1

# Fields of a head, by which a conversation is found: those of it up to HOME, then these.
BODY = 7  # the place of the rest; ABSENT for a SYN that at most itself followed, as where nobody answers
# The first segment, as it came.
BEGUN_FRAME = 8
BEGUN_TIME = 9
BEGUN_SEQ = 10
BEGUN_ACK = 11
BEGUN_SIZE = 12
# The same segment, sent again: how often, and the last of it.
REPEATED = 13
REPEATED_FRAME = 14
REPEATED_TIME = 15
HEAD_FIELDS = 16  # two lines of the processor's cache

# Fields of a conversation: two hosts, two ports and a protocol at one capture point. The first side is the host that
# was heard first.
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
RESET_TTL = 14  # of that RST, plus 1; 0 where a text does not print it
HOLES = 15  # sides whose data has a hole: 1 for the first, 2 for the second
# What the first side sent; the same of the second stands SIDE further on. First what nearly every segment needs.
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
LARGEST = 25  # bytes of the largest segment that is not acknowledged so far, and where its data ends
LARGEST_END = 26
MARK_TIME = 27  # when MARK was noted
TTL = 28  # of its latest segment that was no RST, plus 1; 0 where a text does not print it
OTHER_TTL = 29  # the same of those before, if it was another
CLOSED_WINDOW = 30  # whether its latest window was 0
SYNS = 31  # how often its SYN, or SYN-ACK, was sent
OFTEN = 48  # these are the fields of both sides that nearly every segment needs
# The rest of what it sent: SIDE further on for the second side again.
AGAIN_SIZE = 48
AGAIN_SINCE = 49
AGAIN_LAST = 50
AGAIN_FROM = 51  # frame that sent it again first
AGAIN_NUMBER = 52  # and last
AGAIN_GROUP = 53
MSS = 54  # that it offered in its SYN, 0: not seen
RESENT = 55  # segments with data that was sent before, and their bytes
RESENT_BYTES = 56
RESENT_SEQ = 57  # the latest of them
RESENT_TIME = 58
ZERO_WINDOWS = 59  # how often it closed its window
MARK = 60  # what END was at MARK_TIME
SETTLED = 61  # all data before this was sent SAME_FRAME ago or earlier
SIDE_GROUP = 62  # frame group of its first packet
FINS = 63
# The first hole in what it sent: data that is missing.
HOLE_START = 80  # the first sequence number that is missing, and the first behind the hole
HOLE_END = 81
HOLE_SINCE = 82  # when that became known
HOLE_LAST = 83  # when the other side last said that it has none of it, and by which frame; 0: it never did
HOLE_LAST_NUMBER = 84
HOLE_ENDED = 85  # whether the connection was ended since
HOLE_FRAME = 86  # the frame that showed it: number << 16 | frame group
HOLE_SACKED = 87  # whether the other side said since that it has data behind it (SACK)
# Of the whole conversation again.
ASKER = 88  # the side that sent the SYN, ABSENT: none was recorded
RESET_GROUP = 89
KIND = 90
FIELDS = 104

# KIND: what got no answer.
NOTHING = 0
HALF_OPEN = 1  # SYN-ACKs to the first side, sent again and again, which it never acknowledged or reset
UNHEARD = 2  # its ACK of these, after which they were sent again

# Sequence numbers, which wrap. Here since Cython makes Python objects of literals beyond 31 bits.
WORD = 0xFFFFFFFF
WRAP = 1 << 32
HALF_WAY = 1 << 31

# At most this many conversations are followed at a time.
MOST = 1 << 16
# More conversations than this are not all in the processor's cache; then the loop looks this many segments ahead.
MANY = 256
AHEAD = 16

# The same frame recorded twice, on its way through one machine or by two taps, comes again sooner than this.
SAME_FRAME = 2_000_000
# Data is not sent again sooner than this by a timeout (RFC 6298, as Linux has it: TCP_RTO_MIN 200 ms); what comes
# sooner is a probe of the tail, fast retransmission, or the same frame seen twice.
SOONEST = 100_000_000
# Data sent this often, over this long, is stuck.
STUCK_SENT = 4
STUCK_FOR = 3_000_000_000
# Whoever ends a connection after this long with data missing had it sent again before (RFC 6298, section 2.1).
GIVEN_UP = 1_000_000_000
# Data further ahead than this is not under way in the same connection.
MOST_UNDER_WAY = 1 << 24
# SYN-ACKs sent for this long: the asker had time to answer the first (RFC 6298: again after 1 s, 3 s, 7 s, by clocks
# that are not exact).
HALF_OPEN_FOR = 900_000_000
REPEATS = 2

# What the loop keeps in its state.
S_SEGMENT = 0  # the next segment to take
S_STATUS = 1
S_USED = 2  # places in use, from the first on
S_NEXT = 3  # the place to be used again next, once all are
S_LATEST = 4  # the conversation of the segment before
S_FORGOTTEN = 5
S_OUT = 6
S_PLACE = 7  # at the end: the next to be judged
S_TRANSFERS = 8  # rows of the table transfers written
S_EVERY = 9  # whether every transfer is a row of its own
S_BODIES = 10  # bodies from here on were never used
S_BODY = 11  # the body that was given back last, chained by PORTS, else ABSENT
S_HOMES = 12  # the homes of coming segments, HOMES of them
HOMES = 32
STATE_SIZE = 44

DONE = 0
POOL_FULL = 1
OUT_FULL = 2
BODIES_FULL = 3
