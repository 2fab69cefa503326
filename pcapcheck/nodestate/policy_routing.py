"""Where the node's ``ip rule`` entries send a packet, as far as the rules and their tables are known.

Kernel: net/core/fib_rules.c, fib_rules_lookup; net/ipv4/fib_rules.c, fib4_rule_match and fib4_rule_suppress.
"""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from pcapcheck.kleene import FALSE, TRUE, UNKNOWN
from pcapcheck.nodestate.host import Host
from pcapcheck.nodestate.listing import TABLES, table_of
from pcapcheck.nodestate.node_facts import DEAD_ENDS, PolicyRule, Route
from pcapcheck.nodestate.numbers import after, network, number
from pcapcheck.nodestate.source_lines import Line
from pcapcheck.values import is_ipv4

# What it finds the host takes itself and does not forward; some agents ask it later than the kernel's own rule does.
LOCAL = "local"
# The priority of the rule that asks the main table (fib_default_rules_init).
MAIN = 32766
WHOLE_MARK, LOW_MARKS = "0xffffffff", 0x10000
# What only packets of the host itself can match, and what no state tells of a packet.
OF_HOST = ("oif", "uidrange")
UNKNOWN_WORDS = ("tos", "dsfield", "ipproto", "sport", "dport", "l3mdev", "tun_id")


class RoutedPacket(Struct, frozen=True):
    """A packet that the node forwards: addresses (None: any), and the interface that it came in by (None: any).

    ``mark`` is what the node's firewall rules gave it: (bits that are known, their value); None where none are shown.
    """

    src: int | None
    dst: int
    iif: str | None = None
    mark: tuple[int, int] | None = None


class Diversion(Struct, frozen=True):
    """A rule that a packet matches before the main table is asked, and the route that it finds; None: unknown.

    ``certain``: nothing that the rule asks of the packet is unknown.
    """

    rule: PolicyRule
    route: Route | None
    certain: bool

    @property
    def ends(self) -> bool:
        """Whether the rule itself refuses the packet, without any table."""
        return self.rule.action in DEAD_ENDS

    @property
    def lines(self) -> tuple[Line, ...]:
        return (self.rule.line, self.route.line) if self.route is not None else (self.rule.line,)


def diversion(node: Host, packet: RoutedPacket) -> Diversion | None:
    """The first of the node's own rules that may send a packet by another table than main; None where none can."""
    first = next(iter(diversions(node, packet)), None)
    return first if first is None or first.certain else replace(first, route=None)


def diversions(node: Host, packet: RoutedPacket) -> list[Diversion]:
    """The rules that may take a packet from the main table, in order, up to the first that does for certain.

    A rule may match what no state tells of a packet, such as a mark; where it does not, a later one may still take it.
    """
    family = 4 if is_ipv4(packet.dst) else 6
    found: list[Diversion] = []
    for rule in sorted(node.rules, key=lambda rule: rule.priority):
        if rule.is_default or rule.table == LOCAL or rule.family != family or rule.priority >= MAIN:
            continue
        matches = match(rule, packet)
        if matches == FALSE or rule.action == "nop":
            continue
        if rule.action == "goto":
            # What it passes over is not followed.
            found.append(Diversion(rule, None, False))
            break
        route = _found(node, rule, packet, family)
        if route is False:
            continue
        if rule.table == "main":
            # An entry of main before its own rule, as wg-quick adds one: what it finds there no later rule takes away.
            if matches == TRUE and isinstance(route, Route):
                break
            continue
        found.append(Diversion(rule, route if isinstance(route, Route) else None, matches == TRUE))
        if matches == TRUE:
            break
    return found


def match(rule: PolicyRule, packet: RoutedPacket) -> int:
    """Whether a rule is about a packet: TRUE, FALSE or UNKNOWN."""
    words = rule.text.split()
    inverted = words[:1] == ["not"]
    parts = [_within(after(words, "from"), packet.src), _within(after(words, "to"), packet.dst)]
    wanted = after(words, "iif")
    if wanted is not None:
        parts.append(UNKNOWN if packet.iif is None else TRUE if wanted == packet.iif else FALSE)
    parts += [FALSE for word in OF_HOST if word in words]
    parts += [UNKNOWN for word in UNKNOWN_WORDS if word in words]
    wanted = after(words, "fwmark")
    parts += [_marked(wanted, packet.mark, alone=inverted)] if wanted is not None else []
    result = min(parts)
    return -result if inverted else result


def _marked(wanted: str, mark: tuple[int, int] | None, *, alone: bool) -> int:
    """Whether a packet has the mark of a rule, as ``0x66`` or ``0x66/0xff``.

    ``alone``: the rule is for all other marks, as VPN clients write it for all but what they have encrypted themselves.
    Of a whole mark below 0x10000 that no rule shown sets it is taken that a pod's packet does not have it: Calico's own
    are bits of 0xffff0000 (felix/config, IptablesMarkMask). A rule for one mark may owe it to what is not shown.
    """
    value, mask = (_hexadecimal(part) for part in (*wanted.split("/"), WHOLE_MARK)[:2])
    if value is None or mask is None:
        return UNKNOWN
    known, has = mark or (0, 0)
    if mask & ~known == 0 and has & mask == value & mask:
        return TRUE
    return FALSE if alone and value < LOW_MARKS and mask == int(WHOLE_MARK, 16) else UNKNOWN


def _hexadecimal(text: str) -> int | None:
    """A number as ip prints and takes marks."""
    try:
        return int(text, 0)
    except ValueError:
        return None


def _within(text: str | None, address: int | None) -> int:
    if text is None or text == "all":
        return TRUE
    found = network(text)
    if found is None or address is None:
        return UNKNOWN
    base, prefix = found
    bits = 32 if is_ipv4(base) else 128
    if is_ipv4(base) != is_ipv4(address):
        return FALSE
    return TRUE if base >> (bits - prefix) == address >> (bits - prefix) else FALSE


def _found(node: Host, rule: PolicyRule, packet: RoutedPacket, family: int) -> Route | bool:
    """The route that a rule's table holds; False where it holds none, True where that is not known."""
    if rule.table is None:
        # blackhole, unreachable, prohibit: no table is asked.
        return True
    routes = [route for route in node.routes_to(packet.dst, rule.table) if not route.dead]
    suppressed = number(after(rule.text.split(), "suppress_prefixlength", "sup_pl"))
    if routes and suppressed is not None and routes[0].prefix <= suppressed:
        return False
    listing = f"routes{family}" if rule.table == "main" else table_of(rule.table, family)
    whole = listing in node.whole or f"{TABLES}{family}" in node.whole
    if routes and (routes[0].is_host or whole):
        return False if routes[0].kind == "throw" else routes[0]
    return not whole
