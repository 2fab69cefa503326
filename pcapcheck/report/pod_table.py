"""The table of pods as text, as wide as the page."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from rich.text import Text

from pcapcheck.report.console import Page, named
from pcapcheck.report.pod_rows import LAYOUTS, pod_rows
from pcapcheck.report.pod_sums import PodSummary

ROWS = 10
GAP = "  "


def write_pods(page: Page, summaries: list[PodSummary]) -> None:
    """A row for each of the ten worst pods, and one for the others together."""
    asking = [summary for summary in summaries if summary.arp.total or summary.echo.total]
    rows = pod_rows(asking, None if page.verbose else ROWS)
    if not rows.pods:
        return
    page.line()
    _write(page, [named(Text(name), page.pods).plain for name in rows.names], rows.pods)
    if rows.note:
        page.line(f"{rows.note} (--verbose shows all)")


def _write(page: Page, names: list[str], rows: Sequence[PodSummary]) -> None:
    """Write the widest layout that fits. Names are never cut: at worst each has its own line."""
    for columns in LAYOUTS:
        table = [["pod", *(title for title, _ in columns)]]
        table += [[name, *(show(pod) for _, show in columns)] for name, pod in zip(names, rows, strict=True)]
        lines = aligned(table)
        if max(map(cell_len, lines)) <= page.width:
            for number, line in enumerate(lines):
                page.command(Text(line, "dim" if number == 0 else ""), 0)
            return
    # Too narrow: the name goes above its figures.
    table = [[title for title, _ in LAYOUTS[-1]], *([show(row) for _, show in LAYOUTS[-1]] for row in rows)]
    head, *lines = aligned(table)
    page.command(Text("pod", "dim"), 0)
    page.command(Text(head, "dim"), 2)
    for name, line in zip(names, lines, strict=True):
        page.command(name, 0)
        page.command(line, 2)


def aligned(table: Sequence[Sequence[str]]) -> list[str]:
    """The lines of a table whose columns are as wide as their widest cells."""
    widths = [max(map(cell_len, column)) for column in zip(*table, strict=True)]
    return [
        GAP.join(cell + " " * (width - cell_len(cell)) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in table
    ]
