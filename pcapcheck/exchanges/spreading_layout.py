"""Numbers shared by the loop that spreads exchanges out over who, when and how large, and its callers.

They live apart from ``spreading.py`` because there they become C integers, which Python code cannot see.
"""

# Fields of a cell. It counts the exchanges of one KIND (``pairing_layout``) and one frame group that are alike
# in one respect: PAIR (source and destination in two halves each, for a connection its port), SIZE (bytes of the
# request's datagram) or MOMENT (when it was asked, in steps).
C_RESPECT = 0
C_KIND = 1
C_GROUP = 2
C_SRC_HIGH = 3
C_SRC_LOW = 4
C_DST_HIGH = 5
C_DST_LOW = 6
C_PORT = 7
# How many came to what. Those that were still in flight or dropped count for nothing.
C_REPLIED = 8
C_SILENT = 9
C_ERRED = 10
C_EXPIRED = 11
# When the first and the last that failed were asked, the first error with its sender and MTU, and how often it came.
C_FIRST = 12
C_LAST = 13
C_ERROR = 14
C_ERROR_HIGH = 15
C_ERROR_LOW = 16
C_ERROR_MTU = 17
C_ALIKE = 18
# What finds it: respect, kind, group and port in one number; a hash of that and the addresses.
C_SORT = 19
C_HOME = 20
CELL_FIELDS = 21

PAIR = 1
SIZED = 2
MOMENT = 3

# What the loop keeps in its state.
P_ROW = 0  # the next exchange to take
P_STATUS = 1
P_CELLS = 2
P_SHIFT = 3  # a moment is 2^shift ns
P_LEFT_OUT = 4  # exchanges that found no room
P_STATE = 5

# P_STATUS
ALL_TAKEN = 0
CELLS_FULL = 1
