"""Numbers shared by the loop that spreads exchanges out over who, when and how large, and its callers.

They live apart from ``spreading.py`` because there they become C integers, which Python code cannot see.
"""

# Fields of a cell. It counts the exchanges of one KIND (``pairing_layout``) and one frame group that are alike in one
# respect: PAIR (source and destination in two halves each, and the port that was asked, if any), SIZED or SIZED6 (bytes
# of the request's datagram, as source; of IPv6 apart) or, with the first fields only, the moment when they were asked.
C_KIND = 0
C_GROUP = 1
# How many came to what. Those that were still in flight or dropped count for nothing.
C_REPLIED = 2
C_SILENT = 3
C_ERRED = 4
C_EXPIRED = 5
# When the first and the last that failed were asked.
C_FIRST = 6
C_LAST = 7
# Of a moment: when it was, in steps of 2^P_SHIFT ns.
M_WHEN = 8
MOMENT_FIELDS = 9
# What finds a cell: a hash; respect, kind, group and port in one number; the addresses.
C_HOME = 8
C_SORT = 9
C_SRC_LOW = 10
C_DST_LOW = 11
C_SRC_HIGH = 12
C_DST_HIGH = 13
C_RESPECT = 14
C_PORT = 15
CELL_FIELDS = 16

PAIR = 1
SIZED = 2
SIZED6 = 3

# Exchanges come in the order of their questions, those that failed later than the others: so the latest moment of each
# kind, frame group, and of failures or not, is mostly the one to count in. Up to eight kinds, and one bit for failures.
STREAMS = 16

# More cells than this are not all in the processor's cache; then the loop looks this many exchanges ahead.
MANY = 1 << 10
AHEAD = 16

# What the loop keeps in its state.
P_ROW = 0  # the next exchange to take
P_STATUS = 1
P_CELLS = 2
P_SHIFT = 3  # a moment is 2^shift ns
P_LEFT_OUT = 4  # exchanges that found no room
P_MOMENTS = 5
# The cells counted in last: of the next exchange the pair or the size is often the same.
P_PAIRED = 6
P_SIZED = 7
P_GROUPS = 8  # room for the numbers of frame groups, once all are counted
P_STATE = 9

# P_STATUS: all taken, or what must be enlarged first.
ALL_TAKEN = 0
CELLS_FULL = 1
MOMENTS_FULL = 2
GROUPS_FULL = 3
