"""Headings of a pasted session: whose output follows, as people and tools write them.

A heading that says what is listed (``=== routes ===``, ``ip route:``, ``## before``) is none of these.
"""

from __future__ import annotations

import re

from msgspec import Struct

from pcapcheck.nodestate.host import NODE, POD

LONGEST_HEADING = 80
MARKS = "#=-*_`>~+|/;<: \t[]"
RULER = re.compile(r"\s*([-=*#_~+])(?:\s?\1){2,}\s*")
GENERIC = "node|host|hostname|server|machine|vm|worker|master|control[- ]plane"
# Words around the name of a host in a heading.
HEADING = re.compile(
    rf"(?:on|in|inside|from|at|of)?\s*(?:the\s+)?({GENERIC}|pod|container|network namespace|netns)"
    r"(?:\s+name)?(?:[\s:=]+(?!netns\b)([\w./-]+))?(?:\s+netns\s+([\w./-]+))?",
    re.IGNORECASE,
)
# ``pcapcheck node-script`` writes these: the word is a name even if it is also the word for a listing.
SCRIPTED = re.compile(r"### (?:pod ([\w.-]+/[\w.-]+)|network namespace ([\w.-]+))")
# "Node: worker-1" needs no mark around it.
LABELLED = re.compile(
    r"(?:node|host|hostname|server|machine|vm)(?:\s+name)?\s*[:=]\s*([A-Za-z0-9][\w.-]*)", re.IGNORECASE
)
# ansible's ad-hoc output: worker-1 | CHANGED | rc=0 >>
ANSIBLE = re.compile(r"([A-Za-z0-9][\w.-]*) \| (?:CHANGED|SUCCESS|FAILED!?)(?: \| rc=\d+)? (?:>>|=> ?\{?)\s*(.*)")
NAME = re.compile(r"(?:[a-z0-9-]+/)?[a-z0-9][\w.-]*", re.IGNORECASE)
MACHINE = re.compile(r"node|worker|master|control-?plane|host|server|k8s|kube|minion|ip-\d+-\d+-\d+-\d+", re.IGNORECASE)
ADDRESS = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}")
PLACED = re.compile(r"\((?:[^()]*)\)")
# Lines of iptables-save and iptables -S: their marks are no decoration.
SAVED = re.compile(r"\*(?:raw|mangle|nat|filter|security)$|-[APN] \S|\[\d+:\d+\] -A |:\S+ (?:ACCEPT|DROP|-)(?: |$)")
FILLING = ("side", "is", "a", "the", "itself", "state", "shell", "output", "outputs")
PREPOSITIONS = ("on", "in", "inside", "from", "at", "of")
ADJECTIVES = (
    *("working", "broken", "good", "bad", "healthy", "unhealthy", "faulty", "failing", "first", "second", "other"),
    *("source", "destination", "src", "dst", "client", "sender", "receiver", "local", "remote", "sending", "receiving"),
)
# Subjects of headings that are not about a host.
_SUBJECTS = (
    "ip addr addrs address addresses link links interface interfaces nic nics route routes routing table tables "
    "rule rules neigh neighbor neighbors neighbour neighbours arp ndp nd cache sysctl sysctls proc sys net ipv4 "
    "ipv6 inet inet6 all conf forwarding proxy iptables ip6tables nft nftables save firewall ipset members tc bpf "
    "bpftool ethtool nstat netstat ifconfig uname kernel os version versions kubectl get pods namespace "
    "namespaces cni calico calicoctl felix bird bgp log logs event events config configuration settings info "
    "information summary details detail status result results output before after then now later again step "
    "steps test tests try attempt run case phase part fix fixed workaround restart reboot broken working good "
    "bad healthy faulty ok failed failing debug debugging example expected actual environment context reproduce "
    "description issue problem question answer note notes update edit tcpdump capture captures pcap dump ping "
    "traceroute mtr monitor show list ls cat grep command commands dev main local default v4 v6 br brief json "
    "and or for with of in on the"
)
SUBJECTS = frozenset(_SUBJECTS.split())


class Heading(Struct, frozen=True):
    """Whose output follows: ``role`` and ``name``, if the heading gives them.

    ``weak``: it may be the name of something else; only the output below shows that.
    """

    role: str | None
    name: str | None
    netns: str | None = None
    weak: bool = False


def read_heading(text: str, *, underlined: bool = False) -> Heading | None:
    """A line as a heading that names a host; ``underlined``: lines of marks around it make it one."""
    bare = text.strip()
    if not bare or len(bare) > LONGEST_HEADING or text[:1].isspace():
        return None
    if SAVED.match(bare):
        return None
    if match := SCRIPTED.fullmatch(bare):
        return Heading(POD, match[1]) if match[1] else Heading(None, None, match[2])
    if match := ANSIBLE.fullmatch(bare):
        return Heading(NODE, match[1])
    if match := LABELLED.fullmatch(bare.strip("*`")):
        return _host(match[1])
    inner = bare.strip(MARKS)
    decorated = underlined or (inner != bare and (bare[-1] in ":]" or bare[0] in "#=*-[<>~+|/;"))
    return _named(inner, bare) if decorated and inner else None


def _host(name: str) -> Heading | None:
    return None if _is_subject(name) else Heading(NODE, name.strip("./-"))


def _named(inner: str, bare: str) -> Heading | None:
    placed = PLACED.search(inner)
    words = [word.strip(":,") for word in PLACED.sub(" ", inner).split()]
    words = [word for word in words if word and word.lower() not in FILLING]
    if len(words) == 1 and ADDRESS.fullmatch(words[0]):
        # As what runs a command on every node of a list prints it; what is asked for one address is headed so too.
        return Heading(None, words[0], weak=True)
    match = HEADING.fullmatch(" ".join(words))
    if match and not (match[2] and _is_subject(match[2])):
        what, name = match[1].lower(), (match[2] or "").strip("./-") or None
        if what in ("pod", "container"):
            return Heading(POD, name, match[3])
        if what in ("network namespace", "netns"):
            return Heading(None, None, name)
        return Heading(NODE, name)
    adjectives = [word.lower() for word in words if word.lower() in ADJECTIVES]
    if len(words) == 2 and adjectives and re.fullmatch(GENERIC, words[1], re.IGNORECASE):
        return Heading(NODE, " ".join(words).lower())
    left = [word for word in words if not _is_subject(word) and not re.fullmatch(GENERIC, word, re.IGNORECASE)]
    if len(left) != 1 or not NAME.fullmatch(left[0]):
        return None
    said = [word.lower() for word in words]
    name = left[0].strip("./-")
    place = said[said.index(left[0].lower()) - 1] if said.index(left[0].lower()) else ""
    if "pod" in name.lower():
        return Heading(POD, name)
    # An address after it, a word before it, or a machine's usual name shows what it is.
    sure = MACHINE.search(name) or re.fullmatch(GENERIC, place, re.IGNORECASE)
    if sure or (placed and re.search(r"\d+\.\d+\.\d+\.\d+", placed[0])) or (place in PREPOSITIONS and len(words) > 1):
        return Heading(NODE, name)
    return Heading(None, name, weak=True)


def _is_subject(word: str) -> bool:
    """Whether a word says what is listed, not whose it is: routes, ip-route, step2, 3."""
    parts = [re.sub(r"\d+$", "", part) for part in re.split(r"[-_./]", word.lower())]
    return all(not part or part in SUBJECTS for part in parts)
