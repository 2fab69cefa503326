"""How much one archive may take: files, bytes, levels. A few bytes can ask for any amount of each."""

from __future__ import annotations

from msgspec import Struct

from pcapcheck.capture.compressed import LARGE, MOST_TIMES
from pcapcheck.errors import TOO_LARGE, CaptureError

# Directories and links count too. A copy of /proc/sys/net has some 3,000 files for 50 pods.
MOST_FILES = 20_000


class UnpackingLimit(Struct):
    """What was taken of an archive's limits. Files of archives inside it count as its own.

    ``bytes_left`` begins at ``most`` bytes, or at 1 GiB or 250 times the archive's size if nothing is given.
    """

    name: str
    bytes_left: int
    files: int = 0

    @classmethod
    def of(cls, name: str, packed: int, most: int | None = None) -> UnpackingLimit:
        return cls(name, max(LARGE, MOST_TIMES * packed) if most is None else most)

    def take_file(self) -> None:
        """Count a file. Raises CaptureError if there are too many."""
        self.files += 1
        if self.files > MOST_FILES:
            raise self.too_many_files("; the rest is not read")

    def too_many_files(self, so_far: str = "") -> CaptureError:
        """The error that there are too many; ``so_far`` says what became of those before."""
        said = (
            f"{self.name}: more than {MOST_FILES} files are in it{so_far}: unpack it, and give the folders that matter"
        )
        return CaptureError(said, TOO_LARGE)

    def take_bytes(self, count: int) -> None:
        """Count unpacked bytes. Raises CaptureError if there are too many."""
        self.bytes_left -= count
        if self.bytes_left < 0:
            raise CaptureError(
                f"{self.name}: unpacks to more than is allowed; the rest is not read: if that is meant, allow more "
                "with --unpack-limit",
                TOO_LARGE,
            )
