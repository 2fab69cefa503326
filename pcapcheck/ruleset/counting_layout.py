"""What the loops of ``ruleset`` count: classes, bins and spreads of rows, the rows that they keep, and texts."""

# A class: rows alike in group, outcome and what all leaves say of them (two bits each, 31 of them a number), so that
# each rule counts them in the same bin.
Q_HOME = 0
Q_GROUP = 1
Q_OUTCOME = 2
Q_COUNT = 3
Q_NEXT = 4  # from which row of all on its rows are looked at: some bin may keep them, or their values are counted
Q_TURN = 5  # likewise those of the pair Q_PAIR
Q_PAIR = 6  # a hash of who asked whom, of whom no bin wants more rows as the first of their pair; NO_PAIR: none
Q_WORDS = 7  # the results; behind them, the bin of each rule, or NO_BIN
NEVER = 4611686018427387904  # as Q_NEXT and Q_TURN: none
NO_PAIR = -1
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
B_FAILS = 6  # whether its rows may break the rule, as far as early columns say
B_BEGIN = 7  # how many rows of all were met before its first, and before the next that is kept over time
B_TURN = 8
B_KEPT = 9  # rows kept to show
B_PAIRS = 10  # a hash of who asked whom in each of them
MOST_KEPT = 20
FIRST_KEPT = 5
KEPT_PER_PAIR = 2
B_RESULTS = 30

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

# Of a bin whose rows may break the rule, one is kept over time, and the next when as many rows of all more were met as
# since its first, shifted right by this.
TURN_SHIFT = 2

# A note, a row that is to be kept in a bin: the bin, how many rows were met before it, whether it is kept only over
# time, then the numbers of the row.
N_BIN = 0
N_NUMBER = 1
N_TURN = 2
N_ROW = 3

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
