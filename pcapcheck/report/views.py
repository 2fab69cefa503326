"""What reports make of an analysis, for its methods; each part is loaded when it is asked for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas
    import pyarrow

    from pcapcheck.analysis import Analysis


class ReportViews:
    """The views that ``Analysis`` offers as methods."""

    def table(self, analysis: Analysis, name: str) -> pandas.DataFrame:
        """A table of exchanges, frames or paths, by its name."""
        from pcapcheck.report.tables.data_frames import table

        return table(analysis, name)

    def arrow_table(self, analysis: Analysis, name: str) -> pyarrow.Table:
        """The same as an Arrow table."""
        from pcapcheck.report.export import arrow_table

        return arrow_table(analysis, name)

    def headline(self, analysis: Analysis) -> str:
        """The sentence that heads every report."""
        from pcapcheck.report.headline import headline

        return headline(analysis)

    def summary(self, analysis: Analysis) -> str:
        """The first lines of the text report."""
        from pcapcheck.report.formats.text import summary

        return summary(analysis)

    def document(self, analysis: Analysis) -> dict[str, Any]:
        """The JSON document."""
        from pcapcheck.report.document import document

        return document(analysis)

    def page(self, analysis: Analysis) -> str:
        """The HTML report."""
        from pcapcheck.report.formats.html import page

        return page(analysis)

    def cell(self, analysis: Analysis) -> str:
        """The part of it that a notebook shows."""
        from pcapcheck.report.formats.html import cell

        return cell(analysis)

    def write_evidence(self, analysis: Analysis, folder: Path) -> list[Path]:
        """Write the evidence of each failed rule into a folder."""
        from pcapcheck.report.evidence_files import write_evidence

        return write_evidence(analysis, folder)
