"""What the loops of ``ruleset`` count: classes, bins and spreads of rows, the rows that they keep, and texts."""

# A class: rows alike in group, outcome and what all leaves say of them (two bits each, 31 of them a number), so that
# each rule counts them in the same bin.
Q_HOME = 0
Q_GROUP = 1
Q_OUTCOME = 2
Q_COUNT = 3
Q_OPEN = 4  # whether each of its rows must be looked at: some bin may keep it, or its values are counted
Q_WORDS = 5  # the results; behind them, the bin of each rule, or NO_BIN
NO_BIN = -1
RESULTS_PER_WORD = 31
# The latest class is remembered for this many frame groups.
RECENT = 128

# A bin: rows alike in rule, group, outcome and what the rule's leaves say of them.
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

# What texts are of: home, the first row that has the text, the column, and two numbers per field.
K_HOME = 0
K_ROW = 1
K_COLUMN = 2
K_FIELDS = 3

# What the loops keep in their state.
S_ROW = 0  # the next row to take, and of its block the place to go on with
S_PLACE = 1
S_STATUS = 2
S_CLASSES = 3
S_BINS = 4
S_SPREADS = 5
S_CELLS = 6
S_NOTES = 7
S_SERIAL = 8  # rows met before this batch
S_TEXTS = 9  # different texts
STATE_SIZE = 10

# S_STATUS: all rows taken, or what must be enlarged or emptied first.
DONE = 0
CLASSES_FULL = 1
BINS_FULL = 2
SPREADS_FULL = 3
CELLS_FULL = 4
NOTES_FULL = 5
