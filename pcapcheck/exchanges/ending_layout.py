"""Numbers shared by the loop that counts ICMP errors and its callers.

They live apart from ``ending.py`` because there they become C integers, which Python code cannot see.
"""

# Fields of a count: errors alike in frame group, capture point, IP version, type, code, sender and MTU.
N_GROUP = 0
N_POINT = 1  # interface << 32 | ifindex + 1
N_VERSION = 2
N_TYPE = 3
N_CODE = 4
N_FROM_HIGH = 5
N_FROM_LOW = 6
N_MTU = 7
# How many, and how many of them do not show which packet had expired.
N_COUNT = 8
N_UNQUOTED = 9
# Where it is looked up.
N_HOME = 10
N_NUMBER = 11  # the frame of the first
COUNT_FIELDS = 12

# Fields of an error about an echo request whose quote was cut before the sequence number. Its identifier is ABSENT if
# it was cut too.
CUT_NUMBER = 0
CUT_TIME = 1
CUT_POINT = 2
CUT_SRC_HIGH = 3
CUT_SRC_LOW = 4
CUT_DST_HIGH = 5
CUT_DST_LOW = 6
CUT_IDENT = 7
CUT_ERROR = 8  # class << 16 | type << 8 | code
CUT_FROM_HIGH = 9
CUT_FROM_LOW = 10
CUT_MTU = 11
CUT_TTL = 12
CUT_FIELDS = 13

# What the loop keeps in its state.
N_ROW = 0  # the next error to take
N_STATUS = 1
N_COUNTS = 2
N_CUT = 3
N_STATE = 4

# N_STATUS: all errors taken, or there must be more room first.
ALL_COUNTED = 0
NO_ROOM = 1
