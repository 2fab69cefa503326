"""Numbers shared by the pairing loop and its callers: the fields of an exchange and of a bin.

They live apart from ``pairing.py`` because there they become C integers, which Python code cannot see.
"""

# Fields of an exchange, in the order of their use: what finds it, what a request says, what a reply says, what an error
# says. Eight of them are a cache line. A field that was not captured is ABSENT.
# While it may change, an exchange is a head in the pool, which holds the first HEAD_FIELDS, and the rest elsewhere: a
# question that nothing followed is mostly a head alone.
ABSENT = -1
IDENT_SEQ = 0
SRC_LOW = 1
DST_LOW = 2
SRC_HIGH = 3
DST_HIGH = 4
POINT = 5
HOME = 6
STATE = 7
OLDER = 8
NEWER = 9
NUMBER = 10
TIME = 11
GROUP = 12
IP_ID = 13
# Of DNS: a hash of the question (0 where it is absent).
QUESTION = 14
# Of an echo or a connection: the bytes of the request's datagram, 0 where they are absent.
SIZE = QUESTION
# Of a connection or an association above these bits: what each attempt chooses (E_ATTEMPT).
SIZE_BITS = 20
KIND = 15
HEAD_FIELDS = 16
OUTCOME = 16
REQUESTS = 17
REPLIES = 18
RTT = 19
REPLY_TTL = 20
REPLY_GROUP = 21
REPLY_NUMBER = 22
REPLY_TIME = 23
ERROR = 24
ERROR_HIGH = 25
ERROR_LOW = 26
ERROR_MTU = 27
ERROR_NUMBER = 28
ERROR_TTL = 29
TTL = 30
# Of DNS: when the question was asked last, the code of its response, and how promptly that came.
LATEST = 31
# Of what came early: the kind of its event.
EARLY_KIND = LATEST
RCODE = ERROR
PROMPTNESS = ERROR_HIGH
# Of datagrams that got no answer so far: the bytes of data in the first, how many had as many, and how many came right
# after one like them: the same datagram, seen twice.
DATA = REPLY_GROUP
ALIKE = REPLY_TTL
COPIES = REPLY_TIME
# Of what no error ended: how often the packet that asked was seen again, as on other interfaces.
SEEN_AGAIN = ERROR_MTU
FIELDS = 32
# In place of IP_ID a head holds that and TTL, each plus 1, and where the rest is, counted from 1: 0 if it has none.
MARKS = IP_ID
TTL_BITS = 9
REST_AT = 26

# KIND of an exchange. An echo request to no one host in particular owes nobody a reply.
KIND_ECHO_TO_MANY = 0
KIND_ECHO = 1
KIND_CONNECTION = 2
KIND_DNS = 3
KIND_DATAGRAM = 4
KIND_ASSOCIATION = 5

# STATE of a place in the pool.
FREE = 0
OPEN = 1
ANSWERED = 2
EARLY = 3
# Open, and may have been answered after the capture's end.
HELD_BACK = 4

# OUTCOME, in the order of ``column_words.DATAGRAM_OUTCOMES``; the last is of datagrams alone.
REPLIED = 0
ERRED = 1
UNANSWERED = 2
IN_FLIGHT = 3
EVICTED = 4
UNCLEAR = 5
ONE_WAY = 6

# PROMPTNESS, in the order of ``column_words.PROMPTNESS``; ABSENT where the times are.
AT_ONCE = 0
LATE = 1
REPEATED = 2
# A response within this time of the first query is prompt: resolvers wait for longer (glibc for 5 s, others for 2 s).
PROMPT = 1_000_000_000

# Fields of a bin: exchanges alike in the request's frame group, outcome, KIND, and the class of the error; of DNS that
# has a response, from ANSWER_CODES on, the response's code and PROMPTNESS, both plus 1.
B_GROUP = 0
B_OUTCOME = 1
B_KIND = 2
B_ERROR = 3
B_COUNT = 4
B_REQUESTS = 5
B_DUPLICATES = 6
B_LEAST = 7
B_MOST = 8
B_HOME = 9
BIN_FIELDS = 10
ANSWER_CODES = 16
# PROMPTNESS or none.
PROMPTNESSES = 4
SAMPLES = 5

