"""The work on one observation, wherever it is done: read its files, judge them, and return rows.

Whatever goes wrong with an observation becomes its row: nothing is raised.
"""

from __future__ import annotations

import hashlib
import time
import zlib
from collections.abc import Mapping
from io import BufferedReader, BytesIO
from pathlib import Path
from typing import cast

import msgspec
from msgspec import Struct

from pcapcheck.capture.held import Held
from pcapcheck.errors import CaptureError, InputError, PcapcheckError
from pcapcheck.fleet.analysis_rows import rows_of
from pcapcheck.fleet.fleet_observation import FleetObservation
from pcapcheck.fleet.fleet_rows import JudgedRows, unjudged_rows
from pcapcheck.fleet.stored_file import StoredFile
from pcapcheck.given import Input, Taken
from pcapcheck.pipeline import analyze
from pcapcheck.values import clean

# Why an observation could not be judged, next to the words of ``errors``.
DIED, MEMORY, FAULT = "died", "memory", "fault"
# Reading a file once more for its digest must stay cheap: a larger file counts as changed if its time changed.
MOST_DIGESTED = 1 << 25
# How long to wait (seconds) before what a network broke is fetched again.
PAUSES = (0.5, 2.0)
# The rows repeat the same few texts; more effort saves little.
_LEVEL = 1


class Judging(Struct, frozen=True):
    """How to judge: rules by their paths, overridden variables, and the most that may be unpacked (bytes).

    ``with_page``: the HTML report is made as well.
    """

    rules: tuple[str, ...] = ()
    variables: Mapping[str, str] = {}
    unpack_limit: int | None = None
    with_page: bool = False


class Judged(Struct, frozen=True):
    """What came of an observation.

    ``packed`` holds its rows (``unpacked``), or nothing if its content still has the ``digest`` that was known.
    """

    observation: FleetObservation
    packed: bytes
    digest: str = ""
    page: str | None = None

    @property
    def is_unchanged(self) -> bool:
        return not self.packed


def packed(rows: JudgedRows) -> bytes:
    """Rows as bytes; ``unpacked`` turns them back."""
    return zlib.compress(msgspec.msgpack.encode(rows), _LEVEL)


def unpacked(data: bytes) -> JudgedRows:
    return msgspec.msgpack.decode(zlib.decompress(data), type=JudgedRows)


def judge_observation(observation: FleetObservation, judging: Judging, known_digest: str = "") -> Judged:
    """Judge one observation, unless its content has ``known_digest``."""
    files, size = len(observation.files), observation.size
    digest, page = "", None
    try:
        if observation.error:
            raise CaptureError(observation.error, observation.kind)
        inputs = [_input(file) for file in observation.files]
        digest = _digest(observation.files, inputs)
        if digest and digest == known_digest:
            return Judged(observation, b"", digest)
        analysis = analyze(
            *cast("list[Input]", inputs),
            rules=judging.rules or None,
            variables=judging.variables,
            unpack_limit=judging.unpack_limit,
        )
        rows = rows_of(analysis, files, size)
        if judging.with_page:
            page = analysis.to_html()
    except InputError as error:
        rows = unjudged_rows(clean(str(error)), error.kind, files, size)
    except PcapcheckError as error:
        rows = unjudged_rows(clean(str(error)), "usage", files, size)
    except MemoryError:
        said = f"{clean(observation.name)}: more memory than a worker may use is needed; judge it with --workers 1"
        rows = unjudged_rows(said, MEMORY, files, size)
    except Exception as error:
        what = f"{type(error).__name__}: {clean(str(error))}"
        said = f"{clean(observation.name)}: {what}; please report this fault of pcapcheck"
        rows = unjudged_rows(said, FAULT, files, size)
    return Judged(observation, packed(rows), digest, page)


def _input(file: StoredFile) -> Taken:
    """A local file by its path; one at an address fetched, again if the network broke it."""
    if not file.is_remote:
        return Path(file.name)
    from pcapcheck.fleet.remote_files import fetched, remote_error, shown_path

    for pause in (*PAUSES, None):
        try:
            return fetched(file)
        except PcapcheckError:
            raise
        except Exception as error:
            if pause is None or isinstance(error, (PermissionError, FileNotFoundError)):
                # The other files of the observation are judged all the same.
                return Held(shown_path(file), BytesIO(), 0, remote_error(file.name, error))
        time.sleep(pause)
    raise AssertionError


def _digest(files: tuple[StoredFile, ...], inputs: list[Taken]) -> str:
    """A digest of names and contents; empty if something is too large or cannot be read."""
    whole = hashlib.sha256()
    for file, given in zip(files, inputs, strict=True):
        size = given.size if isinstance(given, Held) else file.size
        if size > MOST_DIGESTED:
            return ""
        try:
            with given.open() if isinstance(given, Held) else given.open("rb") as stream:
                content = hashlib.file_digest(cast("BufferedReader", stream), "sha256").hexdigest()
        except (OSError, CaptureError):
            return ""
        whole.update(f"{file.place}\0{content}\0".encode(errors="surrogateescape"))
    return whole.hexdigest()
