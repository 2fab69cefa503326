"""The ledger of an output folder: what was judged in which run, kept by SQLite so that nothing half-written counts.

A row of ``results`` is an observation as one run judged it. A run that did not come to its end is continued by the next
one under the same number, so that an interruption leaves no trace in the tables.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from msgspec import Struct

from pcapcheck.errors import MISSING, UNREADABLE, CaptureError
from pcapcheck.fleet.fleet_observation import Columns, FleetObservation
from pcapcheck.fleet.fleet_rows import FleetResult
from pcapcheck.fleet.judge_observation import Judged, unpacked
from pcapcheck.values import clean

NAME = "ledger.sqlite"
# Another shape of these tables is another format.
FORMAT = 1
# Seconds to wait for somebody who reads the ledger, as history does.
WAIT = 600.0
# Seconds between commits: what a crash may cost.
EVERY = 1.0
_TABLES = f"""
CREATE TABLE IF NOT EXISTS runs (
    run INTEGER PRIMARY KEY, began TEXT NOT NULL, version TEXT NOT NULL, settings TEXT NOT NULL, done INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS results (
    key BLOB NOT NULL, run INTEGER NOT NULL, columns TEXT NOT NULL, name TEXT NOT NULL, stamp TEXT NOT NULL,
    digest TEXT NOT NULL, settings TEXT NOT NULL, has_page INTEGER NOT NULL, passing INTEGER NOT NULL,
    rows BLOB NOT NULL, PRIMARY KEY (key, run));
CREATE INDEX IF NOT EXISTS by_columns ON results (columns, name, run);
CREATE TABLE IF NOT EXISTS listed (
    key BLOB PRIMARY KEY, source TEXT NOT NULL, gone INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS by_source ON listed (source);
CREATE TABLE IF NOT EXISTS unwritten (columns TEXT PRIMARY KEY) WITHOUT ROWID;
PRAGMA user_version = {FORMAT};
"""


class Run(Struct, frozen=True):
    """A run: its number, when it began (RFC 3339), the version of pcapcheck, whether it came to its end.

    ``settings`` is a digest of all that decides: rules, variables, options, version.
    """

    number: int
    began: str
    version: str
    done: bool
    settings: str


class KnownResult(Struct, frozen=True):
    """The latest result for an observation. ``passing``: its error may have passed by now."""

    run: int
    stamp: str
    digest: str
    settings: str
    has_page: bool
    passing: bool
    packed: bytes


class Ledger:
    """The ledger in a folder; ``run`` is the number of the run that ``begin`` began."""

    def __init__(self, folder: Path, must_exist: bool = False) -> None:
        self.path = folder / NAME
        self.run = 0
        self._committed = time.monotonic()
        if must_exist and not self.path.is_file():
            raise CaptureError(f"{clean(str(folder))}: pcapcheck fleet has written nothing here; name its --output")
        with self._clear():
            self._base = sqlite3.connect(self.path, isolation_level=None, timeout=WAIT)
            (version,) = self._base.execute("PRAGMA user_version").fetchone()
            if version not in (0, FORMAT):
                raise CaptureError(
                    f"{clean(str(self.path))}: written by another version of pcapcheck; name another folder"
                )
            if not must_exist or version == 0:
                self._base.executescript(_TABLES)

    @contextmanager
    def _clear(self) -> Iterator[None]:
        """Errors of SQLite as one line: a full disk, a folder that cannot be written, a file that is no ledger."""
        try:
            yield
        except sqlite3.DatabaseError as error:
            where = clean(str(self.path))
            if "full" in str(error):
                raise CaptureError(
                    f"{where}: the disk is full; make room and run it again: it goes on from here"
                ) from None
            damaged = "not a database" in str(error) or "malformed" in str(error)
            what = "it is damaged: put it back from a copy" if damaged else "see whether it can be written"
            what += ", or name another folder"
            raise CaptureError(f"{where}: {clean(str(error))}; {what}", UNREADABLE) from None

    def begin(self, version: str, settings: str) -> int:
        """Begin a run, or go on with the last one if it did not come to its end; returns its number."""
        with self._clear():
            last = self._base.execute("SELECT run, done, settings FROM runs ORDER BY run DESC LIMIT 1").fetchone()
            if last and not last[1] and last[2] == settings:
                self.run = last[0]
            else:
                self.run = last[0] + 1 if last else 1
                began = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
                self._base.execute("INSERT INTO runs VALUES (?, ?, ?, ?, 0)", (self.run, began, version, settings))
            self._base.execute("BEGIN")
        return self.run

    def note_listing(self, observations: Iterable[FleetObservation]) -> None:
        """Note what is there; what the same sources had before and have no more is gone.

        Of a source in which something could not be looked at, a folder say, nothing is known to be gone.
        """
        every = list(observations)
        whole = {one.source for one in every} - {one.source for one in every if one.error and one.kind != MISSING}
        with self._clear():
            self._base.executemany("UPDATE listed SET gone = 1 WHERE source = ?", [(source,) for source in whole])
            self._base.executemany(
                "INSERT OR REPLACE INTO listed VALUES (?, ?, 0)", ((one.key, one.source) for one in every)
            )

    def known(self, observation: FleetObservation) -> KnownResult | None:
        """The latest result for an observation."""
        with self._clear():
            row = self._base.execute(
                "SELECT run, stamp, digest, settings, has_page, passing, rows FROM results WHERE key = ? "
                "ORDER BY run DESC LIMIT 1",
                (observation.key,),
            ).fetchone()
        return KnownResult(row[0], row[1], row[2], row[3], bool(row[4]), bool(row[5]), row[6]) if row else None

    def add(self, judged: Judged, settings: str, passing: bool) -> None:
        """Note a result; it is safe once it is committed, a second later at most."""
        one = judged.observation
        columns = msgspec.json.encode(one.columns).decode()
        with self._clear():
            self._base.execute(
                "INSERT OR REPLACE INTO results VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    *(one.key, self.run, columns, clean(one.name), one.stamp, judged.digest, settings),
                    *(judged.page is not None, passing, judged.packed),
                ),
            )
            self._base.execute("INSERT OR IGNORE INTO unwritten VALUES (?)", (columns,))
        self._commit_soon()

    def keep(self, observation: FleetObservation, known: KnownResult) -> None:
        """Note that an observation is as it was, though its files look new."""
        with self._clear():
            self._base.execute(
                "UPDATE results SET stamp = ? WHERE key = ? AND run = ?",
                (observation.stamp, observation.key, known.run),
            )
        self._commit_soon()

    def _commit_soon(self) -> None:
        if time.monotonic() - self._committed >= EVERY:
            self.commit()

    def commit(self) -> None:
        """Make all that was noted safe."""
        with self._clear():
            # An interruption may have come between the two.
            if self._base.in_transaction:
                self._base.execute("COMMIT")
            self._base.execute("BEGIN")
        self._committed = time.monotonic()

    def finish(self) -> None:
        """The run came to its end. One that judged nothing leaves no trace."""
        with self._clear():
            self._base.execute("UPDATE runs SET done = 1 WHERE run = ?", (self.run,))
            self._base.execute(
                "DELETE FROM runs WHERE run = ?1 AND NOT EXISTS (SELECT 1 FROM results WHERE run = ?1)", (self.run,)
            )
        self.commit()

    def runs(self) -> list[Run]:
        """All runs, the first first."""
        with self._clear():
            rows = self._base.execute("SELECT run, began, version, done, settings FROM runs ORDER BY run").fetchall()
        return [Run(number, began, version, bool(done), settings) for number, began, version, done, settings in rows]

    def results(self, columns: str | None = None) -> Iterator[FleetResult]:
        """All results, sorted by columns, name and run; with ``columns`` (JSON) those only."""
        where, values = ("WHERE columns = ?", (columns,)) if columns is not None else ("", ())
        with self._clear():
            # A ledger of an earlier version has no such table, and may be in a folder that is not written to.
            asked = "SELECT 1 FROM sqlite_master WHERE name = 'listed'"
            known = self._base.execute(asked).fetchone()
            gone = "EXISTS (SELECT 1 FROM listed WHERE listed.key = results.key AND gone)" if known else "0"
            for row in self._base.execute(
                "SELECT name, columns, run, "
                "run = (SELECT max(run) FROM results AS other WHERE other.key = results.key), "
                f"rows, {gone} FROM results {where} ORDER BY columns, name, key, run",
                values,
            ):
                yield FleetResult(row[0], read_columns(row[1]), row[2], bool(row[3]), unpacked(row[4]), bool(row[5]))

    def every_columns(self) -> list[str]:
        """The columns, as JSON, that results have."""
        with self._clear():
            return [row[0] for row in self._base.execute("SELECT DISTINCT columns FROM results ORDER BY columns")]

    def unwritten(self) -> list[str]:
        """Those whose tables do not have all results yet."""
        with self._clear():
            return [row[0] for row in self._base.execute("SELECT columns FROM unwritten ORDER BY columns")]

    def written(self, columns: str) -> None:
        with self._clear():
            self._base.execute("DELETE FROM unwritten WHERE columns = ?", (columns,))

    def close(self) -> None:
        """Make all safe, and let go of the file."""
        try:
            if self._base.in_transaction:
                with self._clear():
                    self._base.execute("COMMIT")
        finally:
            self._base.close()


def read_columns(text: str) -> Columns:
    """The names of the pattern with their values, of the JSON that the ledger keeps."""
    return msgspec.json.decode(text, type=Columns)
