"""What this machine has for its processes: processors, and memory, within what its container may use."""

from __future__ import annotations

import os
from pathlib import Path

# Where a container sees its own limit of memory: the second and the first version of cgroups.
LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))


def available_processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def available_memory() -> int:
    """Bytes of memory that this machine has, or that its container may use if that is less."""
    return min([os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"), *map(_limit, LIMITS)])


def _limit(path: Path) -> int:
    try:
        return int(path.read_text())
    except (OSError, ValueError):
        # No such version of cgroups, or "max".
        return 1 << 62
