"""Load rules: the packs that ship with the package, the files that ``--rules`` names, and what they extend."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from msgspec import Struct, field
from msgspec.structs import replace

from pcapcheck.errors import RuleError
from pcapcheck.networks import ALIASES, CALICO
from pcapcheck.ruleset.acceptance import Acceptance, acceptance_of
from pcapcheck.ruleset.expectation import (
    INFO,
    OFF,
    Adjustment,
    Expectation,
    Recording,
    is_expectation,
    read_expectation,
)
from pcapcheck.ruleset.faults import Faults
from pcapcheck.ruleset.files import EVERY_PACK, OF_THE_PACK, is_there, pack_called, pack_or, packs_folder, read_files
from pcapcheck.ruleset.rule import Rule, read_rule
from pcapcheck.ruleset.variables import Settings, closest, suggest
from pcapcheck.ruleset.yaml_tree import Node


class Ruleset(Struct, frozen=True):
    """The rules of one run, the values of their variables, and what expectation files demand in addition.

    ``texts`` are those of the files, by path, without those that ship.
    """

    rules: list[Rule]
    settings: Settings
    required: tuple[str, ...] = ()
    strict: bool = False
    recording: Recording = field(default_factory=Recording)
    texts: Mapping[str, str] = {}


class RuleEntry(Struct, frozen=True):
    """A rule as it is written, before its values are read; ``brief`` rules may leave out what people would read.

    ``network`` is the id of the one that it is for, if its file or pack says so.
    """

    node: Node
    text: str
    brief: bool = False
    adjustment: Adjustment | None = None
    accepted: tuple[Node, ...] = ()
    # Where an expectation file extends it.
    named: Node | None = None
    network: str | None = None


class GatheredRules(Struct):
    """The content of files and of everything that they extend."""

    entries: list[RuleEntry] = field(default_factory=list)
    variables: dict[str, Node] = field(default_factory=dict)
    required: list[Node] = field(default_factory=list)
    strict: bool = False
    recordings: list[Recording] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)

    def add(self, other: GatheredRules, faults: Faults) -> None:
        """Take over what other files say; contradictions go to ``faults``."""

        def take(name: str, value: Node) -> None:
            known = self.variables.setdefault(name, value)
            if known.value != value.value:
                raise value.error(f"variable {name!r} is {known.value!r} already, in {known.file}:{known.line}")

        faults.each(lambda item: take(*item), other.variables.items())
        self.entries += other.entries
        self.required += other.required
        self.strict |= other.strict
        self.recordings += other.recordings
        self.texts |= other.texts


def load_ruleset(paths: Iterable[Path], overrides: Mapping[str, str] | None = None, network: str = CALICO) -> Ruleset:
    """The rules of the given packs, files and folders, in order of path. ``overrides`` win over all variables.

    Where no file says for which network rules are, they are for ``network``.

    Raises RuleError if a file cannot be read or holds no rule, or if two rules have the same id.
    """
    gathered, given, faults = GatheredRules(), list(paths), Faults()
    for path in given:
        gathered.add(_gather(pack_or(path), (), faults), faults)
    settings = Settings()
    with faults.noted():
        settings = Settings(overrides, gathered.variables)
    rules: dict[str, Rule] = {}

    def take(entry: RuleEntry) -> None:
        rule = _adjusted(read_rule(entry.node, settings, entry.text, entry.brief), entry, settings)
        networks = (entry.network or network,)
        if networks != rule.networks:
            rule = replace(rule, networks=networks)
        earlier = rules.get(rule.id)
        if earlier is not None and (earlier.file, earlier.line) != (rule.file, rule.line):
            raise entry.node.error(
                f"a rule {rule.id!r} is already in {earlier.file}:{earlier.line}"
                + ("; to change its severity write adjust, else choose another id" if entry.brief else "")
            )
        # If it is reached twice, the adjusted rule counts.
        kept = rule if earlier is None or not (earlier.adjusted or earlier.acceptances) else earlier
        if earlier is not None and earlier.networks != rule.networks:
            kept = replace(kept, networks=tuple(dict.fromkeys((*earlier.networks, *rule.networks))))
        rules[rule.id] = kept

    def demand(node: Node) -> None:
        if node.value not in rules:
            raise node.error(f"there is no rule {node.value!r}{suggest(str(node.value), rules)}")

    faults.each(take, gathered.entries)
    if not faults.errors:
        # A rule that is missing because its file cannot be read is no further error.
        with faults.noted():
            settings.check_used(gathered.variables)
        if not rules:
            raise RuleError(f"{', '.join(map(str, given))}: no rule in there")
        faults.each(demand, gathered.required)
    recording = Recording()
    with faults.noted():
        recording = _joined(gathered.recordings)
    faults.check()
    return Ruleset(
        list(rules.values()),
        settings,
        tuple(str(node.value) for node in gathered.required),
        gathered.strict,
        recording,
        gathered.texts,
    )


def _gather(path: Path, within: tuple[Path, ...], faults: Faults) -> GatheredRules:
    """The rules of a file or folder. ``within``: the files that extend each other down to this one."""
    gathered, network = GatheredRules(), None
    for file, text, documents in read_files(path, faults):
        if path.parent != packs_folder():
            gathered.texts[str(file)] = text
        for document in documents:
            if is_expectation(document):
                for expectation in faults.each(read_expectation, [document]):
                    gathered.add(_extended(expectation, file, within, faults), faults)
                    if file.name == OF_THE_PACK and file != path:
                        network = expectation.network
            else:
                gathered.entries.append(RuleEntry(document, text if len(documents) == 1 else ""))
    gathered.entries = _for_network(gathered.entries, network)
    return gathered


def _for_network(entries: list[RuleEntry], network: str | None) -> list[RuleEntry]:
    """The entries, those for no network in particular as for this one."""
    if network is None:
        return entries
    return [entry if entry.network else replace(entry, network=network) for entry in entries]


def _extended(expectation: Expectation, file: Path, within: tuple[Path, ...], faults: Faults) -> GatheredRules:
    """An expectation file together with what it extends."""
    chain = (*within, Path(os.path.realpath(file)))
    below = GatheredRules()
    wrong = len(faults.errors)

    def extend(node: Node) -> None:
        extended = _gather(found(node), chain, faults)
        if file.parent.parent != packs_folder():
            extended.entries = [replace(entry, named=node) for entry in extended.entries]
        below.add(extended, faults)

    def found(node: Node) -> Path:
        name = str(node.value)
        path = pack_called(name) or file.parent / name
        real = Path(os.path.realpath(path))
        # Also a folder that one of these files is in.
        if any(real in (above, *above.parents) for above in chain):
            raise node.error(f"{name!r} extends this file in turn")
        if not is_there(path):
            near = closest(name, (*EVERY_PACK, *ALIASES))
            known = f"did you mean {near[0]!r}?" if near else f"packs: {', '.join(EVERY_PACK)}"
            raise node.error(f"there is no pack {name!r}, and no file {path}; {known}")
        return path

    def include(included: tuple[Node, tuple[Node, ...]]) -> None:
        """Take rules out of a pack, as rules for this file's network."""
        entries = {_id(entry.node): entry for entry in _gather(found(included[0]), chain, faults).entries}
        for node in included[1]:
            if node.value not in entries:
                raise node.error(f"there is no rule {node.value!r} in there{suggest(str(node.value), entries)}")
            below.entries.append(replace(entries[str(node.value)], network=None))

    def known(id_: str, node: Node) -> None:
        if id_ not in ids:
            raise node.error(f"there is no rule {id_!r}{suggest(id_, ids)}")

    faults.each(extend, expectation.extends)
    faults.each(include, expectation.included)
    entries = [*below.entries, *(RuleEntry(node, "", brief=True) for node in expectation.rules)]
    ids = {_id(entry.node) for entry in entries}
    changed = [(id_, adjustment.node) for id_, adjustment in expectation.adjustments.items()]
    accepted = [(id_, nodes[0].items("an acceptance")["rule"]) for id_, nodes in expectation.accepted.items()]
    if len(faults.errors) == wrong:
        # This rule may be one that could not be read.
        faults.each(lambda item: known(*item), [*changed, *accepted])
    return GatheredRules(
        _for_network([_changed(entry, expectation) for entry in entries], expectation.network),
        {**below.variables, **expectation.variables},
        [*below.required, *expectation.required],
        below.strict or expectation.strict,
        # What an extended file says about a recording does not hold for the recording of this file.
        [expectation.recording],
        below.texts,
    )


