"""Numbers shared by the loop that sums up finished resolutions, and its callers."""

# Fields of the tally of a frame group, in ``tallies`` by its number: first how many resolutions came to what, by
# resolving_layout.ARP_OUTCOME.
N_ATTEMPTS = 4  # requests
N_LEAST = 5  # the shortest and the longest time from the first request to the first answer
N_MOST = 6
N_RANK = 7  # 1 for the group whose resolution was finished first
N_REMARK = 8  # the place of the latest remark on the group plus 1; 0 where there is none
TALLY_FIELDS = 9

# Fields of a bucket of durations (binning.bucket_of), of those that hold any.
D_HOME = 0
D_GROUP = 1
D_BUCKET = 2
D_COUNT = 3
DURATION_FIELDS = 4
MOST_DURATIONS = 1 << 18

# Fields of a remark on who talks about what.
R_HOME = 0
R_KIND = 1
R_GROUP = 2  # of the asker or, of ANSWERS_GATEWAY, of the answer
R_HIGH = 3  # address that was asked for or, of ASKS_GATEWAY, that of the asker; 0 of ANSWERS_GATEWAY
R_LOW = 4
R_POINT = 5  # as resolving_layout.ARP_POINT
R_ANSWERED = 6  # of ASKS_GATEWAY: whether any answer came
REMARK_FIELDS = 7

# R_KIND
ASKS_OTHERS = 0
ASKS_GATEWAY = 1
ANSWERS_GATEWAY = 2

# At most this many remarks are kept, and of ASKS_OTHERS this many.
MOST_REMARKS = 1 << 16
MOST_ASKED = 1 << 12

# Fields of an address that nobody answered for, by asker: the first resolution, as resolving_layout.ARP_FIELDS says,
# then, of all of them
V_ATTEMPTS = 52
V_UNTIL = 53  # time of the latest request
V_RANK = 54  # the older ones have lower ranks
V_HOME = 55
SILENT_FIELDS = 56

# How often at least it was asked for: Linux asks three times (kernel: Documentation/networking/ip-sysctl.rst,
# mcast_solicit).
ASKED_IN_VAIN = 3

# What the loop keeps in its state.
S_ROW = 0  # the next resolution to take
S_ANSWER = 1  # the first of its answers
S_STATUS = 2
S_FINISHED = 3  # resolutions taken so far, and how many of them were answered
S_ANSWERED = 4
S_GROUPS = 5  # groups with a tally
S_DURATIONS = 6
S_REMARKS = 7
S_ASKED = 8  # how many of them are of ASKS_OTHERS
S_SILENT = 9
S_SILENT_RANK = 10
STATE_SIZE = 11

# S_STATUS: all resolutions taken, or what must be enlarged first.
DONE = 0
GROUPS_FULL = 1
DURATIONS_FULL = 2
REMARKS_FULL = 3
