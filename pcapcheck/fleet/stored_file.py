"""A file of a fleet, wherever it is kept: what it is called and what shows that its content has changed."""

from __future__ import annotations

import os
import time
from pathlib import Path

from msgspec import Struct

# A file changed this recently may change again within the same tick of its clock. Nanoseconds.
RECENT = 2_000_000_000
# Before the name of a scheme and the address.
SCHEME = "://"


class StoredFile(Struct, frozen=True):
    """A file that a source lists.

    ``name`` is a path or an address; ``place`` is its name below the source, with ``/``. ``size`` is in bytes.
    ``stamp`` changes whenever the content does, and is empty if nothing short of reading the file shows that.
    """

    name: str
    place: str
    size: int = 0
    stamp: str = ""

    @property
    def is_remote(self) -> bool:
        return is_address(self.name)

    @property
    def folder(self) -> str:
        """The folder in which it is, below the source; empty for the source itself."""
        return self.place.rpartition("/")[0]

    @property
    def short_name(self) -> str:
        return self.place.rpartition("/")[2]


def is_address(name: str) -> bool:
    """Whether a source is an address, as in ``s3://BUCKET/FOLDER``, and no path."""
    return SCHEME in name


def local_stamp(status: os.stat_result) -> str:
    """What identifies the content of a local file without reading it; empty for one that changed just now."""
    if time.time_ns() - max(status.st_mtime_ns, status.st_ctime_ns) < RECENT:
        return ""
    return f"{status.st_ino}-{status.st_size}-{status.st_mtime_ns}-{status.st_ctime_ns}"


def shown_path(file: StoredFile) -> Path:
    """What reports call a file at an address: a path cannot hold the ``//`` of a scheme."""
    return Path(file.name.partition(SCHEME)[2])