def _id(node: Node) -> str:
    id_ = node.value.get("id") if isinstance(node.value, dict) else None
    return id_.value if id_ is not None and isinstance(id_.value, str) else ""


def _changed(entry: RuleEntry, expectation: Expectation) -> RuleEntry:
    """The entry with the changes of an expectation file that extends it."""
    id_ = _id(entry.node)
    return replace(
        entry,
        adjustment=expectation.adjustments.get(id_, entry.adjustment),
        accepted=(*entry.accepted, *expectation.accepted.get(id_, ())),
    )


def _adjusted(rule: Rule, entry: RuleEntry, settings: Settings) -> Rule:
    """The rule with the adjustments of the expectation files that extend it."""
    adjustment, named = entry.adjustment, entry.named
    if adjustment is not None:
        named = adjustment.node
        off = adjustment.severity == OFF
        severity = rule.severity if off else adjustment.severity
        rule = replace(rule, off=off, severity=severity, adjusted=adjustment.reason)
    rule = replace(rule, acceptances=_acceptances(rule, entry, settings))
    return replace(rule, named=(named.file, named.line)) if named else rule


def _acceptances(rule: Rule, entry: RuleEntry, settings: Settings) -> tuple[Acceptance, ...]:
    """Which failures are accepted. Raises RuleError if two acceptances cover everything: one would never count."""
    adjustment = entry.adjustment
    accepted = [acceptance_of(node, rule, settings) for node in entry.accepted]
    whole = [acceptance for acceptance in accepted if acceptance.where is None]
    if len(whole) > 1:
        raise entry.accepted[accepted.index(whole[1])].error(
            f"every failure of {rule.id!r} is accepted already, in {whole[0].place}"
        )
    if adjustment is not None and adjustment.severity in (INFO, OFF):
        place = adjustment.node.file, adjustment.node.line
        if accepted:
            said = f"{rule.id!r} is adjusted to {adjustment.severity} already, in {place[0]}:{place[1]}"
            raise entry.accepted[0].error(f"{said}; leave out one of them")
        return () if rule.off else (Acceptance(adjustment.reason, *place, word="adjustment"),)
    return tuple(accepted)


def _joined(recordings: list[Recording]) -> Recording:
    """What several files say about one recording. Raises RuleError if they name two filters."""
    filters = {recording.filter_used for recording in recordings if recording.filter_used is not None}
    if len(filters) > 1:
        raise RuleError(f"filter_used: the expectation files name several: {'; '.join(sorted(filters))}")
    return Recording(
        tuple(dict.fromkeys(name for recording in recordings for name in recording.captures)),
        tuple(name for recording in recordings for name in recording.interfaces),
        tuple(dict.fromkeys(path for recording in recordings for path in recording.node_state)),
        tuple(dict.fromkeys(path for recording in recordings for path in recording.pods)),
        next(iter(filters), None),
        " and ".join(recording.place for recording in recordings if recording.place),
    )
