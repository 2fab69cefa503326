"""What people hand in that is no capture in pcap or pcapng, by its first bytes, and what to do with it."""

from __future__ import annotations

import re
import struct

from msgspec import Struct

from pcapcheck.capture.pinged import summary

# Enough first bytes for everything below.
ENOUGH = 4096

_CONVERT = "convert it: editcap -F pcap IN OUT"
_UNPACK = "unpack it first"
_EXPORT = "give the capture that it was made from, or record with tcpdump -w"
_RECORD = "record with tcpdump -w"
_RULES = "judge a capture by it: --rules FILE"
PING = "ping's own output"
ZEROS = "zeros where a capture begins"
_UNWRITTEN = "the recording was not written, or the copy failed"
_PINGED = "a capture shows why: run tcpdump -w on the pod's cali interface while ping runs"
_LISTED = "give what the commands on the node print (pcapcheck node-script), or of pods: kubectl get pods -A -o json"


class Foreign(Struct, frozen=True):
    """What a file is, and what to do with it; ``vague`` where its kind is known and not what it is about.

    ``shows``: what it shows all the same.
    """

    what: str
    cure: str
    vague: bool = False
    shows: str = ""

    @property
    def is_archive(self) -> bool:
        return self.what in _ARCHIVES

    @property
    def said(self) -> str:
        """What it is, what it shows, and what to do."""
        return f"{self.what} ({self.shows}); {self.cure}" if self.shows else f"{self.what} cannot be read; {self.cure}"


# First bytes -> what it is, and what to do. Sources: Wireshark's wiretap/file_access.c and the modules that it names,
# the magic files of file(1).
# Relatives that share the look of a pcap magic but not its layout, in either byte order.
_RELATIVES = (
    (0xA1B234CD, ("a pcap variant that was reserved and never specified", _RECORD)),
    (0xA12B3C4D, ("Navtel's pcap variant", "export it as pcap where it was recorded")),
    (0xA1B2C3CB, ("a saved BPF filter, not a capture", _RECORD)),
)
_MAGICS: dict[bytes, tuple[str, str]] = {
    b"snoop\0\0\0": ("a snoop capture (Solaris)", _CONVERT),
    b"btsnoop\0": ("a Bluetooth capture (btsnoop)", _CONVERT),
    b"RTSS": ("a Microsoft Network Monitor 1 capture", _CONVERT),
    b"GMBU": ("a Microsoft Network Monitor 2 capture", _CONVERT),
    b"TR\0d\0": ("an HP-UX nettl trace", _CONVERT),
    b"\0\0\0\x01\0\0\0\0\0\x07\xd0\0": ("an HP-UX 9 nettl trace", _CONVERT),
    b"TRSNIFF data    \x1a": ("a Sniffer capture", _CONVERT),
    b"XCP\0": ("a NetXRay or Sniffer for Windows capture", _CONVERT),
    b"VL\0\0": ("an old NetXRay capture", _CONVERT),
    b"iptrace 1.0": ("an AIX iptrace capture", _CONVERT),
    b"iptrace 2.0": ("an AIX iptrace capture", _CONVERT),
    b"LOGG": ("a BLF log (Vector)", _CONVERT),
    b"\0\0\x02\0\x12\x05\0\x10": ("a Tektronix K12 capture", _CONVERT),
    b"+---------+---------------+----------+": ("a Tektronix K12 text file", _CONVERT),
    b"ObserverPktBuf": ("a Network Instruments Observer capture", _CONVERT),
    b"\x7fver": ("an EtherPeek or OmniPeek capture", _CONVERT),
    b"\xaa\xaa\xaa\xaa": ("a 5Views capture", _CONVERT),
    b"\x05VNF": ("a Visual Networks capture", _CONVERT),
    b"EyeSDN": ("an EyeSDN trace", _CONVERT),
    b"Session Transcript": ("a Catapult DCT2000 trace", _CONVERT),
    b"LPKSHHRH": ("a systemd journal", _RECORD),
    b"PK\x03\x04": ("a zip archive", _UNPACK),
    b"PK\x05\x06": ("an empty zip archive", _UNPACK),
    b"7z\xbc\xaf\x27\x1c": ("a 7z archive", _UNPACK),
    b"Rar!\x1a\x07": ("a RAR archive", _UNPACK),
    b"\x1f\x9d": ("a file packed by compress (.Z)", "unpack it first: uncompress"),
    b"LZIP": ("an lzip file", _UNPACK),
    b"\x89LZO\0": ("an lzop file", _UNPACK),
    b"MSCF": ("a Windows cabinet", _UNPACK),
    b"!<arch>\n": ("a Debian package or ar archive", _UNPACK),
    b"070701": ("a cpio archive", _UNPACK),
    b"\x7fELF": ("an ELF program or core dump", _RECORD),
    b"MZ": ("a Windows program", _RECORD),
    b"#!": ("a script", _RECORD),
    b"%PDF": ("a PDF document", _EXPORT),
    b"\x89PNG": ("a picture", _EXPORT),
    b"\xff\xd8\xff": ("a picture", _EXPORT),
    b"GIF8": ("a picture", _EXPORT),
    b"SQLite format 3\0": ("an SQLite database", _EXPORT),
    b"PAR1": ("a Parquet table", _EXPORT),
    **{struct.pack(f"{order}I", magic): said for order in "<>" for magic, said in _RELATIVES},
}
# Words that a line of a text begins with. Sources: iputils (ping.c, ping_common.c) and busybox; printk.
_PING = (
    rb"(?:PING6? [^ ]+ ?\(|\d+ bytes from [^ ]+( \([^ )]+\))?: .{0,30}(icmp_)?seq=\d+"
    rb"|From [^ ]+ ((\([^ )]+\) )?icmp_seq=\d+ )|-{3} [^ ]+ ping6? statistics -{3}|\d+ packets transmitted, \d+ )"
)
_PING_LINE = re.compile(_PING)

