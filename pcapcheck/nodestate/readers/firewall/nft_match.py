"""One condition of a rule of nft: its keys, its operator and its values."""

from __future__ import annotations

from collections.abc import Sequence

from pcapcheck.nodestate.firewall import rule_values
from pcapcheck.nodestate.firewall.chains import ONE_OF, SET, SOMETIMES, Match, Span
from pcapcheck.nodestate.firewall.keys import ALONE, BARE, FIRST_WORDS, KEYS, STATES, Key, unknown
from pcapcheck.nodestate.readers.firewall.nft_words import Words

OPERATORS = ("==", "!=", "<", ">", "<=", ">=", "!", "eq", "ne", "lt", "gt", "le", "ge")
LARGEST = 1 << 128
# Where a condition that is not understood ends at the latest.
STATEMENTS = {
    *("accept", "drop", "reject", "return", "continue", "jump", "goto", "queue", "counter", "log", "comment", "limit"),
    *("masquerade", "snat", "dnat", "redirect", "tproxy", "notrack", "dup", "fwd", "xt", "quota", "synproxy"),
}


def keys_of(some: Words) -> list[Key | None] | None:
    """The keys that stand next, joined by dots; None for one that is not known, and for no key at all."""
    found: list[Key | None] = []
    while True:
        word = some.peek()
        pair = (word, some.peek(1))
        if pair in KEYS:
            found.append(KEYS[pair])
            some.at += 2
        elif word == "fib":
            found.append(_fib(some))
        elif word == "arp" and some.peek(1) in ("saddr", "daddr"):
            # Of the hardware addresses in it nothing is known: arp saddr ether.
            found.append(KEYS.get((f"arp {some.peek(1)}", some.peek(2))))
            some.at += 3
        elif word in BARE:
            found.append(KEYS["meta", word])
            some.at += 1
        elif word in FIRST_WORDS:
            some.at += 1 if word in ALONE else 3 if pair == ("socket", "cgroupv2") else 2
            if pair in (("ct", "original"), ("ct", "reply")):
                some.at += 2 if some.peek() in ("ip", "ip6") else 1
            found.append(None)
        else:
            return found or None
        if not some.took("."):
            return found


def _fib(some: Words) -> Key | None:
    """``fib saddr . iif oif`` and ``fib daddr type``: by which way a route leads, or its type, marks aside."""
    some.take()
    flags = [some.take()]
    while some.took("."):
        flags.append(some.take())
    asked = " . ".join(flag for flag in flags if flag != "mark")
    return KEYS.get((f"fib {asked}", {"oifname": "oif"}.get(word := some.take(), word)))


def read_match(some: Words) -> list[Match]:
    """The condition that stands next, with what its key implies; unknown if not understood. Takes a word at least."""
    start = some.at
    keys = keys_of(some)
    if keys is None:
        return [_swallow(some, start)]
    mask = _mask(some)
    # "!= new,established" asks for another value than both bits at once; "! new,established" for none of them.
    as_value = some.peek() in ("!=", "ne") and some.peek(1) != "{"
    negated, compared = _operator(some)
    known = [key for key in keys if key is not None]
    implied = [match for key in known for match in key.implied]
    if len(known) < len(keys):
        limited = some.words[start : start + 2] == ["ct", "count"]
        if limited:
            some.took("over")
        _value(some)
        drawn = limited or (some.words[start : start + 1] != ["ct"] and _is_drawn(some.words[start : start + 2]))
        return [*implied, Match(SOMETIMES, some.since(start)) if drawn else unknown(some.since(start))]
    if len(known) > 1:
        return [*implied, _joined(some, known, negated, start)]
    if known[0].about == "tcp_flags":
        return [*implied, _flags(some, mask, negated, compared, start)]
    match = _single(some, known[0], mask, negated, compared, start)
    if as_value and known[0].about == "ct_state" and len(match.names) > 1:
        match = unknown(match.text)
    return [*implied, match]


def _is_drawn(words_of_key: list[str]) -> bool:
    """Whether a key asks for a draw of lots or for the time of day, not for who or what a packet is."""
    return any(word in ("random", "hour", "day", "time") for word in words_of_key)


def _mask(some: Words) -> int | None:
    """``& 0xff`` or ``and 0xff``, or flags in brackets. -1: there is a mask that is not understood."""
    if some.peek() not in ("&", "and"):
        return None
    some.take()
    if some.took("("):
        value = 0
        while some and not some.took(")"):
            word = some.take()
            value |= rule_values.TCP_FLAGS.get(word, 0)
        return value
    word = some.take()
    found = rule_values.integer(word)
    return found if found is not None else rule_values.TCP_FLAGS.get(word, -1)


def _operator(some: Words) -> tuple[bool, str]:
    if some.peek() not in OPERATORS:
        return False, ""
    word = some.take()
    if word == "!" and some.peek() == "=":
        some.take()
    word = {"eq": "==", "ne": "!=", "lt": "<", "gt": ">", "le": "<=", "ge": ">=", "!": "!="}.get(word, word)
    return word == "!=", word if word not in ("==", "!=") else ""


