"""Numbers shared by the scanning loops and their callers: which field stands in which row, and why a scan stopped.

They live apart from ``scan.py`` because there they become C integers, which Python code cannot see.
"""

# Fields of a record row.
OFFSET = 0
CAPTURED = 1
LENGTH = 2
TIME = 3
INTERFACE = 4
DIRECTION = 5
FIELDS = 6

# What the scan left in its state.
POSITION = 0
COUNT = 1
STATUS = 2
NEEDED = 3
ZEROS_ALLOWED = 4  # how many pcap records of nothing but zeros are accepted as records
TRUSTED = 5  # how many pcap records with an odd header may be taken for records
LATEST = 6  # seconds of the last pcap record, -1 before the first
STATE_SIZE = 7

# Why it stopped.
MORE = 0  # the window ends inside a record: NEEDED bytes from POSITION would complete it
FULL = 1  # the matrix is full
BLOCK = 2  # a pcapng block that is no packet stands at POSITION
TOO_LARGE = 3  # the record at POSITION claims more bytes than any frame may have
MALFORMED = 4  # the pcapng block at POSITION contradicts itself
NO_INTERFACE = 5  # the packet block at POSITION names an interface that was never described
ZEROS = 6  # the pcap record at POSITION is all zeros
SUSPECT = 7  # recorders do not write a pcap record header like that at POSITION

# Fields of a pcapng interface row.
UNITS = 0  # ticks per second, where the resolution is a power of ten
SHIFT = 1  # log2 of the ticks per second where it is a power of two, else -1
SECONDS = 2  # if_tsoffset
SNAPLEN = 3
DROPS = 4  # sum of epb_dropcount
GLOBAL = 5  # number of the interface within the capture, over all sections
LARGEST = 6  # bytes of the largest frame that is believed
INTERFACE_FIELDS = 7

ABSENT_TIME = -0x7FFFFFFFFFFFFFFF
LARGEST_FRAME = 262144  # libpcap's MAXIMUM_SNAPLEN, Wireshark's WTAP_MAX_PACKET_SIZE_STANDARD
LARGEST_BLOCK = 1 << 24  # libpcap's INITIAL_MAX_BLOCKSIZE
LARGEST_SECONDS = 9223372035
# Between two records of one capture there is seldom more; nobody sets a clock by less than that unnoticed.
DAY = 86400

# What is searched for after damage. A single record may be payload that looks like a record; CHAIN in a row are not.
CHAIN = 4
LARGEST_LENGTH = 1 << 20  # on the wire; no segment handed down to a card is longer
LARGEST_SALVAGED_BLOCK = 1 << 20

SECTION_HEADER = 0x0A0D0D0A
INTERFACE_DESCRIPTION = 1
OBSOLETE_PACKET = 2
SIMPLE_PACKET = 3
NAME_RESOLUTION = 4
INTERFACE_STATISTICS = 5
ENHANCED_PACKET = 6
JOURNAL_ENTRY = 9
DECRYPTION_SECRETS = 10
BYTE_ORDER_MAGIC = 0x1A2B3C4D
# Here since Cython makes a Python object of a literal beyond 31 bits.
LOW_WORD = 0xFFFFFFFF
