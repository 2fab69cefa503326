"""Numbers of what the packets of an observation are summed up in, shared by the loop and its caller.

They live apart from the loop because there they become C integers, which Python code cannot see.
"""

# A kind: packets alike in signature and situation; the first of them by its number, and how many there are.
K_SIGNATURE = 0
K_SITUATION = 1
K_FIRST = 2
K_COUNT = 3
KIND_FIELDS = 4

# A situation: what is known of a packet besides its path, and above that, bit by bit, which captures were being
# recorded.
REPEATED = 1
REWRITTEN = 2
ANSWERED = 4
SITUATION_BITS = 3

# A path: when its packets were seen first, from the first to the last of them; their lengths; the first few of them.
P_EARLIEST = 0
P_LATEST = 1
P_SHORTEST = 2
P_LONGEST = 3
P_SAMPLES = 4  # how many, then their numbers
SAMPLES = 5
PATH_FIELDS = 10
