"""Numbers shared by the loop that keeps the questions of DNS and its callers.

They live apart from ``dns_names.py`` because there they become C integers, which Python code cannot see.
"""

# Different questions that are kept: what a scan of random names asks beyond that has no name in tables.
MOST_NAMES = 1 << 14
SLOTS = 2 * MOST_NAMES
# Bytes per question: their count in two, then the longest name, a type and a class (RFC 1035, section 2.3.4).
RECORD = 264
