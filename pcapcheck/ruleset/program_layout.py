"""The program that the rules about one table are compiled to, as the loops of ``ruleset`` read it.

It is one array; what its parts say of each other are offsets into it. At 0 stands the head, so no part is there: 0 is
none.
"""

# The head of a program.
P_RULES = 0  # offset of the rules, one after the other
P_RULE_COUNT = 1
P_WORDS = 2  # numbers that the results of one rule's leaves take, at most
P_GROUP = 3  # field: the frame group of a row
P_OUTCOME = 4  # field: how its exchange ended; 0 where rows have no outcome
P_PAIR = 5  # the fields that say who asked whom, one offset each
P_PAIR_FIELDS = 6
P_BOUNDS = 7  # bounds of all rules together
P_TEXTS = 8  # the columns in words, TEXT_SIZE numbers each
P_TEXT_COUNT = 9
P_TEXT_FIELDS = 10  # of how many fields a column in words is at most
P_GATHERED = 11  # the fields whose values are gathered before rules are looked at, one offset each
P_GATHERED_COUNT = 12
P_VECTORS = 13  # vectors that they take
P_LEAVES = 14  # all leaves, one offset each
P_LEAF_COUNT = 15
P_CLASS_WORDS = 16  # numbers that the results of all leaves take
HEAD = 17

# Rows are evaluated in blocks: each field is gathered into a vector, each leaf compares vectors.
BLOCK = 128

# A rule.
R_CODE = 0  # what it selects: offset of the code, and where it ends
R_CODE_END = 1
R_LEAVES = 2  # its early leaves, one offset each
R_LEAF_COUNT = 3
R_BOUNDS = 4  # its bounds on columns: field, and 1 if large values speak against it, else -1
R_BOUND_COUNT = 5
R_EXPECTED = 6  # what it expects: offset of the code, and where it ends
R_EXPECTED_END = 7
RULE_SIZE = 8

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
F_VECTOR = 15  # the first of its vectors
FIELD_SIZE = 16

# F_KIND. WORDED: F_POSITION counts the columns in words. An ADDRESS takes three vectors (whether it is there, and its
# halves), SEVERAL numbers two (how many, and where in the data the first is), else it is one.
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
