"""Texts: states, transcripts of captures and whatever stands between them, line by line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from pcapcheck.capture.text.lines import plain
from pcapcheck.capture.text.stamps import STAMP
from pcapcheck.redaction.dissector_lines import DissectorLines
from pcapcheck.redaction.hex_lines import is_hex_line, redact_hex
from pcapcheck.redaction.kernel_tables import networks_of, redact_kernel_table
from pcapcheck.redaction.known_names import KnownNames
from pcapcheck.redaction.kubernetes_lines import KubernetesLines
from pcapcheck.redaction.mapping import Mapping
from pcapcheck.redaction.name_tables import NameTables
from pcapcheck.redaction.said_names import SaidNames
from pcapcheck.redaction.word_redaction import WordRedaction

LEFT_OUT = "(payload left out)"
_NETWORK = re.compile(r"(?<![\d.])(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})/(\d{1,2})(?![\w.])")
_ADDRESS = re.compile(r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])")
_HEX_MASK = re.compile(r"netmask (0x[0-9a-f]{8})")
# Where tcpdump prints a packet.
_PACKET = re.compile(rf"\s*(?:\d+\s+)?(?:{STAMP}|IP6? |ARP, |\S+\s+(?:In|Out|P|B|M)\s+)")
# How -A begins: the characters of an IP header.
_CHARACTERS = re.compile(r"\s{0,8}(?:E[^\s]{0,3}|`)[.\x21-\x7e]{0,12}\.\.")
# What tcpdump prints of a payload behind the name of its protocol, and its verbose lines behind a tab.
_TOLD = re.compile(
    r"(: (?:HTTP|FTP|SMTP|SIP|RTSP|IMAP|POP3|RADIUS|LDAP|SNMP|NFS|SMB|TFTP)(?:, length(?:: \d+| \d+))?)[:,] \S.*"
)
# What people ask a server for, and as whom: users, keys and words of theirs.
_QUERY = re.compile(r"(\bhttps?://[^\s?#\"'<>]{1,500}\?)[^\s\"'<>]+")
_CREDENTIALS = re.compile(r"(\b[a-z][a-z0-9+]{1,20}://)[^\s/@\"']{1,200}:[^\s/@\"']{1,200}@")
_VERBOSE = re.compile(r"\t(?!.*(?:option|hop|address|mtu|prefix|lifetime|0x[0-9a-f]{4}:|length|group))")
# Words that people write: of a rule's comment, of what it puts before its lines of the log, and of an interface.
_COMMENT = re.compile(
    r"(?P<head>--comment |comment |--(?:nf)?log-prefix |\bprefix )\"(?P<text>(?:[^\"\\]|\\.)*)\""
    r"|/\* (?P<inner>.{0,2000}?) \*/"
    r"|(?P<bare>--comment |--(?:nf)?log-prefix |^\s+alias |^\s+altname (?!e[nt]|wl))(?P<word>(?<=alias )\S.*|[^\s\"]+)"
)
_WRITTEN = ("comment", "prefix", "alias", "altname", "/*")
# /etc/hosts: an address and its names.
_HOSTS = re.compile(r"/etc/hosts\b|hosts file")
_LISTED_HOSTS = re.compile(r"\s*[0-9a-fA-F:.]{3,45}((?:\s+[\w.-]{1,253})+)\s*(?:#.*)?")
_HOST = r"[A-Za-z][\w.-]{0,252}"
_ENDPOINTS = re.compile(
    rf"(?:(?P<one>{_HOST})|\S{{1,300}}) > (?P<two>{_HOST}):|who-has (?P<asked>{_HOST})"
    rf"|tell (?P<teller>{_HOST}?)(?=,|\s|$)|Reply (?P<shown>{_HOST}) is-at"
)
_OWN_COMMENT = re.compile(r"cali:[\w-]{16}")


class TextRedaction:
    """Redacts the lines of texts by one mapping; ``learn`` must have seen all of them before."""

    def __init__(self, mapping: Mapping) -> None:
        self.mapping = mapping
        self.known = KnownNames()
        self.words = WordRedaction(mapping, self.known)

    def learn(self, text: str) -> None:
        """Note the names and the networks that a text shows."""
        in_hosts = False
        tables, said = NameTables(), SaidNames()
        for line in text.splitlines():
            line = _clear(line)
            self.known.read_line(line)
            self.known.add_all(tables.take(line))
            self.known.add_all(said.take(line))
            listed = _LISTED_HOSTS.fullmatch(line)
            in_hosts = bool(_HOSTS.search(line)) or (in_hosts and (listed is not None or line[:1] in ("", "#")))
            if in_hosts and listed is not None:
                self.known.add_all(listed[1].split())
            if _PACKET.match(line):
                for match in _ENDPOINTS.finditer(line):
                    self.known.add_all(_host_of(name) for name in match.groups() if name)
            for address, size in _networks_in(line):
                self.mapping.addresses.learn_network(address, size)

    def redact(self, text: str) -> str:
        """A text with other addresses, MACs and names, and without payload."""
        lines = text.split("\n")
        return "\n".join(self._lines(_clear(line) for line in lines))

    def _lines(self, lines: Iterable[str]) -> Iterator[str]:
        packets = DissectorLines()
        documents = KubernetesLines(self.words.redact, self.words.name)
        shown: list[str] = []
        after_packet = in_characters = False
        for line in lines:
            bare = line.rstrip("\r")
            if is_hex_line(bare):
                shown.append(bare)
                continue
            if shown:
                yield from redact_hex(shown, self.mapping)
                shown = []
            is_packet = _PACKET.match(bare) is not None
            in_characters = not is_packet and (in_characters or (after_packet and bool(_CHARACTERS.match(bare))))
            if in_characters or (after_packet and _VERBOSE.match(bare)):
                yield LEFT_OUT if bare.strip() else bare
                continue
            after_packet = is_packet or (after_packet and bare[:1].isspace())
            in_document = documents.take(bare)
            said = self._line(packets.take(bare)) if in_document is None else in_document
            yield said + line[len(bare) :]
        if shown:
            yield from redact_hex(shown, self.mapping)

    def _line(self, line: str) -> str:
        in_table = redact_kernel_table(line, self.mapping)
        if in_table is not None:
            return self.words.redact(in_table) if not _ADDRESS.search(in_table) else in_table
        if "://" in line:
            line = _CREDENTIALS.sub(r"\1", _QUERY.sub(r"\1", line))
        if any(word in line for word in _WRITTEN):
            line = _COMMENT.sub(self._comment, line)
            if "\0" in line:
                # What was a comment is redacted already.
                parts = line.split("\0")
                return "".join(part if number % 2 else self.words.redact(part) for number, part in enumerate(parts))
        return self.words.redact(_TOLD.sub(r"\1", line))

    def _comment(self, match: re.Match[str]) -> str:
        inner = match["inner"]
        text = next(said for said in (inner, match["text"], match["word"]) if said is not None)
        said = text if _OWN_COMMENT.fullmatch(text) else self.words.name(text)
        if match["bare"] is not None:
            return f"\0{match['bare']}{said}\0"
        return f'\0{match["head"]}"{said}"\0' if inner is None else f"\0/* {said} */\0"


def _clear(line: str) -> str:
    """A line without what hides parts of it from people, such as colours; others as they are."""
    return line if line.isascii() and "\x1b" not in line and "&" not in line else plain(line)


def _host_of(name: str) -> str | None:
    """A host's name where a port may stand behind it."""
    head, dot, last = name.rpartition(".")
    return head if dot and (last.isdigit() or len(last) > 4 or "." not in head) else name


def _networks_in(line: str) -> Iterator[tuple[int, int]]:
    for match in _NETWORK.finditer(line):
        parts = [int(part) for part in match.groups()]
        if max(parts[:4]) < 256:
            yield int.from_bytes(bytes(parts[:4]), "big"), parts[4]
    addresses = [
        int.from_bytes(bytes(map(int, match[0].split("."))), "big")
        for match in _ADDRESS.finditer(line)
        if all(int(part) < 256 for part in match[0].split("."))
    ]
    masks = [address for address in addresses if address >> 24 == 255 and _is_mask(address)]
    if in_hex := _HEX_MASK.search(line):
        masks.append(int(in_hex[1], 16))
    for mask in masks:
        yield from ((address, mask.bit_count()) for address in addresses if address not in masks)
    yield from networks_of(line)


def _is_mask(value: int) -> bool:
    rest = value ^ 0xFFFFFFFF
    return rest & (rest + 1) == 0
