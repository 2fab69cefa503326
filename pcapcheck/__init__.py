"""Tells, from a packet capture, whether a Calico node did its part, and if not, why not."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from pcapcheck.errors import CaptureError, PcapcheckError, RecordingError, RuleError, StateError, UsageError
from pcapcheck.kernels import force_plain
from pcapcheck.version import __version__

if TYPE_CHECKING:
    from pcapcheck.analysis import Analysis
    from pcapcheck.assertion import assert_capture
    from pcapcheck.links.scope import Scope
    from pcapcheck.pipeline import analyze, analyze_state
    from pcapcheck.recording.record_traffic import record
    from pcapcheck.ruleset.finding import Finding

__all__ = [
    "Analysis",
    "CaptureError",
    "Finding",
    "PcapcheckError",
    "RecordingError",
    "RuleError",
    "Scope",
    "StateError",
    "UsageError",
    "__version__",
    "analyze",
    "analyze_state",
    "assert_capture",
    "record",
]

# Imported when first used, so that --help stays quick.
_LAZY = {
    "Analysis": "pcapcheck.analysis",
    "Finding": "pcapcheck.ruleset.finding",
    "Scope": "pcapcheck.links.scope",
    "analyze": "pcapcheck.pipeline",
    "analyze_state": "pcapcheck.pipeline",
    "assert_capture": "pcapcheck.assertion",
    "record": "pcapcheck.recording.record_traffic",
}

force_plain()


def __getattr__(name: str) -> object:
    """Import a name when it is first used."""
    if name not in _LAZY:
        raise AttributeError(f"module 'pcapcheck' has no attribute {name!r}")
    return getattr(import_module(_LAZY[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
