"""Files at addresses, such as s3://BUCKET/FOLDER, through fsspec and its drivers."""

from __future__ import annotations

import errno
import os
import tempfile
from glob import has_magic
from typing import IO, Any, cast

from pcapcheck.capture.held import Held
from pcapcheck.errors import MISSING, UNREADABLE, CaptureError, UsageError, kind_of, refused
from pcapcheck.fleet.source_files import CURE, SourceFiles, fixed_part
from pcapcheck.fleet.stored_file import SCHEME, StoredFile, shown_path
from pcapcheck.values import clean

# The extra of pcapcheck that brings the driver of a scheme.
EXTRAS = {
    **dict.fromkeys(("s3", "s3a"), "s3"),
    **dict.fromkeys(("gs", "gcs"), "gcs"),
    **dict.fromkeys(("az", "abfs", "abfss", "adl"), "azure"),
    **dict.fromkeys(("http", "https"), "http"),
}
# What drivers call the digest of a content, the surest first; several of them fit one driver.
DIGESTS = ("ETag", "etag", "md5Hash", "crc32c", "content_settings.content_md5", "sha256")
# Where Linux has the files that a process has open.
OPEN_FILES = "/proc/self/fd"
LOOK = "see whether the address is right and may be listed and read"


def remote_files(source: str) -> SourceFiles:
    """The files at an address, or that a pattern at an address matches.

    Raises UsageError if the driver is missing or knows no such place, CaptureError if it may not be looked at.
    """
    system, root = _opened(source)
    scheme = source.partition(SCHEME)[0]
    pattern = has_magic(root)
    base = (fixed_part(root) if pattern else root).rstrip("/")
    try:
        if pattern:
            entries = system.glob(root, detail=True)
        elif system.isfile(root):
            base = root.rpartition("/")[0]
            entries = {root: system.info(root)}
        else:
            # Where nothing is found, asking for it by its name says why.
            entries = system.find(root, detail=True) or {root: system.info(root)}
    except Exception as error:
        # What an HTTP server did not answer is a missing file to its driver.
        if isinstance(error, FileNotFoundError) and error.__cause__ is None:
            entries = {}
        else:
            raise remote_error(source, (scheme.startswith("http") and error.__cause__) or error) from None
    found = SourceFiles(f"{scheme}{SCHEME}{base.removeprefix(f'{scheme}{SCHEME}')}")
    for path, info in entries.items():
        if info.get("type", "file") == "file":
            place = path.removeprefix(base).lstrip("/")
            name = path if SCHEME in path else f"{scheme}{SCHEME}{path}"
            size = int(info.get("size") or 0)
            found.files.append(StoredFile(name, place, size, _stamp(size, info)))
    return found


def _opened(address: str) -> tuple[Any, str]:
    """The file system of an address, and the path in it."""
    scheme = address.partition(SCHEME)[0]
    try:
        from fsspec.core import url_to_fs
    except ImportError:
        how = f"pip install 'pcapcheck[{EXTRAS.get(scheme, 'fleet')}]'"
        raise UsageError(f"{clean(address)}: addresses need fsspec; install it with: {how}") from None
    try:
        system, path = url_to_fs(address)
    except ImportError as error:
        extra = EXTRAS.get(scheme)
        how = f"pip install 'pcapcheck[{extra}]'" if extra else f"its driver ({clean(str(error))})"
        raise UsageError(f"{clean(address)}: its driver is missing; install it with: {how}") from None
    except ValueError as error:
        raise UsageError(f"{clean(address)}: {clean(str(error))}; {CURE}") from None
    except Exception as error:
        raise remote_error(address, error) from None
    return system, path


def _stamp(size: int, info: dict[str, Any]) -> str:
    """The size and the store's own digest; empty if it keeps none, as a size alone proves nothing."""
    for name in DIGESTS:
        inside: Any = info
        for part in name.split("."):
            inside = inside.get(part) if isinstance(inside, dict) else None
        if inside:
            return f"{size}-{inside.hex() if isinstance(inside, (bytes, bytearray)) else inside}"
    return ""


def remote_error(name: str, error: BaseException) -> CaptureError:
    """What a driver raised, as an error that names the address and what to do."""
    if isinstance(error, OSError):
        said = clean(refused(error, LOOK)) if error.strerror else f"{clean(str(error)) or type(error).__name__}; {LOOK}"
        missing = isinstance(error, FileNotFoundError) or kind_of(error) == MISSING
        if isinstance(error, PermissionError):
            said = f"access denied ({clean(str(error)) or 'no reason given'}); {LOOK}"
        return CaptureError(f"{clean(name)}: {said}", MISSING if missing else UNREADABLE)
    return CaptureError(f"{clean(name)}: {type(error).__name__}: {clean(str(error))}; {LOOK}", UNREADABLE)


def beginning(file: StoredFile, most: int) -> Held:
    """The first bytes of a file at an address. Raises what its driver raises."""
    system, path = _opened(file.name)
    return Held.of(cast("bytes", system.cat_file(path, start=0, end=min(most, file.size) if file.size else most)))


def fetched(file: StoredFile) -> Held:
    """All of a file at an address, kept in a temporary file without a name. Raises what its driver raises."""
    system, path = _opened(file.name)
    content, name = _temporary_file()
    try:
        # In one request, where opening it asks for its size first.
        system.get_file(path, name)
    except OSError as error:
        content.close()
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        cure = f"make room in {tempfile.gettempdir()}, or set TMPDIR"
        raise CaptureError(f"{clean(file.name)}: {error.strerror}; {cure}", UNREADABLE) from None
    return Held(shown_path(file), content, os.fstat(content.fileno()).st_size)


def _temporary_file() -> tuple[IO[bytes], str]:
    """A file for drivers to write to, and its name: where that can be, one in no folder, that no crash leaves there."""
    if os.path.isdir(OPEN_FILES):
        content = cast("IO[bytes]", tempfile.TemporaryFile())  # noqa: SIM115
        return content, f"{OPEN_FILES}/{content.fileno()}"
    named = tempfile.NamedTemporaryFile(prefix="pcapcheck-")  # noqa: SIM115
    return cast("IO[bytes]", named), named.name
