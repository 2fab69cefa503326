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
ARP_FIELDS = 51

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
ANSWER_FIELDS = 12
