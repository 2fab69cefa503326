"""Files that are there as a whole or not at all, and a folder that one run at a time writes to."""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pcapcheck.errors import UNREADABLE, CaptureError, UsageError
from pcapcheck.values import clean

LOCK = ".lock"
# The end of the name of a file that is being written: no reader of tables takes it for one.
PART = ".unfinished"


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """The path of a file to write, which takes the place of ``path`` once all of it is on the disk.

    Raises CaptureError if it cannot be written; what was there before is there still.
    """
    part = path.with_name(path.name + PART)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield part
        with part.open("rb") as stream:
            os.fsync(stream.fileno())
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise write_error(path, error) from None
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def write_error(path: Path, error: OSError) -> CaptureError:
    """An error of writing, in a line."""
    cure = "see whether it can be written, or name another folder"
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        cure = "make room and run it again: it goes on from here"
    return CaptureError(f"{clean(str(path))}: {error.strerror or error}; {cure}", UNREADABLE)


def check_own(folder: Path, ours: str, written: Iterable[str]) -> None:
    """Raise UsageError if what would be written over is somebody else's: a file ``ours`` shows that it is not."""
    if os.path.exists(folder / ours):
        return
    for name in written:
        if os.path.lexists(folder / name):
            raise UsageError(
                f"--output {clean(str(folder))}: {name} is there, and pcapcheck fleet did not write it; "
                "name another folder"
            )


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Make the folder, and keep others out as long as this lasts; the lock of a killed process does not stay.

    If an error ends it before anything was written, nothing is left of it. Raises UsageError if somebody else has it,
    CaptureError if the folder cannot be made or written to.
    """
    made = [each for each in (folder, *folder.parents) if not os.path.exists(each)]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        _remove(made)
        raise write_error(folder, error) from None
    try:
        _take_lock(descriptor, folder)
        try:
            yield
        except BaseException:
            with suppress(OSError):
                if os.listdir(folder) == [LOCK]:
                    (folder / LOCK).unlink()
                    _remove(made)
            raise
    finally:
        os.close(descriptor)


def _take_lock(descriptor: int, folder: Path) -> None:
    """Lock the file that is open, and note this process in it. Raises UsageError if somebody else has it."""

    def busy(by: str = "") -> UsageError:
        said = f"another run{by} writes there; wait for it, or name another folder"
        return UsageError(f"--output {clean(str(folder))}: {said}")

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Another run may have removed it since it was opened: what is locked then is not what the next one opens.
        if not os.path.samestat(os.fstat(descriptor), os.stat(folder / LOCK)):
            raise busy()
    except FileNotFoundError:
        raise busy() from None
    except BlockingIOError:
        holder = os.read(descriptor, 20).decode(errors="replace").strip()
        raise busy(f" (process {holder})" if holder.isdigit() else "") from None
    except OSError as error:
        raise write_error(folder / LOCK, error) from None
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)


def _remove(folders: Iterable[Path]) -> None:
    """Remove folders that are there and empty, the innermost first."""
    for each in folders:
        with suppress(OSError):
            each.rmdir()
