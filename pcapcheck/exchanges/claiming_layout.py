"""Numbers shared by the loop that gathers claims of addresses, and its callers."""

# Fields of a claim: one MAC's claim of one address at one capture point.
C_HOME = 0
C_POINT = 1  # as frame_layout.M_POINT
C_HIGH = 2
C_LOW = 3
C_MAC = 4  # ABSENT where a text shows none
C_FIRST = 5  # time of the first message, and of the last
C_LAST = 6
C_OWN = 7  # whether it was claimed unasked or in a request
C_COUNT = 8
C_FRAME = 9  # the numbers of the first few frames
CLAIM_FRAMES = 8
CLAIM_FIELDS = 17

# What the loop keeps in its state.
S_MESSAGE = 0  # the next message to take
S_STATUS = 1
S_CLAIMS = 2
S_MISSED = 3  # messages whose claims found no room
STATE_SIZE = 4

# S_STATUS
DONE = 0
FULL = 1
