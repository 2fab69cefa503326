"""How the observations of a fleet are judged: by which rules and descriptions, and a digest of all that decides.

Contents travel with it, not names of files: workers on other machines have none of those, and what somebody changes
during a run does not count before the next.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from pcapcheck.capture.held import Held
from pcapcheck.errors import UNREADABLE, CaptureError, RuleError, UsageError, refused
from pcapcheck.fleet.source_files import source_files
from pcapcheck.fleet.stored_file import is_address
from pcapcheck.links.scope import parse_interface_names
from pcapcheck.networks import PACKED
from pcapcheck.ruleset.choose_packs import check_pack, load_rules
from pcapcheck.ruleset.files import SUFFIXES, pack, packs_folder
from pcapcheck.ruleset.load import Ruleset, load_ruleset
from pcapcheck.ruleset.variables import suggest
from pcapcheck.table_names import STATE
from pcapcheck.values import clean
from pcapcheck.version import __version__

# Bytes of a description that are handed to each worker with each observation.
MOST_BYTES = 1 << 26
CURE = "name the output of node-script, or of kubectl get pods"


class Description(Struct, frozen=True):
    """A file about nodes or pods, as it was read where it was named."""

    name: str
    content: bytes

    @property
    def held(self) -> Held:
        return Held.of(self.content).named(Path(self.name))


class Judging(Struct, frozen=True):
    """How to judge.

    ``rules``, ``node_state`` and ``pods`` are paths; ``with_contents`` fills in ``rule_texts``, ``states`` and
    ``pod_lists``. ``pack`` is the network whose pod links these are. ``variables`` override the rules' own,
    ``unpack_limit`` is in bytes, ``since`` and ``until`` in nanoseconds, ``interfaces`` are ``FILE=NAME``. ``strict``
    and ``required`` are demands on each observation. ``with_page``: the HTML report is made as well.
    """

    rules: tuple[str, ...] = ()
    variables: Mapping[str, str] = {}
    unpack_limit: int | None = None
    with_page: bool = False
    strict: bool = False
    required: tuple[str, ...] = ()
    node_state: tuple[str, ...] = ()
    pods: tuple[str, ...] = ()
    since: int | None = None
    until: int | None = None
    filter_used: str | None = None
    interfaces: tuple[str, ...] = ()
    rule_texts: Mapping[str, str] = {}
    pack: str | None = None
    states: tuple[Description, ...] = ()
    pod_lists: tuple[Description, ...] = ()


def with_contents(judging: Judging) -> Judging:
    """The same with the contents of all files that it names.

    Raises RuleError if the rules cannot be loaded or a required one is none of them, UsageError and CaptureError if
    something else means nothing or cannot be read: before anything is judged.
    """
    named = None if judging.pack is None else check_pack(judging.pack)
    ruleset = load_rules([Path(path) for path in judging.rules] or None, judging.variables, named)
    _check_required(judging, ruleset)
    parse_interface_names(judging.interfaces)
    recording = ruleset.recording
    return replace(
        judging,
        rule_texts=dict(ruleset.texts),
        states=tuple(_read("--node-state", judging.node_state or map(str, recording.node_state))),
        pod_lists=tuple(_read("--pods", judging.pods or map(str, recording.pods))),
    )


def _check_required(judging: Judging, ruleset: Ruleset) -> None:
    known = [rule.id for rule in ruleset.rules]
    if not judging.rules:
        # Each observation is judged by the packs for the networks that it shows.
        packs = (STATE,) if judging.pack else (STATE, *PACKED)
        known += [rule.id for rule in load_ruleset(map(pack, packs)).rules]
    for name in judging.required:
        if name not in known:
            raise RuleError(f"--require {clean(name)}: there is no such rule{suggest(name, known)}")


def _read(option: str, names: Iterable[str]) -> Iterator[Description]:
    for name in names:
        if is_address(name):
            raise UsageError(f"{option} {clean(name)}: give a file of this machine; it is handed to all workers")
        for file in source_files(name).files:
            if file.size > MOST_BYTES:
                raise UsageError(f"{option} {clean(file.name)}: more than {MOST_BYTES >> 20} MiB; {CURE}")
            try:
                yield Description(file.name, Path(file.name).read_bytes())
            except OSError as error:
                raise CaptureError(f"{option} {clean(file.name)}: {refused(error, CURE)}", UNREADABLE) from None


def settings_digest(judging: Judging) -> str:
    """A digest of all that decides a verdict but the captures: results with the same one need not be judged again.

    Rules and causes that ship, the version, and all of ``judging`` (``with_contents``) but whether there is a page.
    """
    said = msgspec.to_builtins(replace(judging, with_page=False, variables=dict(sorted(judging.variables.items()))))
    whole = hashlib.sha256(f"{__version__}\0{said!r}".encode(errors="surrogateescape"))
    folder = packs_folder()
    for file in sorted(folder.rglob("*")):
        if file.suffix in SUFFIXES:
            whole.update(f"\0{file.relative_to(folder)}\0".encode(errors="surrogateescape"))
            whole.update(file.read_bytes())
    return whole.hexdigest()
