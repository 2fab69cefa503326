"""What is to be judged and how, before anything is read."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from pcapcheck import given
from pcapcheck.capture.record import BATCH_FRAMES
from pcapcheck.given import Input, Inputs, Names
from pcapcheck.intake import Request, reading_of
from pcapcheck.links.read_capture import Reading
from pcapcheck.links.scope import Scope
from pcapcheck.networks import NAMED
from pcapcheck.ruleset.choose_packs import check_pack, link_networks, load_rules, networks_of_names
from pcapcheck.ruleset.load import Ruleset


class Task(Struct, frozen=True):
    """What is to be judged and how: the rules as loaded, what was named, how to read.

    ``rules`` and ``variables`` are those of the call; ``pack`` is the id of the network that it named.
    """

    ruleset: Ruleset
    request: Request
    reading: Reading
    rules: list[Path] | None
    variables: Mapping[str, str] | None
    pack: str | None = None

    @classmethod
    def of(
        cls,
        rules: Names | None,
        variables: Mapping[str, str] | None,
        scope: Scope | None,
        captures: Sequence[Input],
        node_state: Inputs | None = None,
        pods: Inputs | None = None,
        pack: str | None = None,
        batch_frames: int = BATCH_FRAMES,
        *,
        read_once: bool = False,
    ) -> Task:
        """What ``analyze`` does, or would do for captures that the caller reads.

        What can be ``read_once`` only is held to the packs of all networks, for nobody knows which it will show.
        Raises RuleError if rules cannot be loaded, UsageError if there is no such pack.
        """
        named = None if pack is None else check_pack(pack)
        files = None if rules is None else given.paths(rules)
        shown = NAMED if read_once else networks_of_names(name for name in captures if isinstance(name, Path))
        ruleset = load_rules(files, variables, named, shown)
        request = Request.of(ruleset.recording, captures, node_state, pods)
        reading = reading_of(ruleset.settings, scope or Scope(), ruleset.recording, batch_frames)
        reading = replace(reading, networks=link_networks(ruleset, named))
        return cls(ruleset, request, reading, files, variables, named)

    def for_networks(self, shown: Collection[str], with_state: bool) -> Task:
        """The same with the packs for these networks, where the call left the choice of rules open."""
        ruleset = load_rules(None, self.variables, self.pack, shown, with_state)
        return replace(self, ruleset=ruleset, reading=replace(self.reading, networks=link_networks(ruleset, self.pack)))

    def for_files(self, paths: Iterable[Path]) -> Task:
        """The same for files that were found in folders too: those of another network are then read once."""
        shown = networks_of_names(paths) if self.chooses_packs else frozenset()
        return self if shown <= self.reading.networks.judged else self.for_networks(shown, with_state=False)

    @property
    def chooses_packs(self) -> bool:
        """Whether the captures decide which packs judge them."""
        return self.rules is None and self.pack is None