def _value(some: Words) -> list[list[str]]:
    """The values that stand next, a list of words each: in braces, joined by commas or dots, or one."""
    if some.peek() == "{":
        return some.group()
    if some.peek() == "(":
        found = []
        while some and not some.took(")"):
            word = some.take()
            if word not in ("(", "|"):
                found.append([word])
        return found
    parts = [[some.take()]]
    while True:
        if some.peek() in (",", "|"):
            some.take()
            parts.append([some.take()])
        elif some.peek() == ".":
            some.take()
            parts[-1] += [".", some.take()]
        elif some.peek() == "-" or (some.peek() == "/" and some.peek(1)):
            some.take()
            parts[-1][-1] += "-" + some.take()
        else:
            return parts


def _single(some: Words, key: Key, mask: int | None, negated: bool, compared: str, start: int) -> Match:
    values = _value(some)
    text = some.since(start)
    first = values[0][0] if values and values[0] else ""
    if first.startswith("@"):
        if mask is not None:
            return unknown(text)
        return Match(SET, text, names=(first[1:], key.about), negated=negated)
    if mask is not None and key.about in ("saddr", "daddr"):
        return unknown(text)
    if compared:
        span = key.span(first) if key.span else None
        if span is None or mask == -1 or len(values) != 1:
            return unknown(text)
        low, high = {
            "<": (0, span[0] - 1),
            "<=": (0, span[1]),
            ">": (span[1] + 1, LARGEST),
            ">=": (span[0], LARGEST),
        }[compared]
        return Match(key.about, text, ((low, high),), mask=mask)
    return match_of(key, values, text, negated, mask)


def match_of(
    key: Key, values: Sequence[Sequence[str]], text: str, negated: bool = False, mask: int | None = None
) -> Match:
    """A condition that one of some values fits, each of one word; unknown where one is not understood."""
    if mask == -1 or any(len(value) != 1 for value in values):
        return unknown(text)
    listed = [value[0] for value in values]
    if key.span is None:
        names = tuple(service.strip('"') for service in listed)
        if key.about == "ct_state" and not set(names) <= set(STATES):
            return unknown(text)
        return Match(key.about, text, names=names, negated=negated)
    spans: list[Span] = []
    for service in listed:
        span = key.span(service.strip('"'))
        if span is None:
            return unknown(text)
        spans.append(span)
    return Match(key.about, text, tuple(spans), negated=negated, mask=mask)


def _joined(some: Words, keys: list[Key], negated: bool, start: int) -> Match:
    """A condition about several fields at once: ``ip saddr . tcp dport { 10.0.0.1 . 22 }``."""
    values = _value(some)
    text = some.since(start)
    if values and values[0] and values[0][0].startswith("@"):
        return Match(SET, text, names=(values[0][0][1:], *(key.about for key in keys)), negated=negated)
    options = tuple(conditions for value in values if (conditions := tuple_of(keys, value)) is not None)
    return Match(ONE_OF, text, options=options, negated=negated) if len(options) == len(values) else unknown(text)


def tuple_of(keys: Sequence[Key], value: Sequence[str]) -> tuple[Match, ...] | None:
    """The conditions that an element ``10.0.0.1 . 22`` stands for, or None where it is not understood."""
    parts = [word for word in value if word != "."]
    if len(parts) != len(keys):
        return None
    found = []
    for key, part in zip(keys, parts, strict=True):
        match = match_of(key, [[part]], f"{key.text} {part.strip(chr(34))}")
        # In an element that ports follow, the protocol is a field of its own.
        found.append(match)
    return tuple(found)


def _flags(some: Words, mask: int | None, negated: bool, compared: str, start: int) -> Match:
    """``tcp flags syn / fin,syn,rst,ack``, ``tcp flags & (fin|syn) == syn``, and ``tcp flags syn``, a test of any."""
    value = _flag_words(some)
    if mask is None and some.took("/"):
        mask = _flag_words(some)
    elif mask is None:
        # One of these flags is set; with !=, they are not these.
        if negated:
            return unknown(some.since(start))
        return Match("tcp_flags", some.since(start), ((0, 0),), negated=True, mask=value)
    text = some.since(start)
    if value is None or mask in (None, -1) or compared:
        return unknown(text)
    return Match("tcp_flags", text, ((value, value),), negated=negated, mask=mask)


def _flag_words(some: Words) -> int | None:
    found: int | None = 0
    brackets = some.took("(")
    while some:
        word = some.take()
        bit = rule_values.TCP_FLAGS.get(word, rule_values.integer(word))
        found = None if bit is None or found is None else found | bit
        if some.peek() not in (",", "|"):
            break
        some.take()
    if brackets:
        some.took(")")
    return found


def _swallow(some: Words, start: int) -> Match:
    """Words that are not understood, up to the next that is sure to begin something else."""
    kind = some.take()
    if kind == "numgen":
        # numgen random|inc mod N [offset N] [op] value
        some.at += 3
        if some.took("offset"):
            some.take()
        _operator(some)
        _value(some)
        return Match(SOMETIMES, some.since(start))
    if kind == "meter":
        # meter NAME [size N] { key limit rate … }: a rate for each element.
        while some and some.peek() != "{":
            some.take()
        some.group()
        return Match(SOMETIMES, some.since(start))
    while some and some.peek() not in STATEMENTS:
        if some.peek() == "{":
            some.group()
        else:
            some.take()
    return unknown(some.since(start))
