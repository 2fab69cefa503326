"""Variables that rules name as ``$name`` and users override with ``--set name=value``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property

from msgspec import Struct

from pcapcheck.column import ADDRESS, DURATION, MAC, TEXT, Type
from pcapcheck.errors import RuleError
from pcapcheck.ruleset.faults import Faults
from pcapcheck.ruleset.yaml_tree import Node


class Variable(Struct, frozen=True):
    """A variable: its type, its default value, one line of help."""

    name: str
    type: Type
    default: str
    help: str


VARIABLES = {
    variable.name: variable
    for variable in (
        Variable("gateway", ADDRESS, "169.254.1.1", "gateway address of every pod"),
        Variable(
            "gateway6",
            ADDRESS,
            "fe80::ecee:eeff:feee:eeee",
            "IPv6 gateway address of every pod: the node's link-local address",
        ),
        Variable("proxy_mac", MAC, "ee:ee:ee:ee:ee:ee", "MAC of every cali interface"),
        Variable("interface_prefix", TEXT, "cali", "prefix of the names of the node's ends of pod links"),
        Variable("arp_prompt", DURATION, "100ms", "longest time that a prompt answer takes"),
        Variable("arp_wait", DURATION, "1s", "longest wait for an answer to ARP"),
        Variable("echo_wait", DURATION, "500ms", "time that a capture must go on for, to prove an echo unanswered"),
        Variable(
            "dns_wait",
            DURATION,
            "5s",
            "time that a capture must go on for, to prove a DNS query unanswered that is not repeated",
        ),
    )
}


class Settings:
    """The variables' values for one run: defaults, then expectation files, then ``overrides``; the last one wins.

    Raises RuleError for an unknown name or a value of the wrong type.
    """

    def __init__(self, overrides: Mapping[str, str] | None = None, said: Mapping[str, Node] | None = None) -> None:
        self.texts = {name: variable.default for name, variable in VARIABLES.items()}
        # Names that rules asked for.
        self.used: set[str] = set()
        faults = Faults()

        def say(name: str, node: Node) -> None:
            self.texts[name] = node.text(f"variable {name!r}")
            if not self.texts[name]:
                raise node.error(f"variable {name!r} has no value")
            try:
                _check(name, self.texts[name])
            except ValueError as error:
                raise node.error(str(error)) from None

        def override(name: str, text: str) -> None:
            if name not in self.texts:
                raise RuleError(f"--set {name}={text}: there is no variable {name!r}{suggest(name, self.texts)}")
            try:
                _check(name, text)
            except ValueError as error:
                raise RuleError(f"--set {name}={text}: {error}") from None
            self.texts[name] = text

        faults.each(lambda item: say(*item), (said or {}).items())
        faults.each(lambda item: override(*item), (overrides or {}).items())
        faults.check()

    def get(self, name: str, node: Node) -> str:
        """The value of a variable that a rule names. Raises RuleError if there is no such variable."""
        if name not in self.texts:
            raise node.error(
                f"there is no variable '${name}'{suggest(f'${name}', [f'${known}' for known in self.texts])}"
            )
        self.used.add(name)
        return self.texts[name]

    def check_used(self, said: Mapping[str, Node]) -> None:
        """Raises RuleError for an unused variable whose name is close to a known one: a likely slip of the pen."""
        for name, node in said.items():
            near = closest(name, VARIABLES)
            if near and name not in self.used and name not in VARIABLES:
                raise node.error(f"no rule uses the variable {name!r}; did you mean {near[0]!r}?")

    @cached_property
    def key(self) -> tuple[tuple[str, str], ...]:
        """All values: rules mean the same under two settings with equal keys."""
        return tuple(sorted(self.texts.items()))

    def number(self, name: str) -> int:
        """An address, MAC or duration as a number."""
        value = VARIABLES[name].type.parse(self.texts[name])
        assert isinstance(value, int)
        return value

    @property
    def gateways(self) -> frozenset[int]:
        return frozenset({self.number("gateway"), self.number("gateway6")})


def _check(name: str, text: str) -> None:
    """Check the value of a known variable; a column checks those that an expectation file defines."""
    if name in VARIABLES:
        VARIABLES[name].type.parse(text)


def suggest(word: str, known: Iterable[str]) -> str:
    """``; did you mean …?`` if a close word is known, else the whole list."""
    names = sorted(known)
    near = closest(word, names)
    return f"; did you mean {near[0]!r}?" if near else f"; known: {', '.join(names)}"


def closest(word: str, known: Iterable[str]) -> list[str]:
    """The known word that is closest, if one is close: a list of one, or none."""
    import difflib  # Only where somebody mistyped.

    return difflib.get_close_matches(word, list(known), 1, 0.6)
