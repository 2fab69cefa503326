"""Numbers shared by the loops that gather sightings and find translated packets, and their callers.

They live apart from the loops because there they become C integers, which Python code cannot see.
"""

# Sightings of one packet follow each other within this time (nanoseconds); a later one with the same identity is
# another packet.
SAME_PACKET = 1_000_000_000
# How many packets of a chain, and sightings of a packet, are looked at: more occur only if somebody made them on
# purpose.
CHAIN_LIMIT = 64
# Where the number of a spot begins in what ``tokens_of`` numbers: above TTL and tunnel.
TOKEN_SPOT = 10
# Where chains begin is more than the processor's cache holds: it is looked for this many rows ahead.
AHEAD = 16
# Times further than 73 years from 1970 are taken for these, so that differences fit into 64 bits.
LATEST = 1 << 61
# What is known of a request: that there is no reply to it, that there is one, that its numbers were used again.
SILENT = 0
ANSWERED = 1
AGAIN = 2
# The lower half of a number.
LOW = 0xFFFFFFFF
# The TTL in a text that shows none, and how soon a node forwards a packet (nanoseconds).
ABSENT_TTL = 0
AT_ONCE = 10_000_000
