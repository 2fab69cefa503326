"""Files at addresses, such as s3://BUCKET/FOLDER, through fsspec and its drivers."""

from __future__ import annotations

import errno
import logging
import os
import tempfile
from functools import cache
from glob import has_magic
from typing import IO, Any, cast

from pcapcheck.capture.held import Held
from pcapcheck.errors import MISSING, UNREADABLE, CaptureError, UsageError, kind_of
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
ALLOWED = "see whether the driver's credentials are right and may list and read it"
UP = "see whether its server is up, and run it again"
# Where folders are pages of links, and what such a page is.
BY_LINKS, PAGE = ("http", "https"), "text/html"
# Their drivers say more than once, and in many lines, what is an error of ours in one.
LOGGERS = ("adlfs", "aiohttp", "asyncio", "azure", "botocore", "fsspec", "gcsfs", "google", "s3fs")


def remote_files(source: str) -> SourceFiles:
    """The files at an address, or that a pattern at an address matches.

    Raises UsageError if the driver is missing or knows no such place, CaptureError if it may not be looked at.
    """
    system, root = _opened(source)
    scheme = source.partition(SCHEME)[0]
    by_links = scheme in BY_LINKS
    pattern = has_magic(root.replace("?", "") if by_links else root)
    base = (fixed_part(root) if pattern else root).rstrip("/")
    try:
        if pattern:
            entries = system.glob(root, detail=True)
        elif _is_file(system, root, by_links):
            base = root.rpartition("/")[0]
            entries = {root: system.info(root)}
        else:
            entries = system.find(root, detail=True)
            if by_links:
                # A page without links is no file.
                entries.pop(root, None)
            if not entries:
                # Asking for it by its name says why.
                itself = {root: system.info(root)}
                entries = {} if by_links else itself
    except Exception as error:
        # What an HTTP server did not answer is a missing file to its driver.
        if isinstance(error, FileNotFoundError) and error.__cause__ is None:
            entries = {}
        else:
            raise remote_error(source, (by_links and error.__cause__) or error) from None
    found = SourceFiles(f"{scheme}{SCHEME}{base.removeprefix(f'{scheme}{SCHEME}')}")
    for path, info in entries.items():
        # A page of links may have some to itself, sorted otherwise; an empty object stands for a folder.
        is_none = path.endswith("/") or (by_links and path != root and "?" in path)
        if info.get("type", "file") == "file" and not is_none:
            place = path.removeprefix(base).removeprefix("/")
            name = path if SCHEME in path else f"{scheme}{SCHEME}{path}"
            size = int(info.get("size") or 0)
            found.files.append(StoredFile(name, place, size, _stamp(size, info)))
    return found


def _is_file(system: Any, root: str, by_links: bool) -> bool:
    """Whether there is one file at an address; on a web server, all but a page of links is one."""
    if not by_links:
        return bool(system.isfile(root))
    return not root.endswith("/") and system.info(root).get("mimetype") != PAGE


def _opened(address: str) -> tuple[Any, str]:
    """The file system of an address, and the path in it."""
    scheme = address.partition(SCHEME)[0]
    try:
        from fsspec.core import url_to_fs
    except ImportError:
        how = f"pip install 'pcapcheck[{EXTRAS.get(scheme, 'fleet')}]'"
        raise UsageError(f"{clean(address)}: addresses need fsspec; install it with: {how}") from None
    _hush()
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


@cache
def _hush() -> None:
    """Keep what drivers log off the terminal, unless somebody wants it and has said where to."""
    for logger in LOGGERS:
        logging.getLogger(logger).addHandler(logging.NullHandler())


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
    said, kind, look = clean(str(error)), UNREADABLE, LOOK
    if isinstance(error, OSError) and error.strerror:
        said = clean(error.strerror)
    elif not isinstance(error, OSError):
        said = f"{type(error).__name__}: {said}"
    if isinstance(error, TimeoutError):
        said, look = "no answer in time", UP
    elif _status(error) in (404, 410) or (isinstance(error, OSError) and _is_missing(error)):
        kind = MISSING
        said = "it is not there" if name.endswith(said) or not said else said
    elif isinstance(error, PermissionError) or _status(error) in (401, 403):
        said, look = f"access denied ({said or 'no reason given'})", ALLOWED
    elif isinstance(error, ConnectionError) or _status(error) >= 500 or "Connect" in type(error).__name__:
        look = UP
    return CaptureError(f"{clean(name)}: {said.removesuffix(': ') or type(error).__name__}; {look}", kind)


def may_pass(error: BaseException) -> bool:
    """Whether trying again at once may help: not where access is denied or nothing is there."""
    final = isinstance(error, (PermissionError, FileNotFoundError)) or _status(error) in (401, 403, 404, 410)
    return not final


def _is_missing(error: OSError) -> bool:
    return isinstance(error, FileNotFoundError) or kind_of(error) == MISSING


def _status(error: BaseException) -> int:
    """The status of HTTP that an error of a driver is about; 0 if it says none."""
    names = ("status", "status_code", "code")
    status = next((value for name in names if (value := getattr(error, name, None))), None)
    return status if isinstance(status, int) else 0


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
