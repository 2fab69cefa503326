"""The subject of remarks: what their producers look at."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from pcapcheck.ruleset.judgement import Judgement

if TYPE_CHECKING:
    from pcapcheck.links.address_row import AddressRow
    from pcapcheck.nodestate.state import State


class Subject(Struct, frozen=True):
    """What producers look at; ``repeated`` are files given more than once, ``changes`` addresses that changed MAC.

    ``contested`` are addresses that several MACs claim at a time off the pods' links, ``moved`` those that one claimed
    there soon after another.
    """

    judgement: Judgement
    state: State | None
    repeated: Sequence[Path]
    changes: Sequence[tuple[AddressRow, AddressRow]]
    contested: Sequence[AddressRow]
    moved: Sequence[tuple[AddressRow, AddressRow]] = ()
