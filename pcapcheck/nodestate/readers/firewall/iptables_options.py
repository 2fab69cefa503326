"""Options of iptables' rules: the field of each, and how its value is read.

Source: iptables(8), iptables-extensions(8).
"""

from __future__ import annotations

import re
from collections.abc import Callable

from pcapcheck.nodestate.firewall import rule_values
from pcapcheck.nodestate.firewall.chains import REJECT, Match, Span, Verdict, spans_of
from pcapcheck.nodestate.firewall.keys import FAMILY_NAMES, STATES, operation, span_of, unknown
from pcapcheck.nodestate.numbers import mac
from pcapcheck.protocols import ICMP, ICMPV6


def port_span(text: str) -> Span | None:
    first, colon, last = text.partition(":")
    low, high = rule_values.port(first or "0"), rule_values.port(last or "65535") if colon else rule_values.port(first)
    return (low, high) if low is not None and high is not None else None


_protocols = span_of(rule_values.protocol)


def _hardware(text: str) -> int | None:
    return 1 if text.lower() == "ethernet" else rule_values.integer(text)


# Options with one value: the field, and what reads the value.
VALUE_OPTIONS: dict[str, tuple[str, Callable[[str], Span | None] | None]] = {
    **dict.fromkeys(("-s", "--source", "--src"), ("saddr", rule_values.address_span)),
    **dict.fromkeys(("-d", "--destination", "--dst"), ("daddr", rule_values.address_span)),
    **dict.fromkeys(("-p", "--protocol", "--proto"), ("protocol", _protocols)),
    **dict.fromkeys(("-i", "--in-interface"), ("iif", None)),
    **dict.fromkeys(("-o", "--out-interface"), ("oif", None)),
    **dict.fromkeys(("--sport", "--source-port", "--sports", "--source-ports"), ("sport", port_span)),
    **dict.fromkeys(("--dport", "--destination-port", "--dports", "--destination-ports"), ("dport", port_span)),
    **dict.fromkeys(("--icmp-type", "--icmpv6-type"), ("icmp_type", None)),
    **dict.fromkeys(("--ctstate", "--state"), ("ct_state", None)),
    "--ctdir": ("ct_direction", None),
    "--dst-type": ("dst_type", None),
    "--src-type": ("src_type", None),
    "--pkt-type": ("pkttype", None),
    **dict.fromkeys(("--uid-owner", "--gid-owner"), ("owner", None)),
    "--ctproto": ("protocol", _protocols),
    "--src-range": ("saddr", rule_values.address_span),
    "--dst-range": ("daddr", rule_values.address_span),
    "--mark": ("mark", None),
    **dict.fromkeys(("--hl-eq", "--ttl-eq"), ("hop_limit", span_of(rule_values.integer))),
    **dict.fromkeys(("--mac-source", "--source-mac", "--src-mac"), ("src_mac", span_of(mac))),
    # Those of arptables.
    "--opcode": ("arp_operation", span_of(operation)),
    "--h-type": ("arp_htype", span_of(_hardware)),
    "--h-length": ("arp_hlen", span_of(rule_values.integer)),
    "--proto-type": ("arp_ptype", span_of(FAMILY_NAMES.get)),
}


def option_match(option: str, value: str, family: int, negated: bool, text: str) -> Match | None:
    """The condition of an option; None: not understood. ``family`` is 4 or 6, 0 if it is not known."""
    about, read = VALUE_OPTIONS[option]
    if about in ("iif", "oif"):
        return Match(about, text, names=(re.sub(r"\+$", "*", value),), negated=negated)
    if about in ("ct_state", "dst_type", "src_type", "pkttype", "owner", "ct_direction"):
        names = tuple(value.lower().split(","))
        if about == "ct_state" and not set(names) <= set(STATES):
            return None
        return Match(about, text, names=names, negated=negated)
    if about == "icmp_type":
        return icmp(value, 6 if "6" in option else family or 4, text, negated)
    if about == "mark":
        number, _, mask = value.partition("/")
        low, bits = rule_values.integer(number), rule_values.integer(mask) if mask else rule_values.EVERY_MARK
        return None if low is None or bits is None else Match(about, text, ((low, low),), negated=negated, mask=bits)
    spans = [read(part) for part in value.split(",")] if read else []
    known = [span for span in spans if span is not None]
    if about == "protocol" and value == "all":
        return Match(about, text, ((0, 255),), negated=negated)
    return Match(about, text, tuple(known), negated=negated) if known and len(known) == len(spans) else None


def icmp(value: str, family: int, text: str, negated: bool = False) -> Match | None:
    """An ICMP type by name or number, with a code behind a slash."""
    if value in ("any", "255"):
        return Match("protocol", text, spans_of([ICMPV6 if family == 6 else ICMP]))
    name, _, code = value.partition("/")
    number = rule_values.icmp_type(name, family)
    if number is None:
        return None
    kind = Match("icmp_type", text, ((number, number),), negated=negated)
    if not code or rule_values.integer(code) is None:
        return kind
    of_code = Match("icmp_code", text, spans_of([int(code, 0)]))
    return unknown(text) if negated else Match("one-of", text, options=((kind, of_code),))


def reject(name: str, family: int) -> Verdict:
    """What REJECT answers; its default is port unreachable."""
    if name in ("tcp-reset", "tcp-rst"):
        return Verdict(REJECT, reset=True)
    return Verdict(REJECT, errors=rule_values.errors_of(name or "port-unreachable", family or None))


def mark(option: str, value: str) -> tuple[int, int | None]:
    """What a MARK target does to the mark: (bits, what they become); None: not known."""
    number, _, mask = value.partition("/")
    low = rule_values.integer(number)
    bits = rule_values.integer(mask) if mask else None
    if low is None or (mask and bits is None):
        return rule_values.EVERY_MARK, None
    if option == "--set-xmark":
        # Zero out the bits given by the mask and XOR value into the mark: known where all that is XORed was zeroed.
        wide = bits if bits is not None else rule_values.EVERY_MARK
        return (wide, low) if low & ~wide == 0 else (wide | low, None)
    if option == "--set-mark":
        wide = bits if bits is not None else rule_values.EVERY_MARK
        return wide | low, low
    if option == "--or-mark":
        return low, low
    if option == "--and-mark":
        return rule_values.EVERY_MARK & ~low, 0
    return low, None


def tcp_flags(text: str) -> int | None:
    """Flags by name, joined by commas; as a number they are in the listing of -L."""
    if text == "ALL":
        return 63
    if text == "NONE":
        return 0
    number = rule_values.integer(text)
    if number is not None:
        return number
    bits = [rule_values.TCP_FLAGS.get(part.lower()) for part in text.split(",")]
    return None if None in bits else sum(bit for bit in bits if bit is not None)