# The same for what has no fixed first bytes: text, and formats known by more than one place in them.
_PATTERNS: tuple[tuple[re.Pattern[bytes], str, str], ...] = (
    (re.compile(rb"(?s).{257}ustar"), "a tar archive", _UNPACK),
    (re.compile(rb"(?i)\s*<(!doctype html|html|head)\b"), "a web page", "download the file itself"),
    (re.compile(rb"\s*<\?xml\b(?s:.*)<[pP]dml\b"), "tshark's output (-T pdml)", _EXPORT),
    (re.compile(rb"\s*<\?xml\b"), "an XML document", _EXPORT),
    (re.compile(rb"\s*\[\s*\{\s*\"_index\""), "tshark's output (-T json)", _EXPORT),
    (re.compile(rb"\s*\{\s*\"index\""), "tshark's output (-T ek)", _EXPORT),
    (re.compile(rb"\s*\{\s*\"(schema\": \"pcapcheck/|type\": \"(capture|skipped|rule)\", \")"),
     "a report of pcapcheck", _EXPORT),
    (re.compile(rb"\s*(\{\s*[\"}]|\[\s*[\[{\"\]])"), "a JSON document", _EXPORT),
    (re.compile(rb"No\.\s+Time\s+Source\s+Destination|\s*\d+\s+\d+\.\d+\s+\S+ (\xe2\x86\x92|->) \S+ "),
     "Wireshark's or tshark's text", _EXPORT),
    (re.compile(rb"\"No\.\",\"Time\""), "Wireshark's packet list as CSV",
     "export all its columns and rows, or the packets: File, Export Specified Packets"),
    (re.compile(rb"(frame|ip|ipv6|eth|arp|icmp|tcp|udp|_ws)\.[\w.]+[\t,]"), "tshark's output (-T fields)",
     "print the fields' names above the rows (-E header=y), or give the capture that it was made from"),
    (re.compile(rb"(?s).{0,200}Microsoft-Windows-PktMon"), "pktmon's text",
     "convert its recording: pktmon etl2pcap FILE.etl"),
    (re.compile(rb"(0x)?0000(0000)?:? +([0-9a-fA-F]{2,4}[ -]+){4}"), "a hex dump", "make a capture of it: text2pcap"),
    (re.compile(rb"__CURSOR="), "an exported systemd journal", _RECORD),
    (re.compile(rb"(?s)(.{0,400}\n)?" + _PING), PING, _PINGED),
    (re.compile(rb"(PASS|WARN|FAIL|NOT CHECKED)\s{1,4}\S.{0,400}\n +\d+ of \d+ rules checked"),
     "a report of pcapcheck", _EXPORT),
    (re.compile(rb"(?s)(.{0,1000}\n)?(extends|adjust|captures|require):[ \n]"
                rb"|(.{0,400}\n)?id: [a-z0-9-]+\n.{0,4000}?\n(select|expect|severity|explains):"),
     "a file of rules or expectations", _RULES),
    (re.compile(rb"(?s)(.{0,400}\n)?(apiVersion: .{0,400}\nkind: |kind: .{0,400}\napiVersion: )"),
     "a Kubernetes object in YAML", _LISTED),
    (re.compile(rb"(?s)(.{0,200}\n)?(<\d+>)?\[ {0,8}\d+\.\d{6}\] \S"), "a kernel log (dmesg)", _RECORD),
    (re.compile(rb"(?s)(.{0,200}\n)?([A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT[\d:.]{8,15}\S{0,6}) "
                rb"[\w.-]+ [\w./@-]+(\[\d+\])?: "),
     "a system log", _RECORD),
    (re.compile(rb"(?s)\0{64}"), ZEROS, "copy it again"),
)  # fmt: skip


