"""Compile the rules about one table to a program for the evaluating loop (``program_layout``)."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from pcapcheck.column import Column
from pcapcheck.raw_rows import ZERO, Field, TableFields, Wording
from pcapcheck.ruleset import program_layout as layout
from pcapcheck.ruleset.conditions import Combination, Condition, Leaf
from pcapcheck.ruleset.counting_layout import RESULTS_PER_WORD
from pcapcheck.ruleset.evaluate import Evaluation
from pcapcheck.ruleset.row_bins import PAIR
from pcapcheck.table_names import FRAMES
from pcapcheck.values import halves_of

LEAST, MOST = -(1 << 63), (1 << 63) - 1
EVERY_BIT = (1 << 128) - 1
# What the columns whose name begins like this are lacking in frames of other protocols.
LACKS = {
    "frame": layout.SURE,
    "eth": layout.SURE,
    "sll": layout.SURE,
    "arp": layout.NO_ARP,
    "encap": layout.NO_TUNNEL,
    "outer": layout.NO_TUNNEL,
    "vxlan": layout.NO_TUNNEL,
    "inner": layout.NO_TUNNEL,
    "vlan": layout.NO_VLAN,
    "ip": layout.NO_IP,
    "checksum": layout.NO_IP,
    "icmp": layout.NO_ICMP,
    "quoted": layout.NO_ICMP,
    "nd": layout.NO_ND,
    "tcp": layout.NO_TCP,
    "udp": layout.NO_UDP,
}
# How many vectors the values of a field take, if not one.
VECTORS = {layout.ADDRESS: 3, layout.SEVERAL: 2}
# The numbers that a value may lie between.
RANGES = {"eq": (0, 0), "ne": (0, 0), "lt": (None, -1), "le": (None, 0), "gt": (1, None), "ge": (0, None)}


class RowProgram:
    """The rules of ``evaluations``, all about the table of ``fields``, as numbers.

    ``wordings`` are the columns in words that they name, ``number_of`` says which number a word or text has that the
    rules or the fields name.
    """

    def __init__(self, fields: TableFields, evaluations: Sequence[Evaluation]) -> None:
        self.evaluations = evaluations
        self.fields = fields
        self.wordings: list[Wording] = []
        self.number_of: dict[str | bool, int] = {}
        self.numbers = array("q", [0]) * layout.HEAD
        # The most results that stand on the stack.
        self.depth = 0
        self._fields: dict[Field | Wording, int] = {}
        self._leaves: dict[tuple[object, ...], int] = {}
        self._gathered: list[int] = []
        self._vectors = 0
        self._write_head([self._rule(evaluation) for evaluation in evaluations])

    def number(self, word: str | bool) -> int:
        """The number of a word or a text."""
        return self.number_of.setdefault(word, len(self.number_of))

    def _put(self, *numbers: int) -> int:
        """Append numbers; returns where they stand."""
        at = len(self.numbers)
        self.numbers.extend(numbers)
        return at

    def _write_head(self, rules: list[list[int]]) -> None:
        columns = self.fields.columns
        pair = [self._vector(columns[name]) for name in PAIR if name in columns]
        texts = [[self._field(part) for part in wording.of] for wording in self.wordings]
        most = max((len(evaluation.early) for evaluation in self.evaluations), default=0)
        head = {
            layout.P_RULES: self._put(*(number for rule in rules for number in rule)),
            layout.P_RULE_COUNT: len(rules),
            layout.P_WORDS: -(-most // RESULTS_PER_WORD),
            layout.P_GROUP: self._vector(self.fields.group),
            # By the number of its word, since it is part of what a bin is found by.
            layout.P_OUTCOME: self._vector(self.fields.outcome and replace(self.fields.outcome, words=())),
            layout.P_PAIR: self._put(*pair),
            layout.P_PAIR_FIELDS: len(pair),
            layout.P_BOUNDS: sum(len(evaluation.bounds) for evaluation in self.evaluations),
            layout.P_TEXTS: self._put(*(number for text in texts for number in (self._put(*text), len(text)))),
            layout.P_TEXT_COUNT: len(texts),
            layout.P_TEXT_FIELDS: max(map(len, texts), default=0),
            layout.P_LEAVES: self._put(*self._leaves.values()),
            layout.P_LEAF_COUNT: len(self._leaves),
            layout.P_CLASS_WORDS: -(-len(self._leaves) // RESULTS_PER_WORD),
        }
        head |= {
            layout.P_GATHERED: self._put(*self._gathered),
            layout.P_GATHERED_COUNT: len(self._gathered),
            layout.P_VECTORS: self._vectors,
        }
        for place, number in head.items():
            self.numbers[place] = number

    def _rule(self, evaluation: Evaluation) -> list[int]:
        leaves = {id(leaf): self._leaf(leaf, id(leaf) in evaluation.selecting) for leaf in evaluation.early}
        code, expected = (list(self._code(said, leaves)) for said in (evaluation.rule.select, evaluation.rule.expect))
        self.depth = max(self.depth, len(code), len(expected))
        bounds = [
            number
            for column, bound in evaluation.bounds
            for number in (self._vector(self.fields.columns[column.name]), bound.against(1))
        ]
        at, expected_at = self._put(*code), self._put(*expected)
        return [
            at,
            at + len(code),
            self._put(*(leaves[id(leaf)] for leaf in evaluation.early)),
            len(evaluation.early),
            self._put(*bounds),
            len(evaluation.bounds),
            expected_at,
            expected_at + len(expected),
        ]

    def _code(self, condition: Condition, leaves: dict[int, int]) -> Iterable[int]:
        """What a rule selects or expects: parts before what combines them."""
        if not isinstance(condition, Combination):
            yield leaves.get(id(condition), layout.LATE)
            return
        for part in condition.parts:
            yield from self._code(part, leaves)
        if condition.word == "not":
            yield layout.NOT
        else:
            yield layout.ANY_OF if condition.word == "any" else layout.ALL_OF
            yield len(condition.parts)

    def _leaf(self, leaf: Leaf, selecting: bool) -> int:
        """A leaf, once for all rules that have it."""
        # A frame of another protocol is not selected.
        lacking = [self._lacks(column) if selecting else layout.SURE for column in leaf.columns()]
        key = (leaf.column.name, leaf.operator, leaf.operand, type(leaf.operand), *lacking)
        if key not in self._leaves:
            numbers = [0] * layout.LEAF_SIZE
            numbers[layout.L_FIELD] = self._vector(self.fields.columns[leaf.column.name])
            numbers[layout.L_LACKS] = lacking[0]
            numbers[layout.L_NUMBER] = len(self._leaves)
            if isinstance(leaf.operand, Column):
                numbers[layout.L_OPERATOR] = layout.SAME
                numbers[layout.L_OTHER] = self._vector(self.fields.columns[leaf.operand.name])
                numbers[layout.L_OTHER_LACKS] = lacking[1]
            else:
                self._compare(leaf, numbers)
            self._leaves[key] = self._put(*numbers)
        return self._leaves[key]

    def _lacks(self, column: Column) -> int:
        return LACKS[column.name.partition(".")[0]] if self.fields.table == FRAMES else layout.SURE

    def _compare(self, leaf: Leaf, numbers: list[int]) -> None:
        """What a leaf compares a value with."""
        operator, operand = leaf.operator, leaf.operand
        numbers[layout.L_NEGATED] = int(operator == "ne" or (operator == "exists" and not operand))
        if operator == "exists":
            numbers[layout.L_OPERATOR] = layout.EXISTS
        elif self.numbers[numbers[layout.L_FIELD] + layout.F_KIND] == layout.ADDRESS:
            numbers[layout.L_OPERATOR] = layout.WITHIN
            networks = operand if operator == "cidr" else [(address, EVERY_BIT) for address in _several(operand)]
            halves = [half for network, mask in networks for half in (*halves_of(network), *halves_of(mask))]  # type: ignore[attr-defined]
            numbers[layout.L_LIST], numbers[layout.L_LIST_COUNT] = self._put(*halves), len(halves) // 4
        elif operator == "in":
            numbers[layout.L_OPERATOR] = layout.LISTED
            listed = [number for value in _several(operand) if LEAST <= (number := self._as_number(value)) <= MOST]
            numbers[layout.L_LIST], numbers[layout.L_LIST_COUNT] = self._put(*listed), len(listed)
        else:
            numbers[layout.L_OPERATOR] = layout.RANGE
            least, most = _prefixed(operand) if operator == "mac_prefix" else self._range(operator, operand)
            # An empty range where no number can be meant.
            numbers[layout.L_LOW], numbers[layout.L_HIGH] = (least, most) if least <= most else (1, 0)

    def _range(self, operator: str, operand: object) -> tuple[int, int]:
        low, high = RANGES[operator]
        number = self._as_number(operand)
        least = LEAST if low is None else max(LEAST, number + low)
        return least, MOST if high is None else min(MOST, number + high)

    def _as_number(self, value: object) -> int:
        if isinstance(value, (str, bool)):
            return self.number(value)
        assert isinstance(value, int)
        return value

    def _field(self, field: Field | Wording | None) -> int:
        """A field, once for all that name it."""
        if field is None:
            return 0
        if field not in self._fields:
            self._fields[field] = self._put(*self._encoded(field))
        return self._fields[field]

    def _vector(self, field: Field | Wording | None) -> int:
        """A field whose values are gathered."""
        at = self._field(field)
        if at and at not in self._gathered:
            self.numbers[at + layout.F_VECTOR] = self._vectors
            self._vectors += VECTORS.get(self.numbers[at + layout.F_KIND], 1)
            self._gathered.append(at)
        return at

    def _encoded(self, field: Field | Wording) -> list[int]:
        numbers = [0] * layout.FIELD_SIZE
        if isinstance(field, Wording):
            numbers[layout.F_KIND] = layout.WORDED
            self.wordings.append(field)
            field = Field(len(self.wordings) - 1)
        elif field.high is not None:
            numbers[layout.F_KIND] = layout.ADDRESS
        elif field.count is not None:
            numbers[layout.F_KIND] = layout.SEVERAL
        elif field.constant is not None:
            numbers[layout.F_KIND] = layout.CONSTANT
        encoded = {
            layout.F_POSITION: field.position,
            layout.F_SHIFT: field.shift,
            layout.F_MASK: field.mask,
            layout.F_LEAST: field.least,
            layout.F_MOST: field.most,
            layout.F_HIGH: ZERO if field.high is None else field.high,
            layout.F_VIA: -1 if field.via is None else field.via,
            layout.F_COUNT: field.count or 0,
            layout.F_CONSTANT: field.constant or 0,
            layout.F_WORDS: self._put(*map(self.number, field.words)) if field.words else 0,
            layout.F_LAST: len(field.words) - 1,
            layout.F_NEEDS: self._put(
                *(number for need in field.when for number in (need.position, need.mask, need.number, int(need.equal)))
            ),
            layout.F_NEED_COUNT: len(field.when),
            layout.F_OTHERWISE: self._field(field.otherwise),
        }
        for place, number in encoded.items():
            numbers[place] = number
        return numbers


def _several(operand: object) -> Iterable[int]:
    return sorted(operand) if isinstance(operand, frozenset) else (operand,)  # type: ignore[return-value]


def _prefixed(prefix: object) -> tuple[int, int]:
    """The first and the last MAC that begin with these bytes."""
    digits = str(prefix).replace(":", "")
    bits = 48 - 4 * len(digits)
    least = int(digits, 16) << bits
    return least, least + (1 << bits) - 1
