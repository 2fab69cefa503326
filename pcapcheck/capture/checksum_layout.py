"""Numbers shared by the transcript reader and the decoding loop: what the checksums of a frame are.

Four of them stand in one number, SUM_BITS wide each. From the lowest bits on: the innermost IPv4 header, what it
carries (ICMP, TCP or UDP), the outermost IPv4 header, the UDP datagram that carries a tunnel.
"""

SUM_OK = 0
SUM_WRONG = 1
SUM_UNFILLED = 2
SUM_UNKNOWN = 3
SUM_ABSENT = 7
SUM_BITS = 3
NO_SUMS = 0xFFF
