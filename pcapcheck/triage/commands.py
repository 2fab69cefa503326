"""A cause's commands, filled in with what is known of a case; incomplete ones are widened, or said in words.

No placeholder is ever printed: a command is pasted as it stands. If a column is unknown, a command that only looks
shows more than needed (``ip neigh show`` for ``ip neigh show dev cali…``); one that changes something is not widened.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from msgspec import Struct

from pcapcheck.ruleset.command import Typed, fill_command, typed_as
from pcapcheck.ruleset.rule import fill, placeholders
from pcapcheck.triage.case_columns import CASE_COLUMNS
from pcapcheck.values import Value, clean

# The words for what is not known.
UNKNOWN_SAID = {
    "interface": "the pod's interface",
    "dst.interface": "the receiver's interface",
    "pod": "the pod",
    "dst": "the receiver",
    "sent_to": "a wrong MAC",
    "gateway.mac": "another MAC",
    "refused.from": "somebody",
    "nic": "the node's network card",
    "receiver": "the pod",
    "receiver.interface": "the pod's interface",
    "receiver.at": "there",
    "dst.called": "the receiver",
    "dst.at": "there",
    "handed_to": "another pod's interface",
    "next_hop": "its next hop",
    "last_seen.interface": "the node's interface",
    "back_end": "its address",
    "tunnel": "the tunnel's device",
    "loop.between": "of routers",
}
# How a line that is typed begins; any other line is words.
PROGRAMS = re.compile(
    r"(ip|tc|sysctl|tcpdump|kubectl|calicoctl|nft|iptables-save|iptables|ipset|bridge|arping|ping|ethtool|dmesg|nstat|ss|cat"
    r"|nmcli|firewall-cmd|conntrack|bpftool|crictl|mpstat|grep) "
)
REMARK = "  # "
# How a remark goes on from the command before it.
JOINED = re.compile(r"^(and|or|there;) ")
_HOLE = r"\{(?P<hole>[a-z0-9_.]+)\}"


class Widening(Struct, frozen=True):
    """A part of a command that names one column, and what replaces the part if the column is unknown."""

    pattern: re.Pattern[str]
    instead: str

    def apply(self, text: str, unknown: set[str]) -> str:
        """The command with each such part replaced; groups of the pattern stand in ``instead`` by their names."""
        return self.pattern.sub(
            lambda match: self.instead.format(**match.groupdict()) if match["hole"] in unknown else match[0], text
        )


WIDENINGS = (
    Widening(re.compile(rf"in the pod {_HOLE}"), "in the pod"),
    Widening(re.compile(rf"# {_HOLE}"), "# there"),
    Widening(re.compile(rf"{REMARK}on {_HOLE}$"), ""),
    Widening(re.compile(rf" \| grep (?:-\w+ )?{_HOLE}"), ""),
    # Without a device ip shows everything, but tc only its queues.
    Widening(re.compile(rf"(?P<kept>(?:\bip (?:-\w+ )*|\bqdisc )(?:\w+ )?show) dev {_HOLE}"), "{kept}"),
    Widening(re.compile(rf"(?P<kept>\bip neigh show \S+) dev {_HOLE}"), "{kept}"),
    # A lookup is about the interface that packets come in by; without it, it shows at least where the route leads.
    Widening(re.compile(rf" from \S+ iif {_HOLE}"), ""),
    # A filter on MACs needs a real link.
    Widening(re.compile(rf"(?P<kept>tcpdump(?: -\w+)* -i) {_HOLE}(?! ether)"), "{kept} any"),
)
_SETTING = re.compile(r"net\.(?P<tree>ipv[46])\.(?P<group>conf|neigh)\.\{[a-z.]+\}\.(?P<key>\w+)")


def typed_columns(packet_evidence: Mapping[str, Value | None], absent: str) -> dict[str, Typed]:
    """How each known column of a case is typed; ``absent`` is what it holds for the unknown."""
    known = {name: value for name, value in packet_evidence.items() if value is not None and name in CASE_COLUMNS}
    return {name: typed_as(CASE_COLUMNS[name], value) for name, value in known.items() if value != absent}


def to_look(texts: tuple[str, ...], typed: Mapping[str, Typed]) -> tuple[str, ...]:
    """The commands that settle a cause, each widened if it must be; without those that cannot be."""
    found = (_widened(text, set(placeholders(text)) - set(typed)) for text in texts)
    return tuple(dict.fromkeys(clean(fill_command(command, typed)) for command in found if command))


def to_mend(texts: tuple[str, ...], typed: Mapping[str, Typed], said: Mapping[str, str]) -> tuple[str, ...]:
    """The fixes: commands as a whole, or what remains in words; ``said`` are the known columns as words show them."""
    return tuple(clean(line) for text in texts for line in _fix(text, typed, said))


def _fix(text: str, typed: Mapping[str, Typed], said: Mapping[str, str]) -> Iterator[str]:
    unknown = [name for name in placeholders(text) if name not in typed]
    if not unknown or not PROGRAMS.match(text):
        # Words, or all that is to be typed.
        yield fill(text, {**UNKNOWN_SAID, **said}) if unknown else fill_command(text, typed)
        return
    yield f"find out {UNKNOWN_SAID.get(unknown[0], unknown[0])} first: what to type names it"
    _, _, remark = text.partition(REMARK)
    if remark and not set(placeholders(remark)) - set(typed):
        yield fill_command(JOINED.sub("", remark), typed)


def _widened(text: str, unknown: set[str]) -> str:
    """A command, with its braces, that needs nothing unknown; empty if there is none."""
    if not unknown:
        return text
    for widening in WIDENINGS:
        text = widening.apply(text, unknown)
    command, _, remark = text.partition(REMARK)
    parts = [_settings(part, unknown) for part in command.split("; ")]
    kept = [part for part in parts if not set(placeholders(part)) & unknown]
    if not kept:
        return ""
    return "; ".join(kept) + (f"{REMARK}{remark}" if remark and not set(placeholders(remark)) & unknown else "")


def _settings(part: str, unknown: set[str]) -> str:
    """``sysctl`` for an unknown interface: the files of all interfaces, each printed with its name."""
    if not part.startswith("sysctl ") or not set(placeholders(part)) & unknown:
        return part
    words = part.split()[1:]
    files = [
        f"/proc/sys/net/{setting['tree']}/{setting['group']}/*/{setting['key']}"
        for setting in map(_SETTING.fullmatch, words)
        if setting
    ]
    every = tuple(file.replace("/", ".").removeprefix(".proc.sys.") for file in files)
    rest = [word for word in words if "{" not in word and word.replace(".all.", ".*.") not in every]
    return "; ".join((*([f"sysctl {' '.join(rest)}"] if rest else []), f"grep . {' '.join(files)}"))
