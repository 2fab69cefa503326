"""Choose packs: which rules judge an observation, by what the caller named and by the networks that captures show."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from pcapcheck.calico import find_cali_name
from pcapcheck.errors import UsageError
from pcapcheck.links.facts import Facts
from pcapcheck.links.link_networks import LinkNetworks
from pcapcheck.networks import ALIASES, CALICO, NAMED, PACKED, by_link, id_of
from pcapcheck.ruleset.files import pack
from pcapcheck.ruleset.load import Ruleset, load_ruleset
from pcapcheck.ruleset.variables import suggest
from pcapcheck.table_names import STATE


def check_pack(name: str) -> str:
    """The id of the network that somebody named. Raises UsageError if there is no pack for it."""
    if id_of(name) not in NAMED:
        raise no_such_pack(name, (*NAMED, *ALIASES))
    return id_of(name)


def no_such_pack(name: str, known: Iterable[str]) -> UsageError:
    """The error of a call that names a pack that is not there; ``known`` are those that it could name."""
    return UsageError(f"--pack {name}: there is no such pack{suggest(name, known)}")


def load_rules(
    rules: list[Path] | None,
    variables: Mapping[str, str] | None,
    named: str | None = None,
    shown: Collection[str] = (),
    with_state: bool = False,
) -> Ruleset:
    """The rules of the caller's files and of the pack with the ``named`` id.

    Where the caller chose none, those of the packs for the networks that are ``shown``; if none is, Calico's.
    ``with_state``: also the rules about a node's state.
    """
    network = named or CALICO
    packs = [network] if named else [id_ for id_ in NAMED if id_ in shown] or [CALICO]
    if rules is not None:
        paths = [*([pack(network)] if named else []), *rules]
    else:
        paths = [*map(pack, packs), *([pack(STATE)] if with_state else [])]
    return load_ruleset(paths, variables, network)


def link_networks(ruleset: Ruleset, named: str | None) -> LinkNetworks:
    """The networks that rules are about."""
    return LinkNetworks(frozenset(network for rule in ruleset.rules for network in rule.networks), named)


def packs_for(facts: Facts) -> frozenset[str]:
    """The networks with packs whose pod links were recorded; Calico's too if anything shows it."""
    shown = {point.network for point in facts.points.values()} & {*PACKED}
    if not shown:
        return frozenset({CALICO})
    return frozenset(id_ for id_ in shown if id_) | ({CALICO} if facts.calico else frozenset())


def networks_of_names(paths: Iterable[Path]) -> frozenset[str]:
    """The networks with packs that the names of streams show: interfaces, or files called like them.

    Calico's is among them only next to others: without any it is the one that is judged.
    """
    names = [path.name for path in paths]
    found = (by_link(name.split(".")[0]) for name in names)
    shown = frozenset(network.id for network in found if network is not None and network.id in PACKED)
    return shown | {CALICO} if shown and any(map(find_cali_name, names)) else shown
