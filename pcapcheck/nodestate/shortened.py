"""Names of cali interfaces that were cut short, by a program with narrow columns or by whoever pasted them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable

from msgspec.structs import replace

from pcapcheck.calico import find_cali_name, is_shortened
from pcapcheck.nodestate.host import Host
from pcapcheck.nodestate.pod_links import LinkNames
from pcapcheck.nodestate.source_lines import Line
from pcapcheck.nodestate.state import State

Rename = Callable[[str], str]


def complete_names(state: State, prefix: str) -> None:
    """Give what was cut short its whole name, where one of those that the state tells begins so and no other does.

    What stays short is a problem of the state: whose it is must be guessed.
    """
    short = {host_number: _shortened(host, prefix) for host_number, host in enumerate(state.hosts)}
    if not any(short.values()):
        return
    every = sorted(
        {name for host in state.hosts for name in host.devices() if find_cali_name(name, prefix) == name}
        | LinkNames.of(state.pods, prefix).by_cali.keys()
    )
    for number, names in short.items():
        host = state.hosts[number]
        own = sorted({name for name in host.devices() if find_cali_name(name, prefix) == name})
        whole = {}
        for name, line in names.items():
            fitting = _beginning_with(name, own) or _beginning_with(name, every)
            if len(fitting) == 1:
                whole[name] = fitting[0]
            else:
                said = f"could be {' or '.join(fitting)}" if fitting else "nothing here shows its whole name"
                state.complain(line, f"the interface {name} is cut short: {said}; add ip link")
        _rename(host, lambda name, whole=whole: whole.get(name, name))  # type: ignore[misc]


def _beginning_with(beginning: str, names: list[str]) -> list[str]:
    """At most two of some sorted names."""
    at = bisect_left(names, beginning)
    return [name for name in names[at : at + 2] if name.startswith(beginning)]


def _shortened(host: Host, prefix: str) -> dict[str, Line]:
    """The names that are too short, each with a line that has it."""
    found: dict[str, Line] = {}
    for name, line in _named(host):
        if name is not None and is_shortened(name, prefix):
            found.setdefault(name, line)
    return found


def _named(host: Host) -> Iterable[tuple[str | None, Line]]:
    yield from ((link.name, link.line) for link in host.links.values())
    yield from ((address.dev, address.line) for address in host.addresses)
    yield from ((route.dev, route.line) for route in host.routes)
    yield from ((neighbour.dev, neighbour.line) for neighbour in host.neighbours)
    yield from ((lookup.dev, lookup.line) for lookup in host.lookups)
    yield from ((lookup.iif, lookup.line) for lookup in host.lookups)
    yield from ((setting.interface, setting.line) for setting in host.sysctls.values())
    yield from ((device.dev, device.line) for device in host.managed)
    yield from host.removed.items()


def _rename(host: Host, name: Rename) -> None:
    """Call every interface of a host what ``name`` makes of its name."""
    links, host.links = host.links, {}
    for link in links.values():
        link.name = name(link.name)
        host.add_link(link)
    host.addresses = [replace(address, dev=name(address.dev)) for address in host.addresses]
    host.routes = [replace(route, dev=_maybe(name, route.dev)) for route in host.routes]
    host.neighbours = [replace(neighbour, dev=_maybe(name, neighbour.dev)) for neighbour in host.neighbours]
    host.lookups = [
        replace(lookup, dev=_maybe(name, lookup.dev), iif=_maybe(name, lookup.iif)) for lookup in host.lookups
    ]
    host.managed = [replace(device, dev=name(device.dev)) for device in host.managed]
    host.removed = {name(dev): line for dev, line in host.removed.items()}
    host.sysctls = {
        known: replace(setting, name=known, interface=_maybe(name, setting.interface))
        for setting in host.sysctls.values()
        for known in [
            setting.name
            if setting.interface is None
            else setting.name.replace(setting.interface, name(setting.interface), 1)
        ]
    }


def _maybe(name: Rename, given: str | None) -> str | None:
    return None if given is None else name(given)
