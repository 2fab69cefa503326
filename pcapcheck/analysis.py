"""The analysis of an observation: what a caller gets, and what every report format reads."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from msgspec import field
from msgspec.structs import replace

from pcapcheck.brief import shortened
from pcapcheck.ruleset.demands import Unmet, unmet_demands
from pcapcheck.ruleset.finding import FAIL, NOT_CHECKED, PASS
from pcapcheck.ruleset.judgement import Judgement
from pcapcheck.skipped import Skipped
from pcapcheck.table_names import ARP, ASSOCIATIONS, CONNECTIONS, DATAGRAMS, DNS, ECHO, FRAMES, HOPS, PATHS, TRANSFERS

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas
    import pyarrow

    from pcapcheck.triage.diagnosis import Diagnosis
    from pcapcheck.triage.pods import Pods
    from pcapcheck.triage.remarks.remark import Remark
    from pcapcheck.triage.trace_rows import TraceRow


class Views(Protocol):
    """What reports make of an analysis. They import the analysis, so it gets them handed in (``report.views``)."""

    def table(self, analysis: Analysis, name: str) -> pandas.DataFrame: ...

    def arrow_table(self, analysis: Analysis, name: str) -> pyarrow.Table: ...

    def headline(self, analysis: Analysis) -> str: ...

    def summary(self, analysis: Analysis) -> str: ...

    def document(self, analysis: Analysis) -> dict[str, Any]: ...

    def page(self, analysis: Analysis) -> str: ...

    def cell(self, analysis: Analysis) -> str: ...

    def write_evidence(self, analysis: Analysis, folder: Path) -> list[Path]: ...


class Analysis(Judgement, frozen=True, kw_only=True, eq=False, dict=True):
    """Findings, why they failed, the verdict, and the exchanges as DataFrames, which are made on demand.

    ``remarks`` are no faults, but worth knowing. ``pods`` has the names of pods, if a list of them was
    given. ``given`` are the inputs by the names that the caller used; ``error`` says why they cannot be judged at all.
    ``required`` and ``strict`` are demands of expectation files. ``unmet`` demands turn a pass into a failure;
    ``exit_zero`` turns exit code 1 into 0. ``lacks_captures``: captures were to be judged, and only a node's state was
    given. ``traces`` are the packets that netfilter traced or logged, by the state. ``views`` make what its methods
    return.
    """

    diagnoses: list[Diagnosis] = field(default_factory=list)
    traces: list[TraceRow] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)
    pods: Pods | None = None
    given: tuple[str, ...] = ()
    error: str = ""
    required: tuple[str, ...] = ()
    strict: bool = False
    unmet: list[Unmet] = field(default_factory=list)
    exit_zero: bool = False
    lacks_captures: bool = False
    views: Views

    @property
    def verdict(self) -> str:
        """pass, fail (a rule of severity error failed, or a demand is not met) or not-checked (no rule was)."""
        if self.failures:
            return FAIL
        if all(finding.status == NOT_CHECKED for finding in self.findings):
            return NOT_CHECKED
        return FAIL if self.unmet else PASS

    def demand(
        self, strict: bool = False, required: Iterable[str] = (), exit_zero: bool = False, every_input: bool = False
    ) -> Analysis:
        """The same analysis with the demands that are not met: those of expectation files, and these.

        ``every_input``: each input that was named must have been used. Raises RuleError if ``required`` names a rule
        that does not exist.
        """
        inputs = [replace(given, demanded=given.demanded or (every_input and given.named)) for given in self.skipped]
        demanding = replace(self, skipped=inputs, exit_zero=exit_zero)
        return replace(demanding, unmet=unmet_demands(demanding, strict or self.strict, (*required, *self.required)))

    def without(self, skipped: Skipped) -> Analysis:
        """The same analysis, and one more file that cannot be used or written."""
        return replace(self, skipped=[*self.skipped, skipped])

    @cached_property
    def arp(self) -> pandas.DataFrame:
        """One row per resolution; durations are Timedelta, times UTC."""
        return self._table(ARP)

    @cached_property
    def echo(self) -> pandas.DataFrame:
        """One row per echo request; durations are Timedelta, times UTC."""
        return self._table(ECHO)

    @cached_property
    def connections(self) -> pandas.DataFrame:
        """One row per attempt to open a TCP connection."""
        return self._table(CONNECTIONS)

    @cached_property
    def associations(self) -> pandas.DataFrame:
        """One row per attempt to open an SCTP association."""
        return self._table(ASSOCIATIONS)

    @cached_property
    def datagrams(self) -> pandas.DataFrame:
        """One row per two hosts and ports of UDP, other than DNS."""
        return self._table(DATAGRAMS)

    @cached_property
    def transfers(self) -> pandas.DataFrame:
        """One row per TCP connection that went beyond its handshake."""
        return self._table(TRANSFERS)

    @cached_property
    def dns(self) -> pandas.DataFrame:
        """One row per DNS query."""
        return self._table(DNS)

    @cached_property
    def frames(self) -> pandas.DataFrame:
        """One row per frame."""
        return self._table(FRAMES)

    @cached_property
    def paths(self) -> pandas.DataFrame:
        """One row per packet that was followed from capture point to capture point."""
        return self._table(PATHS)

    @cached_property
    def hops(self) -> pandas.DataFrame:
        """One row per packet and pair of consecutive pod links on its path."""
        return self._table(HOPS)

    def to_arrow(self, table: str) -> pyarrow.Table:
        """A table by its name, such as "echo", for polars, DuckDB and whatever else reads Apache Arrow.

        Times are UTC timestamps, durations durations, both in nanoseconds; addresses and MACs are text. Raises
        UsageError if there is no such table, CaptureError if pyarrow is not installed.
        """
        return self.views.arrow_table(self, table)

    @property
    def headline(self) -> str:
        """The sentence that heads every report."""
        return self.views.headline(self)

    def summary(self) -> str:
        """The first lines of the text report: the verdict, the headline and, if something failed, why."""
        return self.views.summary(self)

    def to_dict(self) -> dict[str, Any]:
        """The JSON document, schema ``pcapcheck/2``."""
        return self.views.document(self)

    def to_html(self) -> str:
        """The HTML report: one page without scripts, with pictures. The captures are read again for it."""
        return self.views.page(self)

    def _repr_html_(self) -> str:
        """What a notebook shows: the verdict, the cause, and the pictures of what failed."""
        return self.views.cell(self)

    def write_evidence(self, folder: str | Path) -> list[Path]:
        """Write ``folder/<rule>.pcapng`` for each failed rule, with only the frames that show the failure.

        Interfaces keep their names; comments on the frames say what is wrong. Evidence from the text of tcpdump is
        its lines, in ``<rule>.txt``. Evidence of an earlier run is removed if its rule no longer fails. Raises
        CaptureError if a file cannot be written, or would replace a file that is not evidence.
        """
        return self.views.write_evidence(self, Path(folder))

    def __repr__(self) -> str:
        counted = f"{len(self.captures)} captures, {len(self.findings)} rules"
        return f"<Analysis {self.verdict}: {shortened(self.headline)}, {counted}>"

    def _table(self, name: str) -> pandas.DataFrame:
        return self.views.table(self, name)
