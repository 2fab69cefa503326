"""Words of a line: addresses, MACs and names, wherever they stand, become what the mapping says."""

from __future__ import annotations

import ipaddress
import re

from pcapcheck.redaction.known_names import KnownNames
from pcapcheck.redaction.mapping import Mapping
from pcapcheck.values import format_mac

_HEX = "0-9A-Fa-f"
_PAIRS = re.compile(rf"[{_HEX}]{{1,2}}(?:[:-][{_HEX}]{{1,2}}){{5}}")
_ADDRESS = r"(?<![0-9])(?<![0-9]\.)\d{1,3}(?:\.\d{1,3}){3}(?![0-9])"
_IPV4 = re.compile(rf"{_ADDRESS}(?:/\d{{1,2}}(?![\w.]))?")
# In the order in which they are tried at each place of a line.
_KINDS = {
    "reverse": r"(?:[0-9a-fA-F]{1,3}\.){1,32}(?:in-addr|ip6)\.arpa",
    # What netfilter logs of an Ethernet header: two MACs and the ethertype.
    "header": rf"(?<![\w:])[{_HEX}]{{2}}(?::[{_HEX}]{{2}}){{13}}(?![\w:])",
    # More than an EUI-64 has: bytes of a payload, identifiers of machines.
    "bytes": rf"(?<![\w:])[{_HEX}]{{2}}(?:[:-][{_HEX}]{{2}}){{8,}}(?![\w:])",
    # The end of a MAC behind its maker's name, as tshark resolves it.
    "maker": rf"(?<![\w:])[A-Z][\w-]{{1,15}}_[{_HEX}]{{2}}(?::[{_HEX}]{{2}}){{2}}(?![\w:])",
    "mac": rf"(?<![\w:])(?<![\w]-){_PAIRS.pattern}(?![{_HEX}]|[:-][{_HEX}])",
    "dotted": rf"(?<![\w.])[{_HEX}]{{4}}\.[{_HEX}]{{4}}\.[{_HEX}]{{4}}(?![\w.])",
    "ipv4": _IPV4.pattern,
    # Bounded, or long lines would be gone over again from each place.
    "colons": r"(?:[\w.%-]{0,80}:){2,}[\w.%-]{0,80}(?:/\d{1,3}(?![\w.]))?",
    "token": r"\w[\w.-]*",
}
_INNER_MAC = re.compile(rf"(?<![\w:]){_PAIRS.pattern}(?![\w:])")
_WORD = re.compile("|".join(f"(?P<{kind}>{pattern})" for kind, pattern in _KINDS.items()))
# Ends of pod links on a node: Calico's, possibly cut, and those of other networks (pcapcheck/networks.py).
_LINK = re.compile(
    r"(?<![0-9A-Za-z])(?:cali(?=[0-9a-f]{5,11}(?![0-9a-z]))"
    r"|(?:eni|azv|azveth|gke|lxc|veth|vethwepl|tap)(?=[0-9a-f]{7,12}(?![0-9a-z])))[0-9a-f]+"
)
_UNIQUE = rf"(?<!\w)[{_HEX}]{{8}}(?:-[{_HEX}]{{4}}){{3}}-[{_HEX}]{{12}}(?!\w)"
_DIGEST = rf"(?<!\w)(?=[{_HEX}]*[a-fA-F])[{_HEX}]{{64}}(?!\w)"
# What may stand inside a word.
_EMBEDDED = re.compile(rf"(?P<address>{_ADDRESS})|(?P<link>{_LINK.pattern})|(?P<unique>{_UNIQUE}|{_DIGEST})")
# Parts of texts that are names which are mapped as what they are; a port may stand behind an address.
_MEANT = re.compile(
    rf"{_IPV4.pattern}(?::\d{{1,5}}(?!\w))?|{_LINK.pattern}|{_KINDS['mac']}"
    r"|(?<![\w:.-])\[?[0-9A-Fa-f]{0,4}:[0-9A-Fa-f:.]{1,40}\]?(?:/\d{1,3}|:\d{1,5})?(?!\w)"
)
# Names that are made of an address, as clouds and cluster DNS make them, or of a MAC, as udev and switches do.
_OF_ADDRESS = re.compile(r"(?<![\w-])(?:[A-Za-z][\w-]*-)?\d{1,3}(?:-\d{1,3}){3}(?![\w-])")
_OF_MAC = re.compile(
    rf"(?<![0-9A-Za-z])(?P<lead>enx|wlx|0x)?(?=[0-9]*[a-fA-F])(?P<digits>[{_HEX}]{{12}})(?![0-9A-Za-z])"
)
# What Calico calls the sessions of BIRD: Mesh_10_0_0_1 (confd/etc/calico/confd/templates/bird.cfg.template).
_SESSION = re.compile(rf"(?<!\w)(?P<lead>(?:Mesh|Global|Node)_)(?P<address>[{_HEX}_]{{3,39}})(?!\w)")
_DOMAIN = re.compile(
    r"(?:[A-Za-z0-9_](?:[\w-]*\w)?\.)+(?:com|org|net|io|edu|gov|int|local|internal|intern|corp|lan|home|cloud|dev|app|"
    r"de|fr|uk|ch|at|nl|eu|us|ru|cn|jp|in|br|se|no|fi|dk|pl|it|es)"
)
# Domains that software has its own names under.
_SOFTWARE = re.compile(
    r"(?:.*\.)?(?:k8s|kubernetes|docker|quay|gcr|ghcr|tigera|cilium|coreos)\.io|.*projectcalico\.org"
)
_MASKS = ("128.0.0.0", "192.0.0.0")
_BLANKS = re.compile(r" {2,}")
_TRAILING_ZEROS = 30


