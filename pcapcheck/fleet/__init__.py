"""Many observations: thousands of captures judged on one machine or many, with a history.

From Python, ``judge`` gives each observation as it is judged, and ``data_frames`` makes tables of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pcapcheck.fleet.fleet_library import FleetFrames, FleetJudgement, data_frames, judge

__all__ = ["FleetFrames", "FleetJudgement", "data_frames", "judge"]


def __getattr__(name: str) -> object:
    """Import a name when it is first used."""
    if name not in __all__:
        raise AttributeError(f"module 'pcapcheck.fleet' has no attribute {name!r}")
    from pcapcheck.fleet import fleet_library

    return getattr(fleet_library, name)
