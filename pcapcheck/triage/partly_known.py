"""Half of the proof: what the state says for a cause, and which lines are missing to settle it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from msgspec import Struct

from pcapcheck.kleene import UNKNOWN
from pcapcheck.nodestate.host import Host
from pcapcheck.nodestate.node_facts import Sysctl
from pcapcheck.nodestate.readers.sysctls import value_of
from pcapcheck.nodestate.source_lines import quote
from pcapcheck.ruleset.conditions import Combination, Getter, Leaf
from pcapcheck.triage.fit import telling

# Settings that two sysctls decide together: the key, and whether the other one is that of all interfaces (kernel:
# include/linux/inetdevice.h; IN_DEV_PROXY_ARP is an OR, IN_DEV_RPFILTER and IN_DEV_ARP_IGNORE are maxima).
OF_TWO = {"state.proxy_arp": "proxy_arp", "state.rp_filter": "rp_filter"}
FORWARDING = "state.forwarding"


class Half(Struct, frozen=True):
    """What is known (``text`` of it and of what is missing), its lines, and the commands that show the rest."""

    text: str
    lines: tuple[str, ...]
    commands: tuple[str, ...]


class PartlyKnownSettings(Struct, frozen=True):
    """The settings behind a column of the state: those that it shows, and the names of those that it does not."""

    shown: tuple[Sysctl, ...] = ()
    missing: tuple[str, ...] = ()


def settings_of(column: str, node: Host | None, interface: str | None) -> PartlyKnownSettings:
    """Which sysctls decide a column, as far as the node's state holds them."""
    if node is None or interface is None:
        return PartlyKnownSettings()
    if column == FORWARDING:
        # Writing to it sets every interface (net/ipv4/devinet.c, inet_forward_change).
        every = node.sysctls.get("net.ipv4.ip_forward") or node.sysctl("all", "forwarding")
        own = node.sysctl(interface, "forwarding")
        return PartlyKnownSettings((every,) if every else (), () if own else (f"net.ipv4.conf.{interface}.forwarding",))
    key = OF_TWO.get(column)
    if key is None:
        return PartlyKnownSettings()
    found = {name: node.sysctl(name, key) for name in (interface, "all")}
    shown = tuple(setting for setting in found.values() if value_of(setting) is not None and setting is not None)
    return PartlyKnownSettings(
        shown, tuple(f"net.ipv4.conf.{name}.{key}" for name, setting in found.items() if value_of(setting) is None)
    )


def half_of(
    confirmed: Combination | None,
    get: Getter,
    lines: Mapping[str, tuple[str, ...]],
    settings: Callable[[str], PartlyKnownSettings],
) -> Half | None:
    """What speaks for a cause that is not confirmed only because the state leaves something out; None if nothing does.

    ``lines`` are those of the columns of the state that were asked for, ``settings`` gives the settings of a
    column.
    """
    if confirmed is None or confirmed.evaluate(lambda leaf: leaf.compare(get)) != UNKNOWN:
        return None
    known = [leaf for leaf in telling(confirmed, get) if lines.get(leaf.column.name)]
    quoted = [line for leaf in known for line in lines[leaf.column.name]]
    said = list(quoted)
    missing: list[str] = []
    for leaf in confirmed.leaves():
        if leaf.compare(get) != UNKNOWN:
            continue
        found = settings(leaf.column.name)
        missing += found.missing
        speaking = [setting for setting in found.shown if found.missing and _speaks(leaf, setting)]
        quoted += [quote(setting.line) for setting in speaking]
        said += [f"{setting.name} is {setting.value}" for setting in speaking]
    if not quoted or not missing:
        return None
    missing = list(dict.fromkeys(missing))
    lacking = f"{', '.join(missing)} {'is' if len(missing) == 1 else 'are'} not in the state"
    return Half(
        f"{', '.join(dict.fromkeys(said))}; {lacking}", tuple(dict.fromkeys(quoted)), (f"sysctl {' '.join(missing)}",)
    )


def _speaks(leaf: Leaf, setting: Sysctl) -> bool:
    """Whether the cause would be confirmed if this setting alone counted."""
    value = value_of(setting)
    if value is None:
        return False
    return leaf.compare(lambda _: value != 0 if leaf.column.type.name == "boolean" else value) > UNKNOWN
