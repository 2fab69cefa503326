"""Any listing of a firewall -> its tables, by what its lines look like: several may stand one after the other."""

from __future__ import annotations

import re
from collections.abc import Iterable

from pcapcheck.nodestate.firewall.chains import Firewall
from pcapcheck.nodestate.host import Host
from pcapcheck.nodestate.listing import Listing
from pcapcheck.nodestate.readers.firewall import ipset, iptables, iptables_list, nft
from pcapcheck.nodestate.readers.firewall.arptables import SAVED_BY as ARP_SAVED_BY
from pcapcheck.nodestate.readers.firewall.arptables import read_arptables
from pcapcheck.nodestate.readers.firewall.iptables_list import is_listed, read_listed
from pcapcheck.nodestate.readers.firewall.nft import read_nft
from pcapcheck.nodestate.readers.service_rules import read_service_rules
from pcapcheck.nodestate.readers.state_reader import StateReader
from pcapcheck.nodestate.source_lines import Line

SAVED = re.compile(
    r"(?:\[\d+:\d+\] )?-A \S.*|\*(?:raw|mangle|nat|filter|security|broute)|:\S+ (?:ACCEPT|DROP|QUEUE|-)(?: .*)?"
    r"|COMMIT|-P \S+ \S+.*|-N \S+"
)
SETS = re.compile(
    r"(?:create|add) \S+ \S+.*|Name: \S+|Type: \w+:\S+|Members:|Revision: \d+|Header: .*|Size in memory: .*"
    r"|References: \d+|Number of entries: \d+"
)
LEGACY = re.compile(r"# Warning: ip6?tables-legacy tables present.*")
SAVED_BY, LISTED_BY, SETS_BY, NFT_BY, ARP_BY = "saved", "listed", "sets", "nft", "arp"
# A rule of nft 0.9 may begin so, with a module of iptables.
MODULE = "# xt_"
# The files that name the tables which iptables and arptables keep by themselves.
NAMES, ARP_NAMES = "_tables_names", "arp_tables_names"


def read_firewall(lines: Iterable[Line], into: Host, listing: Listing | None = None) -> list[Line]:
    """Whatever nft, iptables or ipset print. Returns the lines that are none of it."""
    found = Firewall()
    kinds: dict[str, list[Line]] = {SAVED_BY: [], LISTED_BY: [], SETS_BY: [], NFT_BY: [], ARP_BY: []}
    files = [word for word in listing.words if word.endswith(NAMES)] if listing is not None else []
    only_arp = bool(files) and all(word.endswith(ARP_NAMES) for word in files)
    of_arp = listing is not None and _tool(listing).startswith("arptables")
    before = ARP_BY if of_arp else ""
    for line in lines:
        text = line.text.strip()
        if files and text:
            # The tables that iptables itself keeps in the kernel.
            if only_arp:
                found.legacy_arp = found.legacy_arp or line
            else:
                found.legacy = found.legacy or line
            continue
        if LEGACY.fullmatch(text):
            found.legacy = line
            continue
        if iptables.SAVED_BY.fullmatch(text):
            kinds[SAVED_BY].append(line)
            before = ""
        elif ARP_SAVED_BY.fullmatch(text):
            before = ARP_BY
        if not text or (text.startswith("#") and not text.startswith(MODULE)):
            continue
        before = ARP_BY if of_arp or (before == ARP_BY and SAVED.fullmatch(text)) else _kind(text, before)
        kinds[before].append(line)
    family, table = _about(listing)
    legacy = _is_legacy(listing)
    whole = listing is not None and "firewall" in listing.whole
    if kinds[SAVED_BY]:
        found.tables += iptables.read_saved(kinds[SAVED_BY], family, table, whole or listing is None, legacy)
    if kinds[ARP_BY]:
        found.tables += read_arptables(kinds[ARP_BY], whole or listing is None)
    if kinds[LISTED_BY]:
        found.tables += read_listed(kinds[LISTED_BY], family, table, whole or listing is None, legacy)
    strange: list[Line] = []
    if kinds[NFT_BY]:
        tables, strange = read_nft(kinds[NFT_BY], whole or listing is None, _is_terse(listing))
        found.tables += tables
    found.elements = ipset.read_ipset(kinds[SETS_BY], whole or listing is None)
    if found.tables or found.elements or found.legacy or found.legacy_arp:
        into.firewall = found
    return strange


def _is_terse(listing: Listing | None) -> bool:
    """Whether nft was asked to leave the elements of sets out."""
    words = listing.words if listing is not None else []
    return any(word == "--terse" or re.fullmatch(r"-[a-zA-Z]*t[a-zA-Z]*", word) for word in words[1:])


def _kind(text: str, before: str) -> str:
    if SAVED.fullmatch(text):
        return SAVED_BY
    if SETS.fullmatch(text) and (before != NFT_BY or not text.startswith("add @")):
        return SETS_BY
    if is_listed(text):
        return LISTED_BY
    return SETS_BY if before == SETS_BY else NFT_BY


def _tool(listing: Listing) -> str:
    """The program whose output it is, without its path."""
    return listing.words[0].rpartition("/")[2] if listing.words else ""


def _is_legacy(listing: Listing | None) -> bool | None:
    """Whether the command shows what iptables itself keeps, or what nft does; None where its name does not tell."""
    tool = _tool(listing) if listing is not None else ""
    return True if "-legacy" in tool else False if "-nft" in tool else None


def _about(listing: Listing | None) -> tuple[int, str]:
    """The family and the table that a command of iptables names."""
    words = listing.words if listing is not None else []
    tool = _tool(listing) if listing is not None else ""
    family = 6 if tool.startswith("ip6tables") else 4 if tool.startswith("iptables") else 0
    table = "filter"
    for at, word in enumerate(words[:-1]):
        if word in ("-t", "--table"):
            table = words[at + 1]
    for word in words:
        if word.startswith(("--table=", "-t=")):
            table = word.partition("=")[2]
    return family, table


def _looks_like_rules(text: str, _: list[str]) -> bool:
    return bool(
        SAVED.fullmatch(text)
        or nft.TABLE.fullmatch(text)
        or iptables_list.HEAD.fullmatch(text)
        or iptables_list.is_counted(text)
    )


# kube-proxy's rules tell of services.
FIREWALL_READER = StateReader(
    name="firewall",
    commands=(
        *(
            f"{tool}{kernel_side}{what}"
            for tool in ("iptables", "ip6tables", "arptables")
            for kernel_side in ("", "-legacy", "-nft")
            for what in ("", "-save")
        ),
        "nft",
        "ipset",
    ),
    looks_like=_looks_like_rules,
    read_host=read_firewall,
    read_cluster=read_service_rules,
)
