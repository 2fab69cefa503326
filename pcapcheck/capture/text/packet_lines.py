"""Which lines of a text belong to one packet.

A packet begins where a time precedes words with which tcpdump begins a packet, or, in a text without times, where those
words begin a line. Further lines belong to it: those that tcpdump indents, what is inside VXLAN, and what a terminal or
an editor broke off. Dumps of bytes (-x, -A) are skipped.
"""

from __future__ import annotations

import re
from itertools import pairwise, product

from msgspec import Struct, field

from pcapcheck.capture.host_names import HostNames
from pcapcheck.capture.text.link import BARE, parse
from pcapcheck.capture.text.names import MAC, PrintedAddresses
from pcapcheck.capture.text.printed_packet import PrintedPacket, count_present
from pcapcheck.capture.text.stamps import STAMP

# How much of a line is looked at: no packet takes more.
MOST_CHARACTERS = 4096
# The most lines of a packet, and the most pieces broken off a line.
MOST_LINES = 64
MOST_PIECES = 8
# Up to this many places where a blank may be missing, all combinations are tried.
MOST_OPEN = 5
LONGEST_PREFIX = 250
# What a terminal shows of the Ctrl-C that ends tcpdump, which then prints what it still holds.
INTERRUPT = "^C"
LOOK_AHEAD = 300
# The bytes of a line of -X, in hexadecimal and in ASCII, with the blanks between.
LONGEST_DUMPED = 80
LONGEST_REMARKED = 1200

