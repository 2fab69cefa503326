"""One host put together from several outputs: a later complete listing replaces an earlier one."""

from __future__ import annotations

from collections.abc import Iterable

from pcapcheck.nodestate.firewall.chains import Firewall
from pcapcheck.nodestate.host import Host
from pcapcheck.nodestate.host_identity import Identity
from pcapcheck.nodestate.node_facts import Address, Device, Neighbour, Note, PolicyRule, Route
from pcapcheck.values import is_ipv4

# The first ones are enough to see what is mixed up.
MOST_CONTRADICTIONS = 3
Fact = Route | Address | Neighbour | PolicyRule
# The family and table of a complete listing of routes, by its name in Host.whole.
TABLES = {"routes": "main", "local": "local"}


class Gathered:
    """A host in the making. Adding a part takes time proportional to the part's size."""

    def __init__(self, host: Host, prefix: str) -> None:
        self.host = host
        self.identity = Identity(prefix, host.role)
        self.own_addresses: set[int] = set()
        self._facts: dict[tuple[str, int, str], list[Fact]] = {}

    def add(self, part: Host) -> None:
        """Add the facts of an output."""
        host = self.host
        found = [*part.contradictions, *self.identity.add(part)]
        host.contradictions += found[: MOST_CONTRADICTIONS - len(host.contradictions)]
        for whole in part.whole:
            name, family = whole[:-1], whole[-1]
            if family in "46":
                kind = "routes" if name in TABLES else name
                self._facts.pop((kind, int(family), TABLES.get(name, "")), None)
        for kind in ("routes", "addresses", "neighbours", "rules"):
            for fact in getattr(part, kind):
                table = fact.table if isinstance(fact, Route) else ""
                self._facts.setdefault((kind, _family(fact), table), []).append(fact)
        self.own_addresses |= own_addresses(part.addresses)
        for link in part.links.values():
            host.add_link(link)
        host.lookups += part.lookups
        host.forwarding += part.forwarding
        for name, setting in part.sysctls.items():
            before = host.sysctls.get(name)
            if before is not None and before.value != setting.value:
                text = f"{name} is {before.value} in line {before.line.number} and {setting.value} in line"
                host.notes.append(Note("changed", f"{text} {setting.line.number}", setting.line))
        host.sysctls |= part.sysctls
        host.missing |= part.missing
        for dev, features in part.features.items():
            host.features.setdefault(dev, {}).update(features)
        host.counters += part.counters
        host.log += part.log
        host.traces += part.traces
        host.booted = part.booted if part.booted is not None else host.booted
        if part.firewall is not None:
            host.firewall = host.firewall or Firewall()
            host.firewall.add(part.firewall)
        host.managed += part.managed
        host.removed |= part.removed
        host.notes += part.notes
        host.whole |= part.whole
        host.listed |= part.listed
        hostnames = part.notes_of("hostname")
        host.name = host.name or part.name or (hostnames[-1].text if hostnames else None)

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
