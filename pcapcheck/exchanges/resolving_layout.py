"""Numbers shared by the loop that pairs ARP and neighbour discovery, and its callers: the rows of its two tables.

They live apart from ``resolving.py`` because there they become C integers, which Python code cannot see.
"""

# A number that was not captured, or that is not there; times are ``scan_layout.ABSENT_TIME`` then.
ABSENT = -1

# Fields of a row of the table ``arp``: one asker's question for one address. Where a count says how many of the eight
# (or sixteen) numbers behind it there are, the others mean nothing.
ARP_GROUP = 0  # frame group of the first request
ARP_POINT = 1  # interface << 32 | ifindex + 1
ARP_FAMILY = 2  # 4 or 6
ARP_ASKER_HIGH = 3
ARP_ASKER_LOW = 4
ARP_ASKER_MAC = 5
ARP_TARGET_HIGH = 6
ARP_TARGET_LOW = 7
ARP_FIRST_TIME = 8
ARP_LATEST_TIME = 9
ARP_CAST = 10  # of the latest request: frame_layout.TO_ONE or TO_MANY
ARP_ATTEMPTS = 11
ARP_OUTCOME = 12
ARP_ANSWERS = 13  # how many there were, kept or not
ARP_LATENCY_FIRST = 14  # nanoseconds from the first request to the first answer
ARP_LATENCY = 15  # from the latest request; ABSENT where the answer may belong to either of two
ARP_REPLY_MACS = 16  # how many different MACs the answers hold, and which; 0: absent
ARP_REPLY_MAC = 17
ARP_REPLY_ETH_SRCS = 25  # from how many different MACs their frames came, and which; 0: absent
ARP_REPLY_ETH_SRC = 26
ARP_FRAMES = 34  # how many numbers of frames are kept, of requests first, then of answers
ARP_FRAME = 35
ARP_ANSWER_ROWS = 51  # how many rows of the table answers are its own; they come in the order of their questions
ARP_FIELDS = 52

# Of the requests and of the answers of a resolution, this many are kept.
KEPT = 8

# ARP_OUTCOME, in the order of the column's words.
ANSWERED = 0
UNANSWERED = 1
IN_FLIGHT = 2
EVICTED = 3

# Fields of a row of the table ``answers``: one answer, with the question. The outcome of every row is ANSWERED.
ANSWER_GROUP = 0  # frame group of the first request
ANSWER_FAMILY = 1
ANSWER_ASKER_HIGH = 2
ANSWER_ASKER_LOW = 3
ANSWER_ASKER_MAC = 4
ANSWER_TARGET_HIGH = 5
ANSWER_TARGET_LOW = 6
ANSWER_NUMBER = 7  # of its frame
ANSWER_TIME = 8
ANSWER_LATENCY = 9  # nanoseconds from the latest request before it
ANSWER_REPLY_MAC = 10
ANSWER_REPLY_ETH_SRC = 11
ANSWER_REPLY_GROUP = 12  # frame group of the answer
ANSWER_FIELDS = 13

# Fields of an open resolution in the pool: the first SHARED are those of its row.
SHARED = 14
HOME = 14
OLDER = 15
NEWER = 16
KEY_MAC = 17  # the asker's, where its question and the answer show it: ARP does, an advertisement does not
PREVIOUS_TIME = 18  # of the request before the latest
FIRST_ANSWER = 19
LAST_ANSWER = 20
HELD = 21  # answers that are kept
UNCERTAIN = 22  # a text without -e: a further answer with another MAC may be an announcement
REQUESTS = 23  # how many numbers of frames are kept, and which
REQUEST = 24
# Of a text: the askers of this target, and those of them with this MAC (places in ``targets``), whether it waits for an
# answer, and its neighbours in the lists of both.
BY_TARGET = 32
BY_MAC = 33
WAITS = 34
OLDER_ASKER = 35
NEWER_ASKER = 37
POOL_FIELDS = 39
# KEY_MAC where neither shows it.
NO_KEY_MAC = -2

# Fields of a message that is kept, as the answer of an open resolution or as an early one: those of the message, then
K_HOME = 13  # of an early one
K_LATENCY = 14  # of an answer
K_OLDER = 14  # of an early one
K_NEXT = 15  # the next answer, the next younger early one, or the next free place
KEPT_FIELDS = 16

# Fields of a list of the askers in a text, in ``targets``.
T_HOME = 0
T_POINT = 1
T_ADDRESS = 2  # the address asked for, its lower half
T_MAC = 3  # of the askers: a MAC, ABSENT for those without one, ALL for all
T_FIRST = 4  # the one that has waited longest
T_LAST = 5
T_ANSWERED = 6  # the one that was answered last
T_MEMBERS = 7  # how many are open, waiting or not
T_NEXT = 8  # the next free place
TARGET_FIELDS = 9
ALL = -2

# What the loop keeps in its state.
S_MESSAGE = 0  # the next message to take
S_STATUS = 1
S_FREE = 2  # first free place of the pool, chained by NEWER
S_OLDEST = 3
S_NEWEST = 4
S_OPEN = 5
S_OPEN_ANSWERED = 6
S_EVICTED = 7
S_KEPT_FREE = 8  # first free place for a message that is kept
S_EARLY = 9  # early answers
S_EARLY_OLDEST = 10
S_EARLY_NEWEST = 11
S_TARGET_FREE = 12
S_TARGETS = 13  # lists in use
S_OUT = 14  # finished resolutions written out, and their answers
S_OUT_ANSWERS = 15
S_LATEST = 16  # the resolution that was opened last
STATE_SIZE = 17

# S_STATUS: all messages taken, or what must be enlarged or emptied first.
DONE = 0
POOL_FULL = 1
KEPT_FULL = 2
TARGETS_FULL = 3
GROUPS_FULL = 4
OUT_FULL = 5

# Answers without a request, remembered in case the recorder put them before it.
MOST_EARLY = 256
# Recorders with several queues do not keep packets in order, and clocks step back a little. An answer that is older
# still belongs to a request from before the capture.
STEP_BACK = 1_000_000
OUT_OF_ORDER = 1_000_000_000
# If two requests are closer than this, an answer may belong to either: proxy_delay may hold an answer back for up to
# 0.8 s (kernel: net/ipv4/arp.c, pneigh_enqueue; the delay is 80 jiffies of 10 ms by default).
AMBIGUOUS = 800_000_000
# After a pause of this many waits a request is another question.
PATIENCE = 3
# This many requests in a row show that the asker waited in between.
ENOUGH = 3