_DEVICE = r"[^\s>]{1,20}\s+(?:In|Out|B|M|P)\s+"
# How packets begin whose protocol is known, and what else tcpdump prints on a link.
_WORDS = (
    r"IP6? ?\(|IP6? {1,2}\S|IP6?$|ARP, |arp (?:who-has|reply) |\[\|[a-z]|ip6?: |RARP|Reverse ARP"
    rf"|{MAC}(?: \(oui [^)]{{1,60}}\))? (?:>(?: |$)|{MAC}|Broadcast)|Broadcast >|AF [\w-]+ \("
    rf"|(?:{_DEVICE}|(?:In|Out|B|M|P)\s+)(?:ifindex |ethertype |{MAC}|IP6? |ARP, )"
    r"|LLDP, |STP 802|CDPv\d|LACPv\d|EAPOL |EAP packet |MPLS |PPPoE |802\.1|Loopback, |IPX [0-9a-f]{8}|IS-IS, |DTPv\d, "
    r"|UDLDv\d, |VTPv\d, |CFMv\d |AoE length |SLARP \(|truncated-ip"
)
_START = re.compile(rf"(?<![\w.:,-])({STAMP})(?:\.?[ \t]+)(?={_WORDS})")
# How such a time ends: literals first, which are found far faster than times.
_CLOCK_ENDS = re.compile(rf":\d\d(?:\.\d{{1,9}})?\.?[ \t]+(?={_WORDS})")
_FRACTION_ENDS = re.compile(r"\.\d{6}(?:\d{3})?\.?[ \t]")
# A time as exact as tcpdump's before words that it may have printed all the same.
_PERHAPS = re.compile(r"(?<![\w.:,-])((?:(?:\d{4}-\d\d-\d\d )?\d\d:\d\d:\d\d|\d{10})\.\d{6}(?:\d{3})?)[ \t]+(?=\S)")
_LIKELY = re.compile(r" > [^\s:]+(?::\S+)*:\s|, length:? \d")
_UNSTAMPED = re.compile(
    r"(?:IP6? \((?:tos|class|flowlabel|hlim) ?[^)]{3}"
    # An address, or a host's name with its domain or port; and something that is surely tcpdump's.
    r"|IP6? (?=\S*[.:\d]\S* > )\S{1,280} > (?=\S*[.:\d]\S*: )\S{1,280}: "
    r"(?= ?\[\|icmp|ICMP|Flags|UDP|VXLAN|OTV|sctp \(\d|IP6? |.{0,300}\blength \d"
    # DNS: an identifier with flags first, the message's size in the end.
    r"|\d{1,5}[-+*%$|]{0,6} .{1,1000} \(\d{1,5}\)\s*$"
    # The same shortened: a type and a name, or what became of it.
    r"|[A-Z][A-Z0-9]{0,9}\? \S|(?:NXDomain|ServFail|Refused|FormErr|NotImp)\b|\d{1,3}/\d{1,3}/\d{1,3}(?:\s|$))"
    # Names of one label need words that only tcpdump writes.
    r"|IP6? \S{1,280} > \S{1,280}: "
    r"(?=ICMP6?,? (?:echo|host|net|time|redirect|neighbor|\S+ (?:udp|tcp) port|\S+ unreachable)\b|Flags \[)"
    r"|IP6? truncated-ip6? - \d{1,5} bytes missing ?! ?\S{1,280} > \S{1,280}: "
    r"|ARP, (?:Ethernet|Request|Reply) "
    # Without the name of the protocol, as lines are where it was taken off together with the time.
    rf"|{BARE}"
    rf"|arp who-has \S+ tell |{MAC}(?: \(oui [^)]{{1,60}}\))? > (?:{MAC}|Broadcast)[ ,]"
    rf"|{_DEVICE}(?:IP6? \S{{1,280}} > |IP6? \(|ARP, |ifindex \d)|ip: \S{{1,280}} > |\[Invalid header: )"
)
_BARE = re.compile(BARE)
# What pasting puts before lines: quotes, comments, lists, counters, names of pods and containers, logs' own times.
_PREFIX = re.compile(
    r"[\s>#|*•·…–—+=$%»\"'`~-]*(?:\.{3}\s+)?"
    r"(?:\w{3} +\d{1,2} \d\d:\d\d:\d\d \S{1,80} \S{1,80}: )?"
    r"(?:\S{0,40}\d{4}-\d\d-\d\dT\S{1,40}\s+(?:std(?:out|err) [FP] )?)?"
    r"(?:\[[^\]]{0,80}\]\s*){0,2}"
    r"(?:[\w./@-]{1,100}\s*[|:>]\s+)?"
    r"(?:\d{1,9}[.):]?\s+)?"
    # A time that somebody masked.
    r"(?:[Xx#*]{2}:[Xx#*]{2}:[Xx#*]{2}(?:\.[Xx#*]{1,9})?\s+)?"
)
# What grep puts before a line's time: the file, the number of the line.
_GREPPED = re.compile(
    r"(?!\d\d:\d\d:\d\d(?!:))(?:[^\s:]{1,100}:)?(?:\d{1,9}:)?(?=(?:\d{4}-\d\d-\d\d )?\d\d:\d\d:\d\d\.\d|\d{10}\.\d)"
)
_HEX = re.compile(r"\s*0x[0-9a-f]{4,}:\s")
# Lines that are nothing but what a packet goes on with: of a dump of bytes, and as -v prints them.
_DUMPED = re.compile(r"[ \t]*0x[0-9a-f]{4,}:[ \t]+[0-9a-f]{2,4}(?:[ \t]|$)")
_HOST = r"(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-f]{0,4}(?:::?[0-9a-f]{1,4}){1,7}(?:::)?)(?:\.[a-z\d]{1,5})?"
_HEADER = re.compile(r"(?:\(tos|\bhlim|\(flowlabel|\(class) ?[^()]*(?:\([^()]*\)[^()]*)*\)$")
_DETAIL = re.compile(
    rf"[ \t]{{2,8}}(?:{_HOST} > {_HOST}: (?=ICMP |Flags \[|UDP, length|\d)|\(tos "
    rf"|(?:source|destination) link-address option \(\d\), length \d{{1,3}} \(\d\): {MAC}$)"
)
# What lines that are no packet's have behind their beginning.
_OF_OTHERS = ("tcpdump", "tshark", "listening on", "reading from", "dropped", "for full")
# The link header of -e: what surely begins one, and all of it to its end.
_LINK = re.compile(rf"(?:{_DEVICE}ifindex |(?:In|Out|B|M|P) +|)(?:{MAC}|Broadcast\b|ethertype )")
_LINK_LENGTH = re.compile(r".{0,300}?(?:0x[0-9a-f]{4}\)|802\.3|IPv[46]|ARP), length \d+: ")
# How lines of packets end.
_END = re.compile(
    r"(?:\blength:? \d+\)?(?:\s*\[[^\]]*\]|\s*\([\w -]+\))*(?::.*)?|\(\d+\)|\[\|\w+\]|\b(?:vni|instance) \d+"
    r"|\bip-proto-\d+(?: \d+)?|\btcp \d+|[?!]\))$"
)
# tcpdump takes the kernel's port of VXLAN for OTV's (print-otv.c); the two headers have the same shape.
_VXLAN = re.compile(r"(?:VXLAN, flags \[[^\]]*\] \(0x[0-9a-f]+\), vni|OTV, flags .{1,40}, instance) \d+$")
_TUNNEL = re.compile(r"\b(?:Geneve, Flags|GREv\d|BCM-LI|LISP|NSH|EtherIP|MPLS|PPP|L2TP)\b")
_ICMP_ERROR = re.compile(r": ICMP (?:.{1,200} unreachable\b|time exceeded|ip reassembly|redirect|parameter problem)")
_VERBOSE = re.compile(r"\((?:tos|hlim|class|flowlabel) |\(len \d+\)")
_ARP_OR_IP = re.compile(r"\b(?:IP6?|IPv[46]|ARP|arp|ip)\b| > \S{1,280}: ")
_ENDS = re.compile(r"\s*\S{1,280} > \S{1,280}:(?:\s|$)")
# An arrow and what somebody wrote after it.
_REMARK = re.compile(r"\s+(?:<-{1,9}|<={1,9}|<{2,9}|-{1,9}>|={1,9}>|[←⇐◄⬅→]|//|#|\|)(?:\s.{0,1000})?$")
_PAYLOAD = re.compile(r"\S{0,7}\.{2,}|[`E][^\s]{0,3}\.")
_INDENT = re.compile(r"\t|[ \t]{2}")
_LONE_DIGITS = re.compile(r"\d{1,5}$")