class WordRedaction:
    """Replaces words of lines. ``known`` are the names that inputs show where it is clear what they are."""

    def __init__(self, mapping: Mapping, known: KnownNames) -> None:
        self.mapping = mapping
        self.known = known

    def redact(self, line: str) -> str:
        """The line with other addresses, MACs and known names, its columns where they were if there is room."""
        out: list[str] = []
        at = shift = 0
        for match in _WORD.finditer(line):
            between = line[at : match.start()]
            new = self._of(match)
            between, shift = _take_up(between, shift)
            out += [between, new]
            shift += len(new) - len(match[0])
            at = match.end()
        out.append(_take_up(line[at:], shift)[0])
        return "".join(out)

    def name(self, text: str) -> str:
        """A word that is known to be a name; addresses and cali names in it are mapped as such."""
        out: list[str] = []
        at = 0
        for match in _MEANT.finditer(text):
            said = self.redact(match[0])
            if said == match[0] and _IPV4.search(said) is None:
                continue
            out += [self._named(text[at : match.start()]), said]
            at = match.end()
        return "".join([*out, self._named(text[at:])])

    def _named(self, text: str) -> str:
        return self.mapping.name(text) if text else text

    def _of(self, match: re.Match[str]) -> str:
        text = match[0]
        kind = match.lastgroup
        if match["ipv4"]:
            return self._ipv4(match["ipv4"])
        if kind == "token":
            return self._token(text)
        if kind == "mac":
            return self._mac(text)
        if kind == "colons":
            return self._colons(text)
        if kind == "header":
            return f"{self._mac(text[:17])}:{self._mac(text[18:35])}{text[35:]}"
        if kind == "bytes":
            return re.sub(rf"[{_HEX}]", "0", text)
        if kind == "maker":
            end = format_mac(self.mapping.addresses.last24(int(text[-8:].replace(":", ""), 16)))
            return text[:-8] + end[-8:]
        if kind == "dotted":
            digits = f"{self.mapping.mac(int(text.replace('.', ''), 16)):012x}"
            return ".".join(digits[at : at + 4] for at in (0, 4, 8))
        # A name of the reverse zones.
        return self.mapping.name(text)

    def _mac(self, text: str) -> str:
        separator = "-" if "-" in text else ":"
        parts = text.split(separator)
        image = format_mac(self.mapping.mac(int("".join(part.zfill(2) for part in parts), 16))).split(":")
        short = any(len(part) == 1 for part in parts)
        image = [part.lstrip("0") or "0" for part in image] if short else image
        said = separator.join(image)
        return said.upper() if text.upper() == text and text.lower() != text else said

    def _ipv4(self, text: str) -> str:
        """An address with or without the size of its network."""
        bare, slash, size = text.partition("/")
        parts = [int(part) for part in bare.split(".")]
        if max(parts) > 255 or bare in _MASKS:
            return text
        address = int.from_bytes(bytes(parts), "big")
        bits = int(size) if slash else 32
        if bits <= _TRAILING_ZEROS and not address & ((1 << (32 - bits)) - 1):
            image = self.mapping.network4(address, bits)
        else:
            image = self.mapping.ipv4(address)
        return f"{ipaddress.IPv4Address(image)}{slash}{size}"

    def _colons(self, text: str) -> str:
        """An IPv6 address, perhaps with a port, a zone or words around it; a time; words with colons."""
        bare = text.rstrip(":") if not text.endswith("::") else text
        tail = text[len(bare) :]
        for skip in (0, 1, 2):
            head = ":".join(bare.split(":")[:skip]) + ":" if skip else ""
            said = self._ipv6(bare[len(head) :])
            if said is not None:
                return f"{self._pieces(head)}{said}{tail}"
        return self._pieces(bare) + tail

    def _pieces(self, text: str) -> str:
        # As of a bridge: 8000.a:58:ac:1f:ba:fa.
        out: list[str] = []
        at = 0
        for match in _INNER_MAC.finditer(text):
            out += [self._parts(text[at : match.start()]), self._mac(match[0])]
            at = match.end()
        return "".join([*out, self._parts(text[at:])])

    def _parts(self, text: str) -> str:
        return re.sub(r"[^:/]+", lambda part: self._inner(part[0]), text)

    def _inner(self, text: str) -> str:
        return self._mac(text) if _PAIRS.fullmatch(text) else self._token(text)

    def _ipv6(self, text: str) -> str | None:
        bare, slash, size = text.partition("/")
        bare, percent, zone = bare.partition("%")
        if bare.count(":") < 2:
            return None
        port = ""
        address = _parse6(bare)
        if address is None:
            bare, dot, port = bare.rpartition(".")
            port = dot + port
            address = _parse6(bare)
        if address is None:
            return None
        bits = int(size) if slash else 128
        if bits < 128 and not address & ((1 << (128 - bits)) - 1):
            image = self.mapping.network6(address, bits)
        else:
            image = self.mapping.ipv6(address)
        shown = ipaddress.IPv6Address(image)
        inner = shown.ipv4_mapped
        said = f"::ffff:{inner}" if inner else str(shown) if len(bare) < 39 else shown.exploded
        zone = percent + self._token(zone) if zone else percent
        return f"{said}{zone}{port}{slash}{size}"

    def _token(self, text: str) -> str:
        """A word: addresses and the like in it, and the longest known names that end where its parts do."""
        out: list[str] = []
        at = 0
        for match in _EMBEDDED.finditer(text):
            image = self._ipv4(match[0]) if match["address"] else self._embedded(match)
            out += [self._plain(text[at : match.start()]), image]
            at = match.end()
        return "".join([*out, self._plain(text[at:])])

    def _embedded(self, match: re.Match[str]) -> str:
        return self.mapping.link(match[0]) if match["link"] else self.mapping.name(match[0])

    def _plain(self, text: str) -> str:
        bare = text.rstrip(".")
        if _DOMAIN.fullmatch(bare) and not _SOFTWARE.fullmatch(bare):
            return self.mapping.name(bare) + text[len(bare) :]
        said = self.known.replace(text, self.mapping.name)
        if said != text:
            return said
        if _OF_ADDRESS.fullmatch(bare.partition(".")[0]):
            return self.mapping.name(text)
        return _OF_MAC.sub(self._of_mac, _SESSION.sub(self._session, text))

    def _of_mac(self, match: re.Match[str]) -> str:
        image = f"{self.mapping.mac(int(match['digits'], 16)):012x}"
        return (match["lead"] or "") + (image if match["digits"] == match["digits"].lower() else image.upper())

    def _session(self, match: re.Match[str]) -> str:
        parts = match["address"].split("_")
        is_ipv4 = len(parts) == 4 and all(part.isdigit() for part in parts)
        said = self._ipv4(".".join(parts)) if is_ipv4 else self._ipv6(":".join(parts))
        return match["lead"] + re.sub(r"[.:]", "_", said) if said else self.mapping.name(match[0])


def _parse6(text: str) -> int | None:
    try:
        return int(ipaddress.IPv6Address(text))
    except ValueError:
        return None


def _take_up(between: str, shift: int) -> tuple[str, int]:
    """Blanks that make up for words that became longer or shorter, and what is left to make up for."""
    match = _BLANKS.search(between) if shift else None
    if match is None:
        return between, shift
    width = len(match[0])
    new = max(2, width - shift)
    return f"{between[: match.start()]}{' ' * new}{between[match.end() :]}", shift + new - width
