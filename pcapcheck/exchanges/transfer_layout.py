"""Numbers shared by the loop that writes the rows of the table ``transfers`` and its callers: the fields of a row.

They live apart from ``transfer_rows.py`` because there they become C integers, which Python code cannot see.
"""

# A field that nothing holds is ABSENT.
ABSENT = -1
GROUP = 0  # frame group of the packets that tell: of the data that got stuck, of the RST, else of the asker's
NUMBER = 1  # the first frame
TIME = 2  # its time
DURATION = 3  # from the first frame to the last
SRC_LOW = 4  # the asker's address and port, and those of whoever was asked
SRC_HIGH = 5
DST_LOW = 6
DST_HIGH = 7
PORTS = 8  # the asker's << 16 | the other
OUTCOME = 9
BEGUN = 10  # whether the handshake was recorded
SENDER = 11  # side that the outcome is about: whose data got stuck, whose address the RST bears
ATTEMPTS = 12  # how often the data was sent that got stuck, and over what time
LASTED = 13
SIZE = 14  # its bytes
FROM = 15  # frames that show it: the first and the last
TO = 16
RESETS = 17
RESET_TTL = 18  # of the RST that broke it off
RESET_FORGED = 19  # whether no other segment from that address had this TTL
ASKER_GROUP = 20  # frame group of the asker's first segment, else of the first
HAS_DATA = 21  # in either direction
# What the asker sent; the same of whoever was asked stands SIDE further on.
SIDE = 10
SEGMENTS = 22
BYTES = 23
RESENT = 24
RESENT_BYTES = 25
UNACKED = 26
LARGEST_UNACKED = 27
ZERO_WINDOWS = 28
MSS = 29
TTL = 30
FINISHED = 31
FIELDS = 42

# A class: transfers that are alike in all that rules ask of those with which nothing is wrong, the first of them, and
# how many they are. A class has one place that it may be in; if another is there, its transfers are rows of their own.
CLASS_KEY = 0
CLASS_COUNT = 1
CLASS_ROW = 2
CLASS_FIELDS = 44
CLASSES = 256

# OUTCOME, in the order of TRANSFER_OUTCOMES in columns.py.
CLOSED = 0
OPEN = 1
IN_FLIGHT = 2
ONE_SIDED = 3
STALLED = 4
RESET = 5
MISSING = 6