# Round trip times are counted in buckets whose width is at most 1/64 of their value, up to 2^40 ns (18 minutes).
BUCKETS = 128 + 33 * 64

# What the loop keeps in its state.
S_EVENT = 0  # the next event to take
S_STATUS = 1
S_BINS = 2
S_FREE = 3  # first place of the pool that was given back, chained by NEWER
S_OLDEST = 4
S_NEWEST = 5
S_OPEN = 6  # open exchanges
S_FRESH = 7  # places from here on were never used
S_EVICTED = 8
S_ANSWERED_AT = 9  # where the ring of answered exchanges goes on
S_EARLY_AT = 10
S_OUT = 11  # finished exchanges written out
S_ENDED_AT = 12  # where the ring of those that an error ended goes on
S_TALKS_AT = 13  # where the ring of answered datagrams goes on
S_REST = 14  # how many rests were ever used; those beyond were not
S_REST_FREE = 15  # the rest that was given back last, counted from 1, chained by OUTCOME; 0: none
S_BIN = 16  # the bin counted in last: the next exchange is mostly like the one before
STATE_SIZE = 17

# S_STATUS: all events taken, or what must be enlarged or emptied first.
DONE = 0
POOL_FULL = 1
BINS_FULL = 2
OUT_FULL = 3
REST_FULL = 4

# This many answered echoes are remembered, so that a second reply is known as a duplicate; and this many replies
# without a request, in case the recorder put them before it.
REMEMBERED = 1024
# This many answered datagrams are remembered by their hosts and ports: what is sent between those belongs to them.
TALKS = 1 << 14
# This many that an error ended are remembered, each by its place and the number of the error's frame, in case an answer
# comes all the same.
ENDED = 4096

# The loop looks this many events ahead, and remembers the homes of as many and more.
AHEAD = 16
HOMES = 32
# And from the oldest open exchange this many on.
STEPS_AHEAD = 4

# A request seen again within this time with the same IP identification is the same packet, seen twice.
SAME_PACKET = 1_000_000_000
# An asker that repeats a DNS question this late, with whatever port and identifier, has given up waiting for the first
# (resolvers wait for 2 to 5 s: glibc, musl, Go, dig, c-ares); sooner it is another question.
AGAIN = 2_000_000_000
# And this many of the newest questions are remembered by what they ask.
RECENT = 4096
# A datagram like the one before that comes this soon after it is the same datagram, seen twice: on two or three
# interfaces, as a rule.
SAME_DATAGRAM = 2_000_000
MOST_COPIES = 2
# Datagrams ask if they are repeated this often; those that come faster on average are a stream, and many that are all
# alike are a beat that needs no answer.
REPEATS = 3
STREAM = 300_000_000
MOST_ALIKE = 30
# Traceroute and mtr give up after this many routers; no host begins with a TTL this small.
MOST_HOPS = 30
# Who opens an association asks again after this time (RFC 9260, section 16: RTO.Initial is 1 s, of Linux 3 s).
INIT_WAIT = 3_000_000_000
# A SYN or INIT with another number is another attempt, unless it comes sooner than one is sent again: then somebody on
# the way has changed it. Whatever its number is, it is another after more than the longest time between two of the same
# attempt (RFC 6298, section 2.5; kernel: TCP_RTO_MAX, 120 s).
NEXT_ATTEMPT = 900_000_000
SAME_ATTEMPT = 125_000_000_000
# A SYN that was sent once is not overdue before it would be repeated (RFC 6298, section 2.1).
SYN_WAIT = 1_000_000_000
# A reply this much older than its request may be its reply all the same: clocks step back a little.
STEP_BACK = 1_000_000
