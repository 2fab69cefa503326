"""Stand-in for the module ``cython`` when the loops run as plain Python and Cython is not installed."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

nogil: AbstractContextManager[None] = nullcontext()
compiled = False
