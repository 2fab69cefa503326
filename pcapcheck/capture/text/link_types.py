"""Link layers as tcpdump tells them apart, by their LINKTYPE_ numbers (tcpdump.org/linktypes.html)."""

from __future__ import annotations

NULL, ETHERNET, RAW, COOKED, COOKED2 = 0, 1, 101, 113, 276
# The words of cooked captures (print-sll.c) -> direction (0 in, 1 out) and whether it was multicast.
DIRECTIONS = {"In": (0, False), "B": (0, True), "M": (0, True), "P": (0, False), "Out": (1, None)}
# The one of frames for another MAC than the interface's.
FOREIGN = "P"
