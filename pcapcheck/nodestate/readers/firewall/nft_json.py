"""``nft -j list ruleset`` -> the lines that ``nft list ruleset`` prints for it, which one reader understands.

Source: libnftables-json(5). What is not known of a statement is written so that it reads as a condition which nothing
is known of, never as none.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

from msgspec import Struct, field

from pcapcheck.nodestate.source_lines import Line

# The member of a listing's document, and what stands in it, an object each with one of these names.
DOCUMENT = "nftables"
OBJECTS = ("table", "chain", "rule", "set", "map", "counter")
PLAIN = re.compile(r"[\w.:/@+-]+")
OPERATORS = ("&", "|", "^", "<<", ">>")
VERDICTS = ("accept", "drop", "continue", "return", "notrack")
DEEPEST = 50
Object = tuple[str, Mapping[str, object], Line]


class _JsonTable(Struct):
    """Lines of a table: its sets, maps and counters, and those of each chain."""

    elements: list[Line] = field(default_factory=list)
    chains: dict[str, list[Line]] = field(default_factory=dict)
    heads: dict[str, Line] = field(default_factory=dict)


def objects_of(document: Mapping[str, object], line: Line) -> list[Object]:
    """The objects of a listing, or the one that a piece of a listing is; none where it is another document."""
    listed = document.get(DOCUMENT)
    some = listed if isinstance(listed, list) else [document]
    return [
        (name, held, line)
        for service in some
        if isinstance(service, dict) and len(service) == 1
        for name, held in service.items()
        if name in OBJECTS and isinstance(held, dict)
    ]


def listing_lines(objects: Iterable[Object]) -> list[Line]:
    """The text form, each line with the place of its object. What is too deep or has no name is left out."""
    tables: dict[str, _JsonTable] = {}
    for kind, held, line in objects:
        name = f"{held.get('family', 'ip')} {held.get('name' if kind == 'table' else 'table')}"
        table = tables.setdefault(name, _JsonTable())
        try:
            _take(kind, held, line, table)
        except RecursionError:
            continue
    lines: list[Line] = []
    for name, table in tables.items():
        at = next(iter([*table.elements, *table.heads.values()]), Line("", 0, ""))
        lines.append(_at(at, f"table {name} {{"))
        lines += table.elements
        for chain, rules in table.chains.items():
            at = table.heads.get(chain, at)
            lines += [_at(at, f"chain {chain} {{"), *([at] if at.text else []), *rules, _at(at, "}")]
        lines.append(_at(at, "}"))
    return lines


def _at(line: Line, text: str) -> Line:
    return Line(line.file, line.number, text)


def _take(kind: str, held: Mapping[str, object], line: Line, table: _JsonTable) -> None:
    name = str(held.get("name", ""))
    if kind == "chain":
        table.chains.setdefault(name, [])
        table.heads[name] = _at(line, _base(held))
    elif kind == "rule":
        chain = str(held.get("chain", ""))
        statements = held.get("expr")
        text = " ".join(_statement(statement) for statement in statements) if isinstance(statements, list) else ""
        if isinstance(comment := held.get("comment"), str):
            text += f" comment {_quoted(comment)}"
        table.heads.setdefault(chain, _at(line, ""))
        table.chains.setdefault(chain, []).append(_at(line, text))
    elif kind == "counter":
        counted = f"packets {held.get('packets')} bytes {held.get('bytes')}"
        table.elements += [_at(line, text) for text in (f"counter {name} {{", counted, "}")]
    elif kind in ("set", "map"):
        table.elements += [_at(line, text) for text in (f"{kind} {name} {{", *_set(held), "}")]


def _base(held: Mapping[str, object]) -> str:
    """The line of a chain that is hooked somewhere; nothing of one that is jumped to."""
    if not isinstance(held.get("hook"), str):
        return ""
    device = f" device {_quoted(str(held['dev']))}" if "dev" in held else ""
    return (
        f"type {held.get('type')} hook {held['hook']}{device} priority {held.get('prio')};"
        f" policy {held.get('policy', 'accept')};"
    )


def _set(held: Mapping[str, object]) -> list[str]:
    kinds = held.get("type")
    named = " . ".join(map(str, kinds)) if isinstance(kinds, list) else str(kinds)
    leads = f" : {held['map']}" if "map" in held else ""
    elements = held.get("elem")
    text = ", ".join(_element(element) for element in elements) if isinstance(elements, list) else ""
    return [f"type {named}{leads}", f"elements = {{ {text} }}"] if text else [f"type {named}{leads}"]


def _element(element: object) -> str:
    """A value, or a value with what it leads to."""
    if isinstance(element, list) and len(element) == 2:
        return f"{_value(element[0])} : {_value(element[1])}"
    return _value(element)


def _statement(statement: object) -> str:
    if not isinstance(statement, dict) or len(statement) != 1:
        return _strange("statement")
    ((name, held),) = statement.items()
    if name in VERDICTS:
        return str(name)
    make = STATEMENTS.get(name)
    return make(held) if make is not None and (held is None or isinstance(held, (dict, str))) else _strange(str(name))


def _strange(name: str) -> str:
    """A condition that reads as unknown."""
    return f"xt match {_quoted(name)}"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _of(held: object, name: str) -> object:
    return held.get(name) if isinstance(held, dict) else None


def _match(held: object) -> str:
    operator, left, right = _of(held, "op"), _of(held, "left"), _of(held, "right")
    # Without a mask "is" needs no word, and with several values none is allowed.
    masked = isinstance(left, dict) and any(name in OPERATORS for name in left)
    word = "" if operator == "in" or (operator == "==" and not masked) else f"{operator} "
    return f"{_value(left)} {word}{_value(right)}"


def _counter(held: object) -> str:
    if isinstance(held, str):
        return f"counter name {_quoted(held)}"
    packets = _of(held, "packets")
    return "counter" if packets is None else f"counter packets {packets} bytes {_of(held, 'bytes')}"


def _limit(held: object) -> str:
    if isinstance(held, str):
        return f"limit name {_quoted(held)}"
    over = "over " if _of(held, "inv") else ""
    burst = f" burst {_of(held, 'burst')} packets" if _of(held, "burst") else ""
    unit = f" {_of(held, 'rate_unit')}" if _of(held, "rate_unit") not in (None, "packets") else ""
    return f"limit rate {over}{_of(held, 'rate')}{unit}/{_of(held, 'per')}{burst}"


def _reject(held: object) -> str:
    kind, error = _of(held, "type"), _of(held, "expr")
    if kind == "tcp reset":
        return "reject with tcp reset"
    if error == "port-unreachable":
        # Which is what it is where nothing is said.
        return "reject"
    return f"reject with {kind} type {_value(error)}" if kind else "reject"


def _log(held: object) -> str:
    prefix = _of(held, "prefix")
    return f"log prefix {_quoted(prefix)}" if isinstance(prefix, str) else "log"


def _vmap(held: object) -> str:
    return f"{_value(_of(held, 'key'))} vmap {_value(_of(held, 'data'))}"


def _mangle(held: object) -> str:
    return f"{_value(_of(held, 'key'))} set {_value(_of(held, 'value'))}"


def _target(word: str) -> Callable[[object], str]:
    return lambda held: f"{word} {_of(held, 'target')}"


def _translate(word: str) -> Callable[[object], str]:
    def make(held: object) -> str:
        to, port = _of(held, "addr"), _of(held, "port")
        if to is None:
            return word
        if port is None:
            return f"{word} to {_value(to)}"
        host = _value(to)
        return f"{word} to {f'[{host}]' if ':' in host else host}:{_value(port)}"

    return make


STATEMENTS: Mapping[str, Callable[[object], str]] = {
    "match": _match,
    "counter": _counter,
    "limit": _limit,
    "quota": lambda held: f"quota {'over ' if _of(held, 'inv') else ''}{_of(held, 'val')} {_of(held, 'val_unit')}",
    "reject": _reject,
    "log": _log,
    "vmap": _vmap,
    "mangle": _mangle,
    "jump": _target("jump"),
    "goto": _target("goto"),
    "queue": lambda held: "queue",
    "ct count": lambda held: f"ct count {'over ' if _of(held, 'inv') else ''}{_of(held, 'val')}",
    **{word: _translate(word) for word in ("masquerade", "snat", "dnat", "redirect", "tproxy", "fwd", "dup")},
    "synproxy": lambda held: "synproxy",
    "flow": lambda held: "flow",
    "set": lambda held: f"{_of(held, 'op')} {_of(held, 'set')} {{ {_value(_of(held, 'elem'))} }}",
    "xt": lambda held: f"xt {_of(held, 'type')} {_quoted(str(_of(held, 'name')))}",
}


def _value(value: object, depth: int = 0) -> str:
    """An expression. Raises RecursionError where one is inside another more than anybody writes."""
    if depth > DEEPEST:
        raise RecursionError
    if isinstance(value, bool):
        return "exists" if value else "missing"
    if isinstance(value, str):
        return value if PLAIN.fullmatch(value) else _quoted(value)
    if isinstance(value, list):
        return ",".join(_value(each, depth + 1) for each in value)
    if isinstance(value, dict) and len(value) == 1:
        ((name, held),) = value.items()
        return _expression(str(name), held, depth + 1)
    return str(value) if isinstance(value, int) else "?"


def _expression(name: str, held: object, depth: int) -> str:
    parts = held if isinstance(held, list) else []
    if name in OPERATORS:
        # What is masked may be masked before; a mask of several flags is a list, or an expression of its own.
        masks = (
            " | ".join(_value(each, depth) for each in part) if isinstance(part, list) else part for part in parts[1:]
        )
        rest = [mask if isinstance(mask, str) else _value(mask, depth) for mask in masks]
        bracketed = [f"({text})" if " " in text else text for text in rest]
        return f" {name} ".join([_value(parts[0], depth) if parts else "?", *bracketed])
    if name == "set":
        return f"{{ {', '.join(_element(part) for part in parts)} }}" if isinstance(held, list) else _value(held, depth)
    if name == "concat":
        return " . ".join(_value(part, depth) for part in parts)
    if name == "range":
        return "-".join(_value(part, depth) for part in parts)
    if name == "prefix":
        return f"{_value(_of(held, 'addr'), depth)}/{_of(held, 'len')}"
    if name == "elem":
        comment = _of(held, "comment")
        said = f" comment {_quoted(comment)}" if isinstance(comment, str) else ""
        return _value(_of(held, "val"), depth) + said
    return _key(name, held, depth)


def _key(name: str, held: object, depth: int) -> str:
    """What a condition is about, a verdict in a map, or something that is not known."""
    field_, key = _of(held, "field"), _of(held, "key")
    if name == "payload":
        raw = f"@{_of(held, 'base')},{_of(held, 'offset')},{_of(held, 'len')}"
        return f"{_of(held, 'protocol')} {field_}" if field_ else raw
    if name == "ct":
        return " ".join(str(word) for word in ("ct", _of(held, "dir"), _of(held, "family"), key) if word)
    if name in ("meta", "rt", "socket"):
        return f"{name} {key}"
    if name == "fib":
        flags = _of(held, "flags")
        return f"fib {' . '.join(map(str, flags)) if isinstance(flags, list) else flags} {_of(held, 'result')}"
    if name == "numgen":
        return f"numgen {_of(held, 'mode')} mod {_of(held, 'mod')}"
    if name in ("tcp option", "ip option", "exthdr"):
        return " ".join(str(word) for word in (name, _of(held, "name"), field_) if word)
    if name == "map":
        return f"{_value(key, depth)} map {_value(_of(held, 'data'), depth)}"
    if name in VERDICTS or name in ("jump", "goto"):
        return _statement({name: held})
    return name
