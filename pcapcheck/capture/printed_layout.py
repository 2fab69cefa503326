"""Numbers shared by the transcript reader and the decoding loop: the header before a printed frame.

A printed frame is made from a line of tcpdump's text. What the line tells stands in ordinary ARP, IP and ICMP headers;
the header before them says which of their fields were told, and holds what the link's own header would.
"""

# Offsets, numbers in network order.
P_TOLD = 0  # bits, see below
P_IFINDEX = 4  # plus 1; 0 where it was not told
P_SENDER = 8  # 8 bytes: a MAC, a number from NO_MAC on that stands for a sender's address, or -1
P_DESTINATION = 16  # 8 bytes: a MAC, or -1
P_ETHERTYPE = 24  # 0 where it was not told
P_VLAN = 26  # plus 1
P_LENGTH = 28  # bytes on the wire, 0 where it was not told
PRINTED_BYTES = 32

NO_MAC = 1 << 48

# Bits of P_TOLD. Of a datagram inside another the inner one is meant.
TOLD_CAST = 1
TOLD_MANY = 2  # it was sent to a group
TOLD_TTL = 4
TOLD_ID = 8
TOLD_FRAGMENT = 16
TOLD_MF = 32
TOLD_LENGTH = 64
TOLD_PROTO = 128
TOLD_CODE = 256
TOLD_IDENT = 512
TOLD_SRC_PORT = 1024
TOLD_DST_PORT = 2048
TOLD_INNER = 4096  # the MACs inside VXLAN
TOLD_SENDER_MAC = 8192
TOLD_SENDER_IP = 16384
TOLD_TARGET_MAC = 32768
TOLD_TARGET_IP = 65536
TOLD_MTU = 131072
TOLD_DF = 262144
TOLD_QUOTE = 524288  # what an error quotes; else it was inferred, for the pairing of echoes alone
TOLD_DATA = 1048576  # the numbers of a TCP segment, by which data that is sent again is known
TOLD_WHOLE = 2097152  # they are those on the wire, by which the segment is known wherever it is seen
