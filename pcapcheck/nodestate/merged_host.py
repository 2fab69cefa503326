"""One host put together from several outputs: a later complete listing replaces an earlier one."""

from __future__ import annotations

from collections.abc import Iterable

from pcapcheck.nodestate.disagreement import Disagreement, Fact, Facts, add_facts
from pcapcheck.nodestate.firewall.chains import Firewall
from pcapcheck.nodestate.host import Host
from pcapcheck.nodestate.host_identity import Identity
from pcapcheck.nodestate.node_facts import Address, Device, Neighbour, Note, Route
from pcapcheck.values import is_ipv4

# The first ones are enough to see what is mixed up.
MOST_CONTRADICTIONS = 3
KINDS = ("routes", "addresses", "neighbours", "rules")
# The family and table of a complete listing of routes, by its name in Host.whole.
TABLES = {"routes": "main", "local": "local"}


class Gathered:
    """A host in the making. Adding a part takes time proportional to the part's size."""

    def __init__(self, host: Host, prefix: str) -> None:
        self.host = host
        self.identity = Identity(prefix, host.role)
        self.own_addresses: set[int] = set()
        self.disagreement = Disagreement()
        self._facts: dict[tuple[str, int, str], list[Fact]] = {}
        self._known: dict[tuple[str, int, str], Facts] = {}

    def add(self, part: Host) -> None:
        """Add the facts of an output."""
        host = self.host
        found = [*part.contradictions, *self.identity.add(part)]
        host.contradictions += found[: MOST_CONTRADICTIONS - len(host.contradictions)]
        self._add_facts(part)
        self.own_addresses |= own_addresses(part.addresses)
        for link in part.links.values():
            if link.name in host.links:
                self.disagreement.link(link, host.links[link.name])
            host.add_link(link)
        host.lookups += part.lookups
        host.forwarding += part.forwarding
        for name, setting in part.sysctls.items():
            before = host.sysctls.get(name)
            if before is None or before.value == setting.value:
                continue
            if before.line.file != setting.line.file:
                self.disagreement.setting(setting, before)
            else:
                text = f"{name} is {before.value} in line {before.line.number} and {setting.value} in line"
                host.notes.append(Note("changed", f"{text} {setting.line.number}", setting.line))
        host.sysctls |= part.sysctls
        host.missing |= part.missing
        for dev, features in part.features.items():
            host.features.setdefault(dev, {}).update(features)
        host.counters += part.counters
        host.log += part.log
        host.traces += part.traces
        host.stopped += part.stopped
        host.tracked += part.tracked
        host.bgp += part.bgp
        host.booted = part.booted if part.booted is not None else host.booted
        if part.firewall is not None:
            host.firewall = host.firewall or Firewall()
            self.disagreement.firewalls(part.firewall, host.firewall)
            host.firewall.add(part.firewall)
        host.managed += part.managed
        self.disagreement.doubted |= part.doubted
        host.removed |= part.removed
        host.notes += part.notes
        host.whole |= part.whole
        host.listed |= part.listed
        hostnames = part.notes_of("hostname")
        host.name = host.name or part.name or (hostnames[-1].text if hostnames else None)

    def _add_facts(self, part: Host) -> None:
        """Add routes, addresses, neighbours and rules; a whole listing replaces what was listed before."""
        new: dict[tuple[str, int, str], list[Fact]] = {}
        for kind in KINDS:
            for fact in getattr(part, kind):
                table = fact.table if isinstance(fact, Route) else ""
                new.setdefault((kind, _family(fact), table), []).append(fact)
        commands: dict[tuple[str, int, str], str] = {}
        for whole in part.whole:
            name, family = whole[:-1], whole[-1]
            kind = "routes" if name in TABLES else name
            if family in "46" and kind in KINDS:
                commands[kind, int(family), TABLES.get(name, "")] = whole
        for key in dict.fromkeys([*new, *commands]):
            facts, command = new.get(key, []), commands.get(key)
            here = add_facts({}, facts)
            self.disagreement.facts(
                here,
                self._known.get(key, {}),
                part.listed.get(command) if command else None,
                self.host.listed.get(command) if command in self.host.whole and command else None,
            )
            if command:
                self._facts.pop(key, None)
                self._known.pop(key, None)
            self._facts.setdefault(key, []).extend(facts)
            add_facts(self._known.setdefault(key, {}), facts)

    def contradicts(self, part: Host) -> bool:
        """Whether another listing cannot be of this host."""
        for name, link in part.links.items():
            other = self.host.links.get(name)
            if name != "lo" and other is not None and differ(link, other):
                return True
        its = own_addresses(part.addresses)
        return bool(self.own_addresses and its and not self.own_addresses & its)

    def finish(self) -> Host:
        """The host, each fact once."""
        for (kind, _, _), facts in self._facts.items():
            kept: dict[tuple[object, ...], Fact] = {}
            for fact in reversed(facts):
                # The last entry of a neighbour counts: it has one state at a time.
                key = (fact.ip, fact.dev, fact.proxy) if isinstance(fact, Neighbour) else _without_line(fact)
                if isinstance(fact, Neighbour):
                    kept.setdefault(key, fact)
                else:
                    kept[key] = fact
            getattr(self.host, kind).extend(reversed(kept.values()))
        self.host.doubted = self.disagreement.doubted
        self.disagreement.settle(self.host)
        self.host.missing = {name: line for name, line in self.host.missing.items() if name not in self.host.sysctls}
        return self.host


def own_addresses(addresses: Iterable[Address]) -> set[int]:
    """The addresses by which others know a host."""
    return {address.ip for address in addresses if address.scope in (None, "global") and address.dev != "lo"}


def differ(device: Device, other: Device) -> bool:
    """Whether two listings of a name cannot be of the same link."""
    return any(
        getattr(device, key) is not None
        and getattr(other, key) is not None
        and getattr(device, key) != getattr(other, key)
        for key in ("mac", "index", "peer_index")
    )


def _family(fact: Fact) -> int:
    if isinstance(fact, Neighbour):
        return 4 if is_ipv4(fact.ip) else 6
    return fact.family


def _without_line(fact: Fact) -> tuple[object, ...]:
    return tuple(getattr(fact, name) for name in fact.__struct_fields__ if name != "line")
