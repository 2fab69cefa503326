"""Tells, from a packet capture, whether a Calico node did its part, and if not, why not."""

from __future__ import annotations

import os
from importlib import import_module

from pcapcheck.version import __version__

# Of typing, which takes longer than all of this.
TYPE_CHECKING = False

if TYPE_CHECKING:
    from pcapcheck.analysis import Analysis
    from pcapcheck.assertion import assert_capture
    from pcapcheck.errors import CaptureError, PcapcheckError, RecordingError, RuleError, StateError, UsageError
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

# Imported when first used, so that --help stays quick, and a Ctrl-C meets pcapcheck.cli.entry soon.
_LAZY = {
    "Analysis": "pcapcheck.analysis",
    "CaptureError": "pcapcheck.errors",
    "Finding": "pcapcheck.ruleset.finding",
    "PcapcheckError": "pcapcheck.errors",
    "RecordingError": "pcapcheck.errors",
    "RuleError": "pcapcheck.errors",
    "Scope": "pcapcheck.links.scope",
    "StateError": "pcapcheck.errors",
    "UsageError": "pcapcheck.errors",
    "analyze": "pcapcheck.pipeline",
    "analyze_state": "pcapcheck.pipeline",
    "assert_capture": "pcapcheck.assertion",
    "record": "pcapcheck.recording.record_traffic",
}

if os.environ.get("PCAPCHECK_PLAIN"):
    # Before any kernel is imported.
    from pcapcheck.kernels import force_plain

    force_plain()


def __getattr__(name: str) -> object:
    """Import a name when it is first used."""
    if name not in _LAZY:
        raise AttributeError(f"module 'pcapcheck' has no attribute {name!r}")
    return getattr(import_module(_LAZY[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
