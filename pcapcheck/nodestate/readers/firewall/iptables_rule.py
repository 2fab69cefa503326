"""One rule of iptables as ``iptables-save`` and ``iptables -S`` print it: options -> conditions and verdict.

Source: iptables(8), iptables-extensions(8).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from pcapcheck.nodestate.firewall import rule_values
from pcapcheck.nodestate.firewall.chains import (
    ACCEPT,
    DROP,
    GOTO,
    JUMP,
    ONE_OF,
    QUEUE,
    REJECT,
    RETURN,
    SET,
    SOMETIMES,
    UNKNOWN,
    FirewallRule,
    Match,
    Verdict,
)
from pcapcheck.nodestate.firewall.keys import family_is, unknown
from pcapcheck.nodestate.readers.firewall.iptables_options import (
    VALUE_OPTIONS,
    mark,
    option_match,
    port_span,
    reject,
    tcp_flags,
)
from pcapcheck.nodestate.source_lines import Line

WORD = re.compile(r'"(?:[^"\\]|\\.)*"|\S+')
VERDICTS = {"ACCEPT": ACCEPT, "DROP": DROP, "RETURN": RETURN, "REJECT": REJECT, "QUEUE": QUEUE, "NFQUEUE": QUEUE}
# Targets that end a packet's way through the chain, and let it live.
TRANSLATING = ("SNAT", "DNAT", "MASQUERADE", "REDIRECT", "NETMAP", "TPROXY")
# Modules that may stand without a condition of their own.
PLAIN = ("tcp", "udp", "udplite", "sctp", "dccp", "icmp", "icmp6", "ipv6-icmp", "comment", "multiport", "set")
# Options that mean something else in a module than elsewhere.
OTHER_MEANING = (("connmark", "--mark"), ("policy", "--proto"))
# Options of a target, with how many words follow; those that are not here are of a module that is not understood.
MARKS = ("--set-xmark", "--set-mark", "--or-mark", "--and-mark", "--xor-mark")


def split(text: str) -> list[str]:
    return [word[1:-1].replace('\\"', '"') if word[:1] == '"' else word for word in WORD.findall(text)]


def read_rule(line: Line, options: Sequence[str], family: int, packets: int | None) -> FirewallRule:
    """A rule by its words behind ``-A CHAIN``; ``family`` is 4 or 6, 0 if that is not known."""
    reader = _Options(line, list(options), family)
    reader.rule.packets = packets
    return reader.read()


class _Options:
    """The options of one rule, and how far they have been read."""

    def __init__(self, line: Line, options: list[str], family: int) -> None:
        self.rule = FirewallRule(line)
        self.options = options
        self.family = family
        self.at = 0
        self.module = ""
        self.matches: list[Match] = []
        self.reject = ""

    def read(self) -> FirewallRule:
        if self.family:
            self.matches.append(family_is(self.family))
        while self.at < len(self.options):
            self._option()
        verdict = self.rule.verdict
        if verdict is not None and verdict.kind == REJECT:
            self.rule.verdict = reject(self.reject, self.family)
        # The same twice, as of -p tcp -m tcp, is once.
        self.rule.matches = tuple(dict.fromkeys(self.matches))
        return self.rule

    def _take(self) -> str:
        self.at += 1
        return self.options[self.at - 1] if self.at <= len(self.options) else ""

    def _option(self) -> None:
        negated = self.options[self.at] == "!"
        if negated:
            self.at += 1
        option = self._take()
        if self._of_target(option):
            return
        if option in ("-m", "--match"):
            self.module = self._take()
            if self.module == "rpfilter" and self._is_bare():
                self.matches.append(Match("way_back", "-m rpfilter", names=("missing",), negated=True))
            elif self.module not in PLAIN and self._is_bare():
                about = SOMETIMES if self.module in rule_values.RATES else UNKNOWN
                self.matches.append(Match(about, f"-m {self.module}"))
        elif option == "--comment":
            self.rule.comment = self._take()
        elif option in ("-c", "--set-counters"):
            self.rule.packets = rule_values.integer(self._take())
            self._take()
        elif option == "--syn":
            self.matches.append(Match("tcp_flags", "--syn", ((2, 2),), negated=negated, mask=23))
        elif option == "--tcp-flags":
            self._flags(negated)
        elif option == "--match-set":
            self._match_set(negated)
        elif option == "--ports":
            self._either_port(negated)
        elif self.module == "rpfilter":
            self._way_back(option)
        elif option in VALUE_OPTIONS and (self.module, option) not in OTHER_MEANING:
            value = self._take()
            text = f"{'! ' if negated else ''}{option} {value}"
            self.matches.append(option_match(option, value, self.family, negated, text) or unknown(text))
        else:
            self._unknown(option, negated)

    def _is_bare(self) -> bool:
        """Whether no option of the module follows: its condition is then one that has none."""
        following = self.options[self.at] if self.at < len(self.options) else "-j"
        return following in ("-j", "--jump", "-g", "--goto", "-m", "--match")

    def _of_target(self, option: str) -> bool:
        """Take an option of the verdict or of its target."""
        if option in ("-j", "--jump"):
            self._target(self._take())
        elif option in ("-g", "--goto"):
            self.rule.verdict = Verdict(GOTO, self._take())
        elif option == "--to-destination" and self.module == "->DNAT":
            self.rule.verdict = Verdict(ACCEPT, to=rule_values.target(self._take()))
        elif option == "--reject-with":
            self.reject = self._take()
        elif option == "--notrack":
            self.rule.notrack = True
        elif option in MARKS:
            self.rule.mark = mark(option, self._take())
        elif option.startswith(("--ttl-", "--hl-")) and self.rule.sets_ttl:
            self._take()
        elif self.rule.verdict is None or self.rule.verdict.kind in (JUMP, GOTO, REJECT):
            return False if not self.module.startswith("->") else self._skip()
        else:
            return self._skip()
        return True

    def _skip(self) -> bool:
        """Options of a target that nothing depends on."""
        while self.at < len(self.options) and not self.options[self.at].startswith("-"):
            self.at += 1
        return True

    def _target(self, name: str) -> None:
        # What follows is the target's, which is named after a module's like.
        self.module = f"->{name}"
        if name in VERDICTS:
            self.rule.verdict = Verdict(VERDICTS[name], name if VERDICTS[name] == QUEUE else "")
        elif name in TRANSLATING:
            self.rule.verdict = Verdict(ACCEPT)
            self.rule.translates = "saddr" if name in ("SNAT", "MASQUERADE") else "daddr"
        elif name == "NOTRACK":
            self.rule.notrack = True
        elif name in ("TTL", "HL"):
            self.rule.sets_ttl = True
        elif name == "CONNMARK":
            # --restore-mark takes it from the connection.
            self.rule.mark = (rule_values.EVERY_MARK, None)
        elif name not in rule_values.PASSING:
            self.rule.verdict = Verdict(JUMP, name)

    def _flags(self, negated: bool) -> None:
        start = self.at
        mask, value = self._take(), self._take()
        text = f"{'! ' if negated else ''}--tcp-flags {' '.join(self.options[start : self.at])}"
        numbers = [tcp_flags(mask), tcp_flags(value)]
        if None in numbers:
            self.matches.append(unknown(text))
            return
        wanted = numbers[1] or 0
        self.matches.append(Match("tcp_flags", text, ((wanted, wanted),), negated=negated, mask=numbers[0]))

    def _match_set(self, negated: bool) -> None:
        """``--match-set NAME src,dst``: what each part of an element is depends on the set's type as well."""
        name, ends = self._take(), self._take()
        text = f"{'! ' if negated else ''}--match-set {name} {ends}"
        self.matches.append(Match(SET, text, names=(name, *ends.split(",")), negated=negated))

    def _either_port(self, negated: bool) -> None:
        """``-m multiport --ports``: the source's or the destination's."""
        value = self._take()
        spans = [port_span(part) for part in value.split(",")]
        known = tuple(span for span in spans if span is not None)
        text = f"{'! ' if negated else ''}--ports {value}"
        if len(known) < len(spans):
            self.matches.append(unknown(text))
            return
        options = tuple((Match(about, text, known),) for about in ("sport", "dport"))
        self.matches.append(Match(ONE_OF, text, options=options, negated=negated))

    def _way_back(self, option: str) -> None:
        """``-m rpfilter``: what passes the reverse-path check matches, with --invert what fails it."""
        about = "any_way_back" if option == "--loose" else "way_back"
        known = self.matches.pop() if self.matches and self.matches[-1].about.endswith("way_back") else None
        if known is not None and known.about == "any_way_back":
            about = known.about
        negated = option != "--invert" and (known is None or known.negated)
        text = f"{known.text} {option}" if known is not None else f"-m rpfilter {option}"
        self.matches.append(Match(about, text, names=("missing",), negated=negated))

    def _unknown(self, option: str, negated: bool) -> None:
        """A condition that is not understood, with the words that follow it."""
        start = self.at
        while self.at < len(self.options) and not re.match(r"--?[a-zA-Z]|!$", self.options[self.at]):
            self.at += 1
        text = " ".join(["!"] * negated + [option, *self.options[start : self.at]])
        about = SOMETIMES if self.module in rule_values.RATES else None
        if about and self.matches and self.matches[-1].about == SOMETIMES:
            # -m statistic --mode random --probability 0.2 is one condition.
            text = f"{self.matches.pop().text} {text}"
        self.matches.append(Match(SOMETIMES, text) if about else unknown(text))
