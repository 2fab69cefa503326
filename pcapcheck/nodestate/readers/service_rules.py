"""kube-proxy's rules for services, and its rejects for services without endpoints: iptables and nftables.

Kubernetes: pkg/proxy/iptables/proxier.go and pkg/proxy/nftables/proxier.go.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from pcapcheck.nodestate.listing import Listing
from pcapcheck.nodestate.numbers import address, after, network, number
from pcapcheck.nodestate.readers.state_reader import StateReader
from pcapcheck.nodestate.services import Service, Services
from pcapcheck.nodestate.source_lines import Line
from pcapcheck.nodestate.state import State

EMPTY = "has no endpoints"
# Of those on one node only: that is the firewall's matter.
LOCAL = "has no local endpoints"
# The chains of a service with endpoints.
SERVED = re.compile(r"KUBE-(?:SVC|SVL|EXT|XLB|FW)-[A-Z0-9]+")
SAVED = re.compile(r"(?:\[(\d{1,19}):\d+\]\s+)?-A (KUBE-SERVICES|KUBE-EXTERNAL-SERVICES) (.*)")
COMMENT = re.compile(r'--comment "?([^"]*?)"? -|--comment "([^"]*)"|/\* (.*?) \*/')
# 10.96.0.20 . tcp . 80 comment "default/web:http" : goto reject-chain
ELEMENT = re.compile(
    r"([0-9a-f.:]+) \. (tcp|udp|sctp) \. (\d+)(?: comment \"([^\"]*)\")? : (?:(drop)|goto (reject-chain|[\w./-]+))"
)
LISTED = re.compile(r"(?:(\d{1,19})[KMG]?\s+\d+[KMG]?\s+)?(REJECT|DROP|KUBE-\S+)\s.*")
# Rules of iptables as nft shows them, mostly without comments.
TRANSLATED = re.compile(
    r"(?:meta l4proto \w+ )?ip6? daddr (\S+) +(tcp|udp|sctp) dport (\d+) +(?:counter packets (\d{1,19}) bytes \d+ )?"
    r"(?:jump (KUBE-\S+)|reject|drop)(?: .*)?"
)


def is_rule(text: str) -> bool:
    """Whether a line by itself is kube-proxy's, and says what a service has behind it."""
    return (SAVED.fullmatch(text) is not None and LOCAL not in text) or ELEMENT.search(text) is not None


def read_service_rules(lines: Iterable[Line], state: State, _: Listing | None = None) -> list[Line]:
    """Read services by their rules; other lines are skipped, so none is returned."""
    into = state.services
    chain: str | None = None
    for line in lines:
        text = line.text.strip()
        if text.startswith("chain ") or text.startswith("Chain "):
            chain = text.split()[1]
        elif match := SAVED.fullmatch(text):
            _saved(match, line, into)
        elif found := list(ELEMENT.finditer(text)):
            into.listed += [service for match in found if (service := _element(match, line)) is not None]
        elif match := TRANSLATED.fullmatch(text):
            _translated(match, chain, line, into)
        elif "/*" in text and (match := LISTED.fullmatch(text)):
            _listed(match, line, into)
    return []


def _saved(match: re.Match[str], line: Line, into: Services) -> None:
    """``-A KUBE-SERVICES -d 10.96.0.20/32 -p tcp -m comment --comment "…" --dport 80 -j REJECT``."""
    words = match[3].split()
    ip = address((after(words, "-d", "--dst", "--destination") or "").partition("/")[0])
    target = after(words, "-j", "-g") or ""
    said = _comment(match[3])
    empty = True if EMPTY in said else False if SERVED.fullmatch(target) else None
    if ip is not None and empty is not None:
        protocol, port = after(words, "-p"), number(after(words, "--dport"))
        into.listed.append(Service(ip, line, _name(said), protocol, port, empty, number(match[1]) if empty else None))


def _element(match: re.Match[str], line: Line) -> Service | None:
    ip = address(match[1])
    if ip is None:
        return None
    empty = match[5] == "drop" or match[6] == "reject-chain"
    return Service(ip, line, _name(match[4] or ""), match[2], number(match[3]), empty)


def _translated(match: re.Match[str], chain: str | None, line: Line, into: Services) -> None:
    """A reject of an address and port is kube-proxy's if its chain is; a line alone shows it only by its shape."""
    ip = address(match[1].partition("/")[0])
    served = bool(match[5] and SERVED.fullmatch(match[5]))
    if ip is None or not (served or match[5] is None) or (chain is not None and not chain.startswith("KUBE-")):
        return
    hits = None if served else number(match[4])
    doubtful = chain is None and not served
    into.listed.append(Service(ip, line, None, match[2], number(match[3]), not served, hits, doubtful))


def _listed(match: re.Match[str], line: Line, into: Services) -> None:
    """``iptables -L``: … source, destination, /* comment */ and the port."""
    text = line.text.strip()
    said = _comment(text)
    empty = True if EMPTY in said else False if SERVED.fullmatch(match[2]) else None
    held = [ip for word in text.partition("/*")[0].split() if (ip := address(word.partition("/")[0])) is not None]
    if empty is not None and len(held) == 2:
        port = re.search(r"\b(tcp|udp|sctp) dpt:(\d+)", text)
        protocol = port[1] if port else None
        hits = number(match[1]) if empty else None
        into.listed.append(
            Service(held[1], line, _name(said), protocol, number(port[2]) if port else None, empty, hits)
        )


def _comment(text: str) -> str:
    match = COMMENT.search(text)
    return next((text for text in match.groups() if text), "") if match else ""


def _name(said: str) -> str | None:
    """``default/web:http cluster IP`` -> ``default/web``."""
    name = said.partition(" ")[0].partition(":")[0]
    return name if re.fullmatch(r"[a-z0-9.-]+/[a-z0-9.-]+", name) else None


def _looks_like_a_rule(text: str, words: list[str]) -> bool:
    """A line that begins with an address may be a route as well, or of any set."""
    return is_rule(text) and network(words[0]) is None


SERVICE_RULES_READER = StateReader(name="service-rules", looks_like=_looks_like_a_rule, read_cluster=read_service_rules)