class PacketLines(Struct):
    """The lines of one packet, made plain; ``raw`` as they are in the text, ``first`` and ``last`` their numbers.

    ``packet`` is what they were read to, as long as they have the usual shape. ``device`` saw it, if another line says
    so.
    """

    first: int
    last: int
    stamp: str | None
    prefix: str
    lines: list[str]
    raw: list[str]
    dumped: bool = False
    pieces: list[tuple[int, str]] = field(default_factory=list)
    packet: PrintedPacket | None = None
    device: str | None = None

    def take(self, number: int, raw: str, line: str) -> bool:
        """Take a line, without its prefix, if it belongs to this packet; whether it does."""
        if _HEX.match(line):
            return True
        if self.dumped or self._is_payload(line):
            self.dumped = True
            return True
        if self._continues(line):
            if len(self.lines) < MOST_LINES:
                self.lines.append(line[:MOST_CHARACTERS])
                self._note(number, raw)
            return True
        return self._piece(number, raw, line)

    def close(self) -> list[tuple[int, str]]:
        """The lines taken that turned out not to belong to it, with their numbers."""
        pieces, self.pieces = self.pieces, []
        return pieces

    def wants_addresses(self) -> bool:
        """Whether the next line has to hold addresses, those after the header of -v."""
        text = remove_remark(self.lines[-1])
        return text.endswith(")") and bool(_HEADER.search(text))

    def wants_frame(self) -> bool:
        """Whether the next line may hold what is inside a tunnel (without a time, if this line has one)."""
        text = self.lines[-1].rstrip()
        if ("VXLAN" in text or "OTV" in text) and _VXLAN.search(text):
            return True
        return self.stamp is not None and bool(_TUNNEL.search(text))

    def goes_on(self, line: str) -> bool:
        """Whether a line that could begin a packet without a time rather belongs to this packet."""
        if self.wants_addresses() or self.wants_frame():
            return True
        if _BARE.match(line.lstrip()) and not is_whole(self.lines[-1]):
            # Broken off between the link's header and the addresses.
            return True
        indented = line.startswith(("    ", "\t")) or (self.stamp is not None and self._wants_quote())
        return indented and (self.verbose or self._wants_quote())

    def _wants_quote(self) -> bool:
        return bool(_ICMP_ERROR.search(self.lines[-1]))

    def _continues(self, line: str) -> bool:
        if self.pieces:
            return False
        if _UNSTAMPED.match(line.lstrip()) and self.wants_frame():
            return True
        if self.wants_addresses():
            return bool(_ENDS.match(line))
        if not self.verbose:
            return False
        if not line.startswith(("    ", "\t")):
            return self._wants_quote() and line.startswith(("(tos", "IP (tos"))
        # Some viewers indent what they break.
        return not (
            _open(self.lines[-1]) and any(is_whole(self.lines[-1] + glue + line.lstrip()) for glue in ("", " "))
        )

    @property
    def is_whole(self) -> bool:
        """Whether its last line ends as lines of packets do."""
        return not self.pieces and is_whole(self.lines[-1])

    @property
    def verbose(self) -> bool:
        """Whether tcpdump says more of this packet on lines of their own, as it does with -v."""
        return bool(_VERBOSE.search(self.lines[0])) or not _ARP_OR_IP.search(self.lines[0])

    def _piece(self, number: int, raw: str, line: str) -> bool:
        """Take a line that may be broken off the line before, and join them once they are whole."""
        before = self.lines[-1]
        if not self.pieces and _LONE_DIGITS.match(line) and before[-1:].isdigit() and len(before) > 60:
            self.lines[-1] = before + line
            self._note(number, raw)
            return True
        if not self.pieces and is_whole(before):
            return False
        self.pieces.append((number, line))
        joined = self._joined()
        if joined is not None:
            self.lines[-1] = joined
            for at, piece in self.pieces:
                self._note(at, piece)
            self.pieces = []
        return len(self.pieces) <= MOST_PIECES

    def _joined(self) -> str | None:
        """The last line and its pieces joined, if that makes it whole.

        Where a line was broken there may have been a blank, which pasting often takes away.
        """
        # Whatever indents the broken-off rest drops the blank that was there before.
        parts = [self.lines[-1], *(piece.lstrip() if _INDENT.match(piece) else piece for _, piece in self.pieces)]
        blank = [left[-1:].isspace() or right[:1].isspace() for left, right in pairwise(parts)]
        if sum(map(len, parts)) > MOST_CHARACTERS or not any(is_whole(glue.join(parts)) for glue in ("", " ")):
            return None
        open_ends = blank.count(False)
        few = open_ends <= MOST_OPEN
        joints = product(("", " "), repeat=open_ends) if few else (("",) * open_ends, (" ",) * open_ends)
        best, most = None, 0
        # Names that a wrong joint makes are nobody's.
        addresses = PrintedAddresses(HostNames())
        for joint in joints:
            glue = iter(joint)
            joined = parts[0]
            for part, known in zip(parts[1:], blank, strict=True):
                joined += ("" if known else next(glue)) + part
            packet = parse([*self.lines[:-1], joined], addresses) if is_whole(joined) else None
            # A word broken apart, or two run together, hold fewer fields.
            if packet is not None and packet.understood and count_present(packet) > most:
                best, most = joined, count_present(packet)
        return best

    def _is_payload(self, line: str) -> bool:
        """Whether a line is the payload in ASCII (-A), which shows other bytes as dots."""
        return line[:60].count(".") > 3 and bool(_PAYLOAD.match(line)) and is_whole(self.lines[-1])

    def _note(self, number: int, raw: str) -> None:
        self.last = max(self.last, number)
        self.raw.append(raw)
        self.packet = None


