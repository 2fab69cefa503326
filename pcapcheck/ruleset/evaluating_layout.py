"""Numbers shared by the evaluating loop and its callers: the program that rules are compiled to, and what is counted.

They live apart from ``evaluating.py`` because there they become C integers, which Python code cannot see. A program is
one array; what its parts say of each other are offsets into it. At 0 stands the head, so no part is there: 0 is none.
"""

# The head of a program.
P_RULES = 0  # offset of the rules, one after the other
P_RULE_COUNT = 1
P_WORDS = 2  # numbers that the results of one rule's leaves take in a bin
P_GROUP = 3  # field: the frame group of a row
P_OUTCOME = 4  # field: how its exchange ended; 0 where rows have no outcome
P_PAIR = 5  # the fields that say who asked whom, one offset each
P_PAIR_FIELDS = 6
P_BOUNDS = 7  # bounds of all rules together
P_TEXTS = 8  # the columns in words, TEXT_SIZE numbers each
P_TEXT_COUNT = 9
P_TEXT_FIELDS = 10  # of how many fields a column in words is at most
HEAD = 11

# A rule.
R_CODE = 0  # what it selects: offset of the code, and where it ends
R_CODE_END = 1
R_LEAVES = 2  # its early leaves, one offset each
R_LEAF_COUNT = 3
R_BOUNDS = 4  # its bounds on columns: field, and 1 if large values speak against it, else -1
R_BOUND_COUNT = 5
RULE_SIZE = 6

# Code: the offset of a leaf whose result is pushed, or one of these; ALL and ANY are followed by the number of results
# that they take from the stack.
LATE = -1
NOT = -2
ALL_OF = -3
ANY_OF = -4

# A leaf.
L_OPERATOR = 0
L_FIELD = 1
L_OTHER = 2  # field that it must be the same as
L_LOW = 3
L_HIGH = 4
L_NEGATED = 5
L_LIST = 6
L_LIST_COUNT = 7
L_LACKS = 8  # of a frame that may lack the field, being of another protocol, and the other field likewise
L_OTHER_LACKS = 9
L_NUMBER = 10  # leaves are counted
LEAF_SIZE = 11

# L_OPERATOR. RANGE: between L_LOW and L_HIGH; LISTED: one of the numbers of the list; WITHIN: an address within one of
# the networks of the list (two halves of the network, two of the mask). EXISTS: there is a value; SAME: it is that of
# L_OTHER.
EXISTS = 0
RANGE = 1
LISTED = 2
WITHIN = 3
SAME = 4

# A field (see ``raw_rows.Field``).
F_KIND = 0
F_POSITION = 1
F_SHIFT = 2
F_MASK = 3
F_LEAST = 4
F_MOST = 5
F_HIGH = 6
F_VIA = 7
F_COUNT = 8
F_CONSTANT = 9
F_WORDS = 10  # offset of the numbers that its words have
F_LAST = 11  # number of its last word
F_NEEDS = 12  # what it requires, NEED_SIZE numbers each
F_NEED_COUNT = 13
F_OTHERWISE = 14
FIELD_SIZE = 15

# F_KIND. WORDED: F_POSITION counts the columns in words.
PLAIN = 0
CONSTANT = 1
WORDED = 2
ADDRESS = 3
SEVERAL = 4

# A requirement.
N_POSITION = 0
N_MASK = 1
N_NUMBER = 2
N_EQUAL = 3
NEED_SIZE = 4

# A column in words: the fields that it is of.
X_FIELDS = 0
X_FIELD_COUNT = 1
TEXT_SIZE = 2

# What texts are of: home, the first row that has the text, the column, and two numbers per field.
K_HOME = 0
K_ROW = 1
K_COLUMN = 2
K_FIELDS = 3

# L_LACKS: what a frame of another protocol has nothing of. SURE: nothing is lacking.
SURE = 0
NO_ARP = 1
NO_TUNNEL = 2
NO_VLAN = 3
NO_IP = 4
NO_ICMP = 5
NO_ND = 6
NO_TCP = 7
NO_UDP = 8

# A bin: rows alike in rule, group, outcome and results (two bits each, 31 of them a number).
B_HOME = 0
B_RULE = 1
B_GROUP = 2
B_OUTCOME = 3
B_COUNT = 4
B_SPREADS = 5  # the first of its spreads
B_KEPT = 6  # rows kept to show
B_PAIRS = 7  # a hash of who asked whom in each of them
MOST_KEPT = 20
FIRST_KEPT = 5
KEPT_PER_PAIR = 2
B_RESULTS = 27
RESULTS_PER_WORD = 31

# A spread: the values of one column in one bin, and the rows of the highest rank with when they were met.
V_BIN = 0
V_BOUND = 1  # which of the rule's bounds
V_COUNT = 2
V_LOW = 3  # the sum of the lower bits, V_LOW_BITS, and of what is above them
V_HIGH = 4
V_LOW_BITS = 31
V_LEAST = 5
V_MOST = 6
V_RANKED = 7
V_RANKS = 8
RANKED = 5
SPREAD_SIZE = 18

# A cell: how many values of a spread fell into a bucket.
C_HOME = 0
C_SPREAD = 1
C_BUCKET = 2
C_COUNT = 3
CELL_SIZE = 4

# A note, a row that is to be kept in a bin: the bin, then the numbers of the row.
N_BIN = 0
N_ROW = 1

# What the loop keeps in its state.
S_ROW = 0  # the next row to take
S_STATUS = 1
S_BINS = 2
S_SPREADS = 3
S_CELLS = 4
S_NOTES = 5
S_SERIAL = 6  # rows met before this batch
S_TEXTS = 7  # different texts
STATE_SIZE = 8

# S_STATUS: all rows taken, or what must be enlarged or emptied first.
DONE = 0
BINS_FULL = 1
SPREADS_FULL = 2
CELLS_FULL = 3
NOTES_FULL = 4
