"""The work on one observation, wherever it is done: read its files, judge them, and return rows.

Whatever goes wrong with an observation becomes its row: nothing is raised.
"""

from __future__ import annotations

import hashlib
import time
import zlib
from io import BufferedReader, BytesIO
from pathlib import Path
from typing import cast

import msgspec
from msgspec import Struct

from pcapcheck.analysis import Analysis
from pcapcheck.capture.held import Held
from pcapcheck.errors import CaptureError, InputError, PcapcheckError
from pcapcheck.fleet.analysis_rows import rows_of
from pcapcheck.fleet.fleet_observation import FleetObservation
from pcapcheck.fleet.fleet_rows import JudgedRows, unjudged_rows
from pcapcheck.fleet.judging import Judging
from pcapcheck.fleet.stored_file import StoredFile, shown_path
from pcapcheck.given import Input, Taken
from pcapcheck.links.scope import Scope, parse_interface_names
from pcapcheck.pipeline import analyze
from pcapcheck.ruleset.files import handed_texts
from pcapcheck.values import clean

# Why an observation could not be judged, next to the words of ``errors``.
DIED, MEMORY, FAULT, LATE = "died", "memory", "fault", "timeout"
# Reading a file once more for its digest must stay cheap: a larger file counts as changed if its time changed.
MOST_DIGESTED = 1 << 25
# How long to wait (seconds) before what a network broke is fetched again.
PAUSES = (0.5, 2.0)
# The rows repeat the same few texts; more effort saves little.
_LEVEL = 1


class Judged(Struct, frozen=True):
    """What came of an observation.

    ``packed`` holds its rows (``unpacked``), or nothing if its content still has the ``digest`` that was known.
    ``problem`` is the word for why it could not be judged.
    """

    observation: FleetObservation
    packed: bytes
    digest: str = ""
    page: str | None = None
    problem: str | None = None

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
        analysis = _analyzed(observation, inputs, judging)
        rows = rows_of(analysis, files, size)
        if judging.with_page:
            page = analysis.to_html()
    except InputError as error:
        rows = unjudged_rows(clean(str(error)), error.kind, files, size)
    except PcapcheckError as error:
        rows = unjudged_rows(clean(str(error)), "usage", files, size)
    except MemoryError:
        said = (
            f"{clean(observation.name)}: more memory is needed than there is for it here; judge it where there is more"
        )
        rows = unjudged_rows(said, MEMORY, files, size)
    except Exception as error:
        what = f"{type(error).__name__}: {clean(str(error))}"
        said = f"{clean(observation.name)}: {what}; please report this fault of pcapcheck"
        rows = unjudged_rows(said, FAULT, files, size)
    return Judged(observation, packed(rows), digest, page, rows.observation.problem)


def _analyzed(observation: FleetObservation, inputs: list[Taken], judging: Judging) -> Analysis:
    scope = Scope(_interfaces_of(observation, judging), judging.since, judging.until, filter_used=judging.filter_used)
    with handed_texts(judging.rule_texts):
        analysis = analyze(
            *cast("list[Input]", inputs),
            rules=judging.rules or None,
            pack=judging.pack,
            variables=judging.variables,
            scope=scope,
            unpack_limit=judging.unpack_limit,
            node_state=[file.held for file in judging.states] or None,
            pods=[file.held for file in judging.pod_lists] or None,
        )
        return analysis.demand(judging.strict, judging.required)


def _interfaces_of(observation: FleetObservation, judging: Judging) -> dict[str, dict[int | None, str]]:
    """The interfaces that are named for this observation's files: a file's name may be its path or its last part."""
    if not judging.interfaces:
        return {}
    here = {name for file in observation.files for name in (file.name, file.short_name)}
    names = {file: named for file, named in parse_interface_names(judging.interfaces).items() if file in here}
    # Reports call a file at an address otherwise.
    shown = {file.name: str(shown_path(file)) for file in observation.files if file.is_remote}
    return {shown.get(file, file): named for file, named in names.items()}


def _input(file: StoredFile) -> Taken:
    """A local file by its path; one at an address fetched, again if the network broke it."""
    if not file.is_remote:
        return Path(file.name)
    from pcapcheck.fleet.remote_files import fetched, may_pass, remote_error

    for pause in (*PAUSES, None):
        try:
            return fetched(file)
        except PcapcheckError:
            raise
        except Exception as error:
            if pause is None or not may_pass(error):
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
