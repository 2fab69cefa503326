"""Numbers shared by the loop that holds open questions back, and its caller.

They live apart from ``holding.py`` because there they become C integers, which Python code cannot see.
"""

# Fields of a wait: a hash of the addresses; asker and asked in two halves each; 1 for DNS; how long an answer may take
# (nanoseconds).
L_HOME = 0
L_SRC_HIGH = 1
L_SRC_LOW = 2
L_DST_HIGH = 3
L_DST_LOW = 4
L_DNS = 5
L_WAIT = 6
WAIT_FIELDS = 7
