"""Numbers shared by the loop that samples failed exchanges, and its callers.

They live apart from ``sampling.py`` because there they become C integers, which Python code cannot see.
"""

# At most this many pairs are kept, each with this many exchanges that failed.
PAIRS = 32
PER_PAIR = 4

# Fields of a pair: a hash of who asked whom for what and how it failed, how many failed alike, of how many the next one
# is kept, and how many are kept.
W_KEY = 0
W_COUNT = 1
W_STRIDE = 2
W_HELD = 3
PAIR_FIELDS = 4

# What the loop keeps in its state: pairs in use, the place of the greatest key, and of the pair that failed last.
S_PAIRS = 0
S_GREATEST = 1
S_LATEST = 2
STATE_SIZE = 3