def is_whole(line: str) -> bool:
    """Whether a line ends as lines of packets do; with -e there is a length in the middle too."""
    link = _LINK_LENGTH.match(line)
    if link is None and _LINK.match(line):
        return False
    text = remove_remark(line[link.end() :] if link else line)
    return bool(_END.search(text[-300:])) and not _open(text)


def remove_remark(line: str) -> str:
    """A line without what somebody wrote after it, and blanks."""
    line = line.rstrip()
    return _REMARK.sub("", line).rstrip() if len(line) < LONGEST_REMARKED else line


def _open(text: str) -> bool:
    """Whether brackets are still open: the line was broken inside them."""
    return text.count("(") > text.count(")") or text.count("[") > text.count("]") + text.count("[|")


def starts(line: str) -> list[PacketLines]:
    """The packets that begin in a line, each up to the next, without the line's number; usually none or one."""
    grepped = _GREPPED.match(line)
    if grepped and grepped.end():
        return starts(line[grepped.end() :])
    if line.startswith(INTERRUPT):
        return starts(line[len(INTERRUPT) :])
    found = _stamped(line)
    if not found:
        return _unstamped(line)
    prefix = line[: found[0].start()]
    if len(prefix) > LONGEST_PREFIX or not _PREFIX.fullmatch(prefix):
        return []
    ends = [*(match.start() for match in found[1:]), len(line)]
    blocks = []
    for match, end in zip(found, ends, strict=True):
        text = line[match.end() : end]
        blocks.append(_block(match[1], prefix, text, line[match.start() : end].rstrip()))
        prefix = ""
    if len(blocks) == 1:
        blocks[0].raw = [line]
    return blocks


