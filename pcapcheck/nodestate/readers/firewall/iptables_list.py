"""``iptables -L`` as people paste it, with -n, -v and --line-numbers or without: columns for eyes.

A line is put back into the options that it was made of, and read as those. Without -v the interfaces of a rule are not
shown, so none is known to match for certain.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import partial

from pcapcheck.nodestate.firewall.chains import ACCEPT, DROP, IPTABLES, Chain, FirewallRule, FirewallTable, Unread
from pcapcheck.nodestate.firewall.rule_values import EVERY_MARK, PASSING
from pcapcheck.nodestate.numbers import network
from pcapcheck.nodestate.readers.firewall.iptables import HOOKS, built_in
from pcapcheck.nodestate.readers.firewall.iptables_rule import TRANSLATING, read_rule
from pcapcheck.nodestate.source_lines import Line

HEAD = re.compile(
    r"Chain (\S+) \((?:policy (ACCEPT|DROP|QUEUE)(?: (\d+[KMGT]?) packets, \d+[KMGT]? bytes)?|\d+ references)\)"
)
COLUMNS = re.compile(r"(?:num\s+)?(?:pkts\s+bytes\s+)?target\s+prot\s+opt\s+.*")
LONG = re.compile(
    r"(?:(?P<num>\d+)\s+)?(?P<packets>\d+[KMGT]?)\s+\d+[KMGT]?\s+(?P<target>[A-Za-z_][\w.:@-]*\s+)??"
    r"(?P<proto>!?[a-z0-9-]+)\s+(?:--|-f|!f)?\s*(?P<iif>!?[^\s!]\S*|!\S+)\s+(?P<oif>!?\S+)\s+(?P<src>!?[0-9a-fA-F.:/]+)\s+"
    r"(?P<dst>!?[0-9a-fA-F.:/]+)(?:\s+(?P<more>.*))?"
)
# Without -n: names in the place of addresses.
NAMED = re.compile(
    r"(?:(?P<num>\d+)\s+)?(?P<packets>\d+[KMGT]?)\s+\d+[KMGT]?\s+(?P<target>[A-Za-z_][\w.:@-]*\s+)??"
    r"(?P<proto>!?[a-z0-9-]+)\s+(?:--|-f|!f)\s+(?P<iif>!?[^\s!]\S*|!\S+)\s+(?P<oif>!?\S+)\s+(?P<src>!?\S+)\s+"
    r"(?P<dst>!?\S+)(?:\s+(?P<more>.*))?"
)
SHORT = re.compile(
    r"(?:(?P<num>\d+)\s+)?(?P<target>[A-Za-z_][\w.:@-]*\s+)??(?P<proto>!?[a-z0-9-]+)\s+(?:--|-f|!f)\s+"
    r"(?P<src>!?\S+)\s+(?P<dst>!?\S+)(?:\s+(?P<more>.*))?"
)
# What diff puts before a line that two readings of the counters do not share.
DIFFERS = re.compile(r"[-+] ?(?=\s*\d+[KMGT]?\s+\d+[KMGT]?\s)")
SUFFIXES = {"K": 1000, "M": 10**6, "G": 10**9, "T": 10**12}
ANY = ("*", "any", "all", "0", "0.0.0.0/0", "::/0", "anywhere")
# How the modules print their conditions, and the options that say the same.
PRINTED = [
    (re.compile(r"multiport ([ds]ports) (! ?)?(\S+)"), r"{1}--{0} {2}"),
    (re.compile(r"dpts?:(!)?(\S+)"), r"{0}--dport {1}"),
    (re.compile(r"spts?:(!)?(\S+)"), r"{0}--sport {1}"),
    (re.compile(r"(?:tcp |flags:)?flags:(!)?([\w,]+)/([\w,]+)"), r"{0}--tcp-flags {1} {2}"),
    (re.compile(r"icmp ?type (\d+) code (\d+)"), r"--icmp-type {0}/{1}"),
    (re.compile(r"(?:icmp ?type|icmp) (!)?(\S+)"), r"{0}--icmp-type {1}"),
    (re.compile(r"ipv6-icmp ?type (!)?(\S+)(?: code (\d+))?"), r"{0}--icmpv6-type {1}"),
    (re.compile(r"(! )?ctstate (\S+)"), r"{0}--ctstate {1}"),
    (re.compile(r"(! )?state (\S+)"), r"{0}--state {1}"),
    (re.compile(r"mark match (!)? ?(\S+)"), r"{0}--mark {1}"),
    (re.compile(r"(! )?match-set (\S+) (\S+)"), r"{0}--match-set {1} {2}"),
    (re.compile(r"source IP range (! )?(\S+)"), r"{0}--src-range {1}"),
    (re.compile(r"destination IP range (! )?(\S+)"), r"{0}--dst-range {1}"),
    (re.compile(r"ADDRTYPE match (! )?dst-type (! ?)?(\S+)"), r"{0}{1}--dst-type {2}"),
    # extensions/libxt_rpfilter.c, rpfilter_print.
    (re.compile(r"rpfilter(?= |$)"), "-m rpfilter"),
    (re.compile(r"(loose|validmark|accept-local|invert)(?= |$)"), "--{0}"),
    (re.compile(r"(?:tcp|udp)(?= |$)"), ""),
]
# The same of what targets print.
DONE = [
    (re.compile(r"reject-with (\S+)"), r"--reject-with {0}"),
    (re.compile(r"MARK xset (\S+)"), r"--set-xmark {0}"),
    (re.compile(r"to:(\S+)"), r"--to-destination {0}"),
    (re.compile(r"NOTRACK(?= |$)"), "--notrack"),
    (re.compile(r"MARK (set|or|and|xor) (\S+)"), r"--{0}-mark {1}"),
]


def is_listed(text: str) -> bool:
    """Whether a line is of such a listing."""
    return bool(HEAD.fullmatch(text) or COLUMNS.fullmatch(text) or _rule_in(text))


def is_counted(text: str) -> bool:
    """Whether a line is a rule with its counters, interfaces and addresses, which nothing else looks like."""
    match = LONG.fullmatch(DIFFERS.sub("", text, count=1).strip())
    return match is not None and all(network(match[end].lstrip("!")) is not None for end in ("src", "dst"))


def _rule_in(text: str) -> re.Match[str] | None:
    text = DIFFERS.sub("", text, count=1).strip()
    return LONG.fullmatch(text) or NAMED.fullmatch(text) or SHORT.fullmatch(text)


def count(text: str) -> int:
    """A counter; 12K is at least 11,500 and is taken for 12,000."""
    return int(text[:-1]) * SUFFIXES[text[-1]] if text[-1] in SUFFIXES else int(text)


def read_listed(
    lines: Iterable[Line], family: int, table: str, whole: bool, legacy: bool | None = None
) -> list[FirewallTable]:
    """The table of a listing. ``family``, ``table``, ``whole`` and ``legacy`` as of ``read_saved``."""
    name = {4: "ip", 6: "ip6"}.get(family, "")
    found = FirewallTable(IPTABLES, name, table, legacy=legacy)
    chain: Chain | None = None
    last = 0
    for line in lines:
        text = line.text.strip()
        if head := HEAD.fullmatch(text):
            found.whole = whole
            chain, last = found.chain(head[1], line), 0
            if head[2]:
                built_in(chain, table)
                chain.policy = DROP if head[2] == "DROP" else ACCEPT
                chain.policy_packets = count(head[3]) if head[3] else None
        elif not COLUMNS.fullmatch(text) and (match := _rule_in(text)):
            here = chain or found.chain("")
            number = int(match["num"] or 0)
            if number > last + 1:
                # Its numbers show that rules before it were left out.
                whole = found.whole = False
                here.unread.append(Unread(line, text, _left_out))
            last = number
            here.unread.append(Unread(line, text, partial(_rules, family)))
    if not any(chain.name in HOOKS and chain.hook for chain in found.chains.values()):
        # One chain by itself: how packets come there is not shown.
        found.whole = False
    return [found] if found.chains else []


def _left_out(line: Line, _: str) -> list[FirewallRule]:
    """What stands for rules that the listing leaves out: they may have set any mark."""
    return [FirewallRule(line, mark=(EVERY_MARK, None))]


def _rules(family: int, line: Line, text: str) -> list[FirewallRule]:
    match = _rule_in(text)
    return [] if match is None else [_rule(line, match, family)]


def _rule(line: Line, match: re.Match[str], family: int) -> FirewallRule:
    groups = {key: (value or "").strip() for key, value in match.groupdict().items()}
    options: list[str] = []
    for option, key in (("-p", "proto"), ("-i", "iif"), ("-o", "oif"), ("-s", "src"), ("-d", "dst")):
        value = groups.get(key, "")
        bare = value.removeprefix("!")
        if value and bare not in ANY:
            options += ["!"] * (value != bare) + [option, bare]
    if "iif" not in groups:
        options += ["-m", "interface", "(the interfaces, which iptables -L does not show without -v)"]
    more = groups["more"]
    if remark := re.search(r"/\* (.*?) \*/", more):
        more = more.replace(remark[0], " ")
        options += ["--comment", remark[1]]
    goto = "[goto]" in more
    target = groups["target"]
    conditions, behind = _options(more.replace("[goto]", " "), target)
    verdict = ["-g" if goto else "-j", target] if target else []
    rule = read_rule(line, [*options, *conditions, *verdict, *behind], family, None)
    if groups.get("packets"):
        rule.packets = count(groups["packets"])
    return rule


def _options(more: str, target: str) -> tuple[list[str], list[str]]:
    """What stands behind the addresses as options: those of modules, and those of the target."""
    conditions: list[str] = []
    behind: list[str] = []
    more = " ".join(more.split())
    while more:
        said = next(((found, option) for printed, option in [*PRINTED, *DONE] if (found := printed.match(more))), None)
        if said is None:
            module = more.split()[0].rstrip(":")
            if target not in (*PASSING, *TRANSLATING):
                conditions += ["-m", module, f"({more})"]
            break
        found, option = said
        words = [part or "" for part in found.groups()]
        into = conditions if (found.re, option) in PRINTED else behind
        into += option.format(*("! " if word.strip() == "!" else word for word in words)).split()
        more = more[found.end() :].strip()
    return conditions, behind
