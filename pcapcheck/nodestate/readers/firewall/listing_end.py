"""Where a listing of a firewall that no command announced ends: its lines need not be looked at one by one."""

from __future__ import annotations

import re

from pcapcheck.nodestate.readers.firewall import nft
from pcapcheck.nodestate.readers.firewall.arptables import SAVED_BY as ARP_SAVED_BY
from pcapcheck.nodestate.readers.firewall.iptables import SAVED_BY

# Lines of iptables-save, which ends each table with COMMIT.
OF_SAVED = ("-", ":", "[", "#", "*")
# A set as ``ipset list`` and ``ipset save`` begin it.
SET = re.compile(r"Name: \S+|create \S+ (?:hash|bitmap|list):\S+.*")
OF_SET = re.compile(
    r"(?:Name|Type|Revision|Header|Size in memory|References|Number of entries): .*|Members:|add \S+ \S.*"
)
MEMBER = re.compile(r"[0-9A-Fa-f][^\s]*(?: (?:timeout|packets|bytes|comment|nomatch|skb\w+)(?: .*)?)?")
SAVED, NFT, SETS = "saved", "nft", "sets"


class Stretch:
    """The lines of one listing, one after the other."""

    def __init__(self) -> None:
        self.kind = ""
        self.depth = 0

    def takes(self, text: str) -> bool:
        """Whether a line is of a listing that has begun, or begins one."""
        bare = text.strip()
        if self.kind == NFT and bare and not text[:1].isspace() and not bare.startswith("}"):
            # nft indents what stands in a table, and parts it by blank lines: the table's end is missing.
            self.kind = ""
        if self.kind == NFT:
            self.depth += nft.open_braces(bare)
            if self.depth <= 0:
                self.kind = ""
            return True
        if self.kind == SAVED and (bare.startswith(OF_SAVED) or bare == "COMMIT"):
            return True
        if self.kind == SETS and (OF_SET.fullmatch(bare) or SET.fullmatch(bare) or MEMBER.fullmatch(bare) or not bare):
            return True
        self.kind = self._begun(bare)
        return bool(self.kind)

    def _begun(self, bare: str) -> str:
        if bare.startswith("*") and bare[1:] in ("raw", "mangle", "nat", "filter", "security"):
            return SAVED
        if SAVED_BY.fullmatch(bare) or ARP_SAVED_BY.fullmatch(bare):
            return SAVED
        if nft.TABLE.fullmatch(bare):
            self.depth = nft.open_braces(bare)
            return NFT if self.depth > 0 else ""
        return SETS if SET.fullmatch(bare) else ""