def _stamped(line: str) -> list[re.Match[str]]:
    """The times before the packets of a line."""
    # Nearly all lines begin with one and hold no other.
    first = _START.match(line, len(line) - len(line.lstrip(" \t")))
    behind = first.end() if first else 0
    exact = _FRACTION_ENDS.search(line, behind)
    found = [first] if first else []
    if exact or _CLOCK_ENDS.search(line, behind):
        found = list(_START.finditer(line))
    perhaps = _PERHAPS.search(line, 0, MOST_CHARACTERS) if exact and not found else None
    if perhaps and _LIKELY.search(line, perhaps.end(), perhaps.end() + LOOK_AHEAD):
        return [perhaps]
    return found


def begun_within(line: str) -> int:
    """Where a packet begins behind the end of another in a line that a mail program or an editor filled; 0: nowhere."""
    found = _stamped(line)
    return found[0].start() if found else 0


def only_goes_on(line: str, rest: str) -> bool:
    """Whether a line can be nothing but a further line of a packet; ``rest`` is the line without its prefix.

    Of a packet printed with -v, nearly all further lines are such; so are all dumps of bytes.
    """
    if len(rest) <= LONGEST_DUMPED and _DUMPED.match(rest):
        return True
    if not _DETAIL.match(rest) or _FRACTION_ENDS.search(line) or _CLOCK_ENDS.search(line):
        return False
    return not any(words in line for words in _OF_OTHERS)


def _unstamped(line: str) -> list[PacketLines]:
    prefix = _PREFIX.match(line)
    assert prefix is not None
    for start in dict.fromkeys((prefix.end(), len(line) - len(line.lstrip(" \t#>|*-")))):
        if _UNSTAMPED.match(line, start):
            return [_block(None, line[:start], line[start:], line)]
    return []


def _block(stamp: str | None, prefix: str, text: str, raw: str) -> PacketLines:
    return PacketLines(0, 0, stamp, prefix, [text[:MOST_CHARACTERS]], [raw])


def without_prefix(line: str, prefix: str) -> str:
    """A line after a packet's first, without what stands before that packet."""
    if prefix and line.startswith(prefix):
        return line[len(prefix) :]
    marks = prefix.rstrip()
    if not marks or not line.startswith(marks) or (marks[-1].isalnum() and line[len(marks) : len(marks) + 1].isalnum()):
        # A row's number is no part of an address that begins with the same digit.
        return line
    return line[len(marks) :].removeprefix(" ")
