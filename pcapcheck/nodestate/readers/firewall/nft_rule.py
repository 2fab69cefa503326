"""One line of a chain of nft -> rules: conditions, counter, verdict. A verdict map is a rule per element."""

from __future__ import annotations

from msgspec.structs import replace

from pcapcheck.nodestate.firewall import rule_values
from pcapcheck.nodestate.firewall.chains import (
    ACCEPT,
    DROP,
    GOTO,
    JUMP,
    OTHER,
    QUEUE,
    REJECT,
    RETURN,
    SOMETIMES,
    FirewallRule,
    Match,
    Verdict,
)
from pcapcheck.nodestate.firewall.keys import Key, unknown
from pcapcheck.nodestate.numbers import number
from pcapcheck.nodestate.readers.firewall.nft_match import STATEMENTS, keys_of, match_of, read_match, tuple_of
from pcapcheck.nodestate.readers.firewall.nft_words import Words, split
from pcapcheck.nodestate.source_lines import Line

VERDICTS = {"accept": ACCEPT, "drop": DROP, "return": RETURN, "continue": "", "queue": QUEUE}
# Statements that end a packet's way through the chain as accept does, at least.
TRANSLATING = ("masquerade", "snat", "dnat", "redirect", "tproxy")
# Targets of iptables that end its chain, and which address those of nat translate.
ADDRESS_OF = {
    **dict.fromkeys(("DNAT", "REDIRECT", "TPROXY", "NETMAP"), "daddr"),
    "SNAT": "saddr",
    "MASQUERADE": "saddr",
}
TARGETS = {
    "REJECT": Verdict(REJECT),
    "NFQUEUE": Verdict(QUEUE, "NFQUEUE"),
    **dict.fromkeys(ADDRESS_OF, Verdict(ACCEPT)),
}
ZEROED = {(first, other) for first in ("and", "&") for other in ("xor", "^", "or", "|")}
LOG_OPTIONS = ("prefix", "level", "group", "snaplen", "queue-threshold", "flags")
# dnat inet ip to 10.0.0.1:80
LONGEST_TARGET = 5
Elements = dict[str, list[list[str]]]


def read_rules(line: Line, maps: Elements, text: str | None = None) -> list[FirewallRule]:
    """The rules of a line; several where a map of verdicts decides, whose elements ``maps`` has by name."""
    some = Words(split(line.text if text is None else text))
    rule = FirewallRule(line)
    matches: list[Match] = []
    branches: list[tuple[tuple[Match, ...], Verdict | None]] = []
    counted = 0
    while some:
        is_counter = some.peek() == "counter"
        if _statement(some, rule, matches):
            counted = len(matches) if is_counter else counted
            continue
        start = some.at
        keys = keys_of(some)
        if keys is not None and some.took("vmap"):
            branches = _branches(some, keys, maps)
            matches += [match for key in keys if key is not None for match in key.implied]
            continue
        some.at = start
        matches += read_match(some)
        # Whatever it was, it is not read twice.
        some.at = max(some.at, start + 1)
    rule.matches = tuple(dict.fromkeys(matches))
    if branches or len(matches) > counted:
        # What stands behind a counter it has not asked: that nothing came to it is all that it tells of the rule.
        rule.packets = None if rule.packets else rule.packets
        rule.counter = ""
    if not branches:
        return [rule]
    return [replace(rule, matches=(*rule.matches, *more), verdict=verdict) for more, verdict in branches]


def _branches(some: Words, keys: list[Key | None], maps: Elements) -> list[tuple[tuple[Match, ...], Verdict | None]]:
    start = some.at
    name = some.peek()
    if name.startswith("@"):
        some.take()
        elements = maps.get(name[1:])
    else:
        elements = some.group()
    if elements is None:
        return [((unknown(f"vmap {some.since(start)}"),), Verdict(OTHER))]
    found = []
    for element in elements:
        if ":" not in element:
            continue
        at = element.index(":")
        value = [word for word in element[:at] if word not in ("comment",)]
        verdict = _verdict(Words(element[at + 1 :]))
        known = [key for key in keys if key is not None]
        if len(known) < len(keys):
            more: tuple[Match, ...] = (unknown(" ".join(value)),)
        elif len(known) > 1:
            more = tuple_of(known, value) or (unknown(" ".join(value)),)
        else:
            more = (match_of(known[0], [value], f"{known[0].text} {' '.join(value)}"),)
        found.append((more, verdict))
    return found


def _statement(some: Words, rule: FirewallRule, matches: list[Match]) -> bool:
    """Take the statement that stands next; False where a condition does."""
    word = some.peek()
    start = some.at
    verdict = _verdict(some)
    if some.at > start:
        rule.verdict = verdict or rule.verdict
    elif word == "counter":
        some.take()
        _counter(some, rule)
    elif word == "last":
        # When it was used last: last used 4s, last used never.
        some.took("last")
        some.at += 2 * (some.peek() == "used")
    elif word == "log":
        some.take()
        while some.peek() in LOG_OPTIONS:
            some.at += 2
    elif word == "comment":
        some.take()
        rule.comment = some.take().strip('"')
    elif word in ("limit", "quota"):
        _limit(some, matches)
    elif word in TRANSLATING:
        rest = some.words[some.at : some.at + LONGEST_TARGET]
        some.at = len(some.words)
        rule.verdict = Verdict(ACCEPT, to=_target(rest) if word == "dnat" else None)
        rule.translates = "saddr" if word in ("masquerade", "snat") else "daddr"
    elif word in ("notrack", "synproxy", "flow", "dup", "fwd"):
        rule.verdict = Verdict(OTHER) if word in ("fwd", "synproxy") else rule.verdict
        rule.notrack = rule.notrack or word == "notrack"
        some.take()
        _skip(some)
    elif word in ("add", "update", "delete") and some.peek(1).startswith("@"):
        some.at += 2
        held = {part for element in some.group() for part in element}
        if held & {"limit", "quota", "count"}:
            # A rate for each element: what does not fit it goes no further (nft(8), "set statement").
            matches.append(Match(SOMETIMES, some.since(start)))
    elif word == "xt":
        _compat(some, rule, matches)
    else:
        return _set(some, rule)
    return True