_TEXT = re.compile(rb"[\t\n\r\x20-\x7e]*")

# Of these only the form or the beginning is known: a node's state may be in it.
_VAGUE = ("a JSON document", "a Kubernetes object in YAML", "a kernel log (dmesg)", "a system log", PING)
# Of these the files are read.
_ARCHIVES = ("a zip archive", "a tar archive")


def recognise(head: bytes) -> Foreign | None:
    """What a file that begins with these bytes is, and what to do with it; None where nothing is known of it."""
    for magic, (what, cure) in _MAGICS.items():
        if head.startswith(magic):
            return Foreign(what, cure)
    for pattern, what, cure in _PATTERNS:
        if pattern.match(head):
            shows = _UNWRITTEN if what == ZEROS else ""
            if what == PING:
                shows = summary(head.decode("utf-8", "replace").splitlines())
            return Foreign(what, cure, what in _VAGUE, shows)
    if _is_headless(head):
        return Foreign("pcapng without its section header", "the beginning is missing; copy it again")
    if _is_erf(head):
        return Foreign("an Endace ERF capture", _CONVERT)
    return None


def is_of_ping(line: str) -> bool:
    """Whether ping prints such a line."""
    return _PING_LINE.match(line.strip().encode("utf-8", "replace")) is not None


def _is_headless(head: bytes) -> bool:
    """Whether this begins with another block of a pcapng file than a section header: an interface or a packet."""
    for order in "<>":
        if len(head) >= 8:
            block_type, total = struct.unpack(order + "II", head[:8])
            if 1 <= block_type <= 6 and 12 <= total <= len(head) and head[total - 4 : total] == head[4:8]:
                return True
    return False


def _is_erf(head: bytes) -> bool:
    """Whether two records follow each other as ERF has them: type in byte 8, record length in bytes 10 and 11."""
    # The lengths of two packets hold bytes that no text has.
    if _TEXT.fullmatch(head[:64]):
        return False
    position = 0
    for _ in range(2):
        if len(head) < position + 16:
            return False
        record_type, flags, size, _lost, wire = struct.unpack_from(">BBHHH", head, position + 8)
        if not 1 <= record_type & 0x7F <= 48 or flags & 0xC0 or size < 16 or not wire:
            return False
        position += size
    return True
