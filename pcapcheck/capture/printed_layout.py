"""Numbers shared by the transcript reader and the decoding loop: the header before a printed frame.

A printed frame is made from a line of tcpdump's text. What the line holds stands in ordinary ARP, IP and ICMP headers;
the header before them says which of their fields are present, and holds what the link's own header would.
"""

# Offsets, numbers in network order.
P_PRESENT = 0  # bits, see below
P_IFINDEX = 4  # plus 1; 0 where absent
P_SENDER = 8  # 8 bytes: a MAC, a number from NO_MAC on that stands for a sender's address, or -1
P_DESTINATION = 16  # 8 bytes: a MAC, or -1
P_ETHERTYPE = 24  # 0 where absent
P_VLAN = 26  # plus 1
P_LENGTH = 28  # bytes on the wire, 0 where absent
P_SUMS = 32  # what the text says of checksums, a number of ``checksum_layout``
PRINTED_BYTES = 36

NO_MAC = 1 << 48

# Bits of P_PRESENT. Of a datagram inside another the inner one is meant.
PRESENT_CAST = 1
PRESENT_MANY = 2  # it was sent to a group
PRESENT_TTL = 4
PRESENT_ID = 8
PRESENT_FRAGMENT = 16
PRESENT_MF = 32
PRESENT_LENGTH = 64
PRESENT_PROTO = 128
PRESENT_CODE = 256
PRESENT_IDENT = 512
PRESENT_SRC_PORT = 1024
PRESENT_DST_PORT = 2048
PRESENT_INNER = 4096  # the MACs inside VXLAN
PRESENT_SENDER_MAC = 8192
PRESENT_SENDER_IP = 16384
PRESENT_TARGET_MAC = 32768
PRESENT_TARGET_IP = 65536
PRESENT_MTU = 131072
PRESENT_DF = 262144
PRESENT_QUOTE = 524288  # what an error quotes; else it was inferred, for the pairing of echoes alone
PRESENT_DATA = 1048576  # the numbers of a TCP segment, by which data that is sent again is known; what UDP carries
PRESENT_WHOLE = 2097152  # they are those on the wire: the segment, or the datagram of UDP, is known wherever it is seen
PRESENT_VXLAN = 4194304  # the text says that it is VXLAN, whatever its port
PRESENT_OTHER = 8388608  # it was sent to another MAC than that of the interface

# The sequence number of a bare ACK, which tcpdump does not print: far from those printed, which begin at 0 or 1.
UNPRINTED_SEQ = 1 << 31
