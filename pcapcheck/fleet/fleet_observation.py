"""An observation of a fleet: which files belong to it, what it is called, and what shows that it has changed."""

from __future__ import annotations

import hashlib

from msgspec import Struct

from pcapcheck.fleet.stored_file import StoredFile

# Names of a pattern with their values.
Columns = tuple[tuple[str, str], ...]


class FleetObservation(Struct, frozen=True):
    """Files to be judged together.

    ``name`` is the path or address by which people know it. ``columns`` are the names of the pattern with their
    values. If it cannot even be listed, ``error`` says why and ``kind`` is the word for it. ``source`` is what a caller
    named to have it.
    """

    name: str
    files: tuple[StoredFile, ...] = ()
    columns: tuple[tuple[str, str], ...] = ()
    error: str = ""
    kind: str = ""
    source: str = ""

    @property
    def size(self) -> int:
        """Bytes of all its files."""
        return sum(file.size for file in self.files)

    @property
    def key(self) -> bytes:
        """Identifies it from run to run: names may hold anything, and be of any length."""
        return hashlib.sha256(self.name.encode(errors="surrogateescape")).digest()[:16]

    @property
    def stamp(self) -> str:
        """Changes with the content of any of its files; empty if only reading them shows that."""
        if not self.files or not all(file.stamp for file in self.files):
            return ""
        said = "\0".join(f"{file.place}\0{file.stamp}" for file in self.files)
        return hashlib.sha256(said.encode(errors="surrogateescape")).hexdigest()