def _verdict(some: Words) -> Verdict | None:
    word = some.peek()
    if word in VERDICTS:
        start = some.at
        some.take()
        if word == "queue":
            _skip(some)
        return Verdict(VERDICTS[word], some.since(start) if word == "queue" else "") if VERDICTS[word] else None
    if word in (JUMP, GOTO) and some.peek(1) != "{":
        some.take()
        return Verdict(word, some.take())
    if word == "reject":
        some.take()
        return _reject(some)
    return None


def _target(rest: list[str]) -> tuple[int, int | None] | None:
    """``dnat to 10.0.0.1:80``, ``dnat ip to 10.0.0.1``; None for a map or a range."""
    at = rest.index("to") + 1 if "to" in rest else len(rest)
    return rule_values.target(rest[at]) if at < len(rest) else None


def _reject(some: Words) -> Verdict:
    """``reject with icmp type port-unreachable``; newer versions leave ``type`` out."""
    if not some.took("with"):
        return Verdict(REJECT, errors=rule_values.errors_of("port-unreachable"))
    kind = some.take()
    if kind == "tcp":
        some.took("reset")
        return Verdict(REJECT, reset=True)
    some.took("type")
    name = some.take()
    if kind == "icmpx":
        both = rule_values.ICMPX.get(name)
        return Verdict(REJECT, errors=frozenset(both) if both else rule_values.errors_of(name))
    return Verdict(REJECT, errors=rule_values.errors_of(name, 6 if kind in ("icmpv6", "icmp6") else 4))


def _counter(some: Words, rule: FirewallRule) -> None:
    if some.took("name"):
        rule.counter = some.take().strip('"')
    elif some.peek() == "packets":
        some.take()
        rule.packets = number(some.take())
        if some.took("bytes"):
            some.take()


def _limit(some: Words, matches: list[Match]) -> None:
    """A rate: ``limit rate over 10/second burst 5 packets``."""
    start = some.at
    some.take()
    while some and (some.peek() in ("rate", "over", "until", "burst", "packets", "bytes", "name", "used")
                    or "/" in some.peek() or number(some.peek()) is not None or some.peek().endswith("bytes")
                    or some.peek().startswith('"')):  # fmt: skip
        some.take()
    matches.append(Match(SOMETIMES, some.since(start)))


def _compat(some: Words, rule: FirewallRule, matches: list[Match]) -> None:
    """``xt match "…"`` and ``xt target "…"``: what nft has no words for of a rule that iptables made."""
    start = some.at
    some.take()
    kind, name = some.take(), some.take().strip('"')
    if kind == "target":
        rule.verdict = TARGETS.get(name, rule.verdict)
        if name in ADDRESS_OF:
            rule.translates = ADDRESS_OF[name]
        elif name in ("MARK", "CONNMARK"):
            rule.mark = rule_values.EVERY_MARK, None
        elif name not in TARGETS and name not in rule_values.PASSING:
            matches.append(unknown(some.since(start)))
            rule.verdict = Verdict(OTHER)
    elif name in rule_values.RATES:
        matches.append(Match(SOMETIMES, some.since(start)))
    elif name not in ("comment",):
        matches.append(unknown(some.since(start)))


def _set(some: Words, rule: FirewallRule) -> bool:
    """``meta mark set …``, ``ip ttl set …`` and the like."""
    words_ahead = [some.peek(at) for at in range(4)]
    if "set" not in words_ahead[1:3]:
        return False
    at = words_ahead.index("set")
    key = words_ahead[:at]
    some.at += at + 1
    start = some.at
    _skip(some)
    value = some.words[start : some.at]
    if key in (["meta", "mark"], ["mark"]):
        rule.mark = _mark(value)
    if key in (["ip", "ttl"], ["ip6", "hoplimit"]):
        rule.sets_ttl = True
    return True


def _mark(value: list[str]) -> tuple[int, int | None]:
    """Which bits become what: ``meta mark set meta mark or 0x10``, ``… and 0xffff``, ``0x1``."""
    bare = [word for word in value if word not in ("meta", "(", ")")]
    plain = [rule_values.integer(word) for word in bare]
    if len(plain) == 1 and plain[0] is not None:
        return rule_values.EVERY_MARK, plain[0]
    if len(bare) == 3 and bare[0] == "mark" and plain[2] is not None:
        if bare[1] in ("or", "|"):
            return plain[2], plain[2]
        if bare[1] in ("and", "&"):
            return rule_values.EVERY_MARK & ~plain[2], 0
    if len(bare) == 5 and bare[0] == "mark" and (bare[1], bare[3]) in ZEROED:
        # mark and 0xfffeffff xor 0x10000: the bits outside the first number are set, those of the second with "or" too.
        kept, wanted = plain[2], plain[4]
        sets = bare[3] in ("or", "|")
        if kept is not None and wanted is not None and (sets or not wanted & kept):
            return rule_values.EVERY_MARK & ~kept | wanted, wanted
    return rule_values.EVERY_MARK, None


def _skip(some: Words) -> None:
    """Take words up to the next statement."""
    while some and (some.peek() not in STATEMENTS or some.peek() in ("to", "dup")):
        if some.peek() == "{":
            some.group()
        else:
            some.take()
