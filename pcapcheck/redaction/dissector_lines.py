"""What tshark prints of a packet's fields (-T json, ek, pdml and fields) and in its list: payload is left out of it."""

from __future__ import annotations

import re

# Protocols whose fields are headers; of others only the name stays.
_PROTOCOLS = "frame eth vlan sll arp ip ipv6 icmp icmpv6 igmp tcp udp sctp vxlan dns _ws ws"
_HEADERS = frozenset(_PROTOCOLS.split())
# Of these protocols too, fields with bytes or words of a payload.
_PAYLOADS = re.compile(
    r"(?:\w+_)?(?:tcp|udp|icmp|icmpv6|frame|dns|sctp)[._](?:payload|segment_data|data|comment|file_data|txt|reassembled\S*"
    r"|\S*[._]data|pkt_comment|options)"
)
_FIELD = re.compile(r'"(?P<name>\w+(?:[._][\w.]+)?)"(?P<colon>\s*:\s*)(?P<value>"(?:[^"\\]|\\.)*"|\[[^\[\]{}]*\])')
# The same in XML, where each field is there in bytes too; addresses in these would not be found.
_ELEMENT = re.compile(r'(?P<begin><(?P<kind>field|proto) name="(?P<name>[^"]*)")(?P<rest>[^<>]*)')
_GENERAL = ("num", "len", "caplen", "timestamp")
_IN_BYTES = re.compile(r' (?:unmasked)?value="[^"]*"')
_SHOWN = re.compile(r' (?:show|showname)="[^"]*"')
_IN_DOCUMENT = re.compile(r'\s*(?:[\[\]{}",\d-]|true|false|null|$)')
_HEADING = re.compile(r'"?(?:frame|eth|ip|ipv6|tcp|udp|arp|icmp|_ws)\.[\w.]+"?(?P<separator>[\t,;| ])')
_NAME = re.compile(r'"?[a-z_]\w*(?:\.\w+)*"?', re.IGNORECASE)
# The info of a list: what is asked for, and of whom.
_ASKED = re.compile(r"\b(GET|POST|PUT|DELETE|HEAD|PATCH|OPTIONS|CONNECT|TRACE) \S+(?= HTTP/|\s|\"|$)")
# The details of a packet (-V): where those of one begin, sections about headers, and bytes in any of them.
_DETAILS = re.compile(r"Frame \d+: \d+ bytes on wire")
_SECTIONS = re.compile(
    r"Frame \d|Packet comments|Ethernet II|IEEE 802|802\.1Q|Linux cooked|Raw packet|Null/Loopback|Address Resolution|"
    r"Internet Protocol|Internet Control|Internet Group|User Datagram|Transmission Control|Stream Control|Virtual eX|"
    r"Domain Name System|Multicast Domain|Generic Routing"
)
_TITLE = re.compile(r"[A-Z][\w ./()-]*(?:[,:].*)?$")
_BYTES = re.compile(r"(\s+(?:Data|Payload|TCP segment data|[\w ]*[Pp]ayload|Content)[^:]*: ).*")
_NAMED = re.compile(r"\b(SNI=|Host: |User-Agent: |Cookie: |Authorization: )[^\s),\"]+.*")


class DissectorLines:
    """Follows the lines of a text, and leaves out payload where fields of packets are printed."""

    def __init__(self) -> None:
        self._in_document = False
        # Of the details of packets: None outside of them, else whether the section is about a header.
        self._in_headers: bool | None = None
        self._separator = ""
        self._kept: list[bool] = []

    def take(self, line: str) -> str:
        """The next line without payload."""
        if "<field " in line or "<proto " in line:
            return _ELEMENT.sub(_element, line)
        if '"layers"' in line:
            self._in_document = True
        elif self._in_document and not _IN_DOCUMENT.match(line):
            self._in_document = False
        if self._in_document:
            return _FIELD.sub(_without_payload, line)
        if self._in_headers is not None or _DETAILS.match(line):
            return self._details(line)
        if self._begins_columns(line):
            return line
        if self._kept:
            return self._columns(line)
        return _NAMED.sub(r"\1…", _ASKED.sub(r"\1 /", line))

    def _details(self, line: str) -> str:
        """A line of -V: of sections about payload only the title stays."""
        if line.strip() and not line[0].isspace():
            if not _TITLE.match(line):
                self._in_headers = None
                return line
            self._in_headers = _SECTIONS.match(line) is not None and not line.startswith("Packet comments")
            return line if self._in_headers else re.split("[,:]", line, maxsplit=1)[0]
        if not self._in_headers:
            return "    …" if line.strip() else line
        return _BYTES.sub(r"\1…", line)

    def _begins_columns(self, line: str) -> bool:
        match = _HEADING.match(line)
        if match is None:
            return False
        names = line.split(match["separator"])
        if not all(_NAME.fullmatch(name.strip()) for name in names):
            return False
        self._separator = match["separator"]
        self._kept = [_is_header(name.strip().strip('"')) for name in names]
        return True

    def _columns(self, line: str) -> str:
        cells = line.split(self._separator)
        if len(cells) != len(self._kept):
            # Another number of columns: something else begins, or a cell holds the separator.
            self._kept = self._kept if self._separator in line else []
            return self._separator.join(cells[:1]) if self._kept and not all(self._kept) else line
        cells = [cell if kept else "" for cell, kept in zip(cells, self._kept, strict=True)]
        return _ASKED.sub(r"\1 /", self._separator.join(cells))


def _element(match: re.Match[str]) -> str:
    """A field or a protocol in XML: no bytes, and of payload only its name."""
    rest = _IN_BYTES.sub("", match["rest"])
    name = match["name"]
    is_plain = match["kind"] == "field" and "." not in name and name not in _GENERAL
    if is_plain or not _is_header(name):
        rest = _SHOWN.sub("", rest)
    return match["begin"] + _ASKED.sub(r"\1 /", rest)


def _is_header(name: str) -> bool:
    if _PAYLOADS.fullmatch(name):
        return False
    return "." not in name or name.partition(".")[0] in _HEADERS


def _without_payload(match: re.Match[str]) -> str:
    name = match["name"]
    protocol = re.split(r"[._]", name.lstrip("_"), maxsplit=1)[0]
    is_plain = "." not in name and "_" not in name
    if is_plain or name.startswith("_") or (protocol in _HEADERS and not _PAYLOADS.fullmatch(name)):
        return _ASKED.sub(r"\1 /", match[0])
    empty = '""' if match["value"][0] == '"' else "[]"
    return f'"{name}"{match["colon"]}{empty}'
