"""Tells, from a packet capture, whether a Calico node did its part, and if not, why not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pcapcheck.errors import CaptureError, RuleError
from pcapcheck.kernels import force_plain
from pcapcheck.version import __version__

if TYPE_CHECKING:
    from pcapcheck.analysis import Analysis, analyze
    from pcapcheck.assertion import assert_capture

__all__ = ["Analysis", "CaptureError", "RuleError", "__version__", "analyze", "assert_capture"]

force_plain()


def __getattr__(name: str) -> object:
    """``analyze`` and ``Analysis`` are imported when first used, so that ``--help`` stays quick."""
    if name in ("analyze", "Analysis"):
        from pcapcheck import analysis

        return getattr(analysis, name)
    if name == "assert_capture":
        from pcapcheck.assertion import assert_capture

        return assert_capture
    raise AttributeError(f"module 'pcapcheck' has no attribute {name!r}")
