"""Numbers shared by the loops that sum up shares and moments, and their callers.

They live apart from ``share_sums.py`` and ``moment_sums.py`` because there they become C integers, which Python code
cannot see.
"""

# Fields of a share: a hash of its key; the key, of up to MOST_KEYS numbers, those beyond it 0; how many questions were
# asked, how many of these failed, and how many of those were ended by an ICMP error.
H_HOME = 0
H_KEYS = 1
MOST_KEYS = 5
H_ASKED = 6
H_FAILED = 7
H_ERRED = 8
SHARE_FIELDS = 9

# Fields of the sum of all moments of one time: a hash of that time and the time, in steps of a moment; how many
# questions were asked then and how many of these failed; when the first and the last that failed were asked.
U_HOME = 0
U_WHEN = 1
U_ASKED = 2
U_FAILED = 3
U_FIRST = 4
U_LAST = 5
MOMENT_SUM_FIELDS = 6

# What the loops keep in their state.
T_SHARES = 0
T_CELL = 1  # the next cell to take
# Sums of all shares; how many lost something; how many a part; the failures of those that lost everything, and of that
# one of them that lost most.
T_ASKED = 2
T_FAILED = 3
T_ERRED = 4
T_LOSING = 5
T_PARTIAL = 6
T_DEAD = 7
T_MOST_DEAD = 8
T_STATE = 9
