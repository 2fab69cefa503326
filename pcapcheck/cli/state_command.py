"""pcapcheck state."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pcapcheck.cli.options import (
    PODS,
    SET,
    UNPACK_LIMIT,
    one_line_errors,
    parse_assignments,
    parse_unpack_limit,
    rules_option,
)
from pcapcheck.cli.output import FILE
from pcapcheck.cli.redact_options import KEY, REDACT, need_redaction, redacted_inputs
from pcapcheck.cli.report_options import ReportCommand, report_options, report_request
from pcapcheck.cli.reporting import judge_and_report

if TYPE_CHECKING:
    from pcapcheck.analysis import Analysis
    from pcapcheck.given import Input


@click.command(cls=ReportCommand)
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=FILE)
@rules_option("Use this rule file or folder instead of the rules about states. Repeatable.")
@PODS
@UNPACK_LIMIT
@SET
@REDACT
@KEY
@report_options
@one_line_errors
def state(
    files: tuple[Path, ...],
    rule_paths: tuple[Path, ...],
    pods_files: tuple[Path, ...],
    unpack_limit: str | None,
    assignments: tuple[str, ...],
    redact: bool,
    key_file: Path | None,
    **report: Any,
) -> None:
    """Judge the state of a node and its pods, without a capture.

    A FILE holds pasted terminal sessions (ip addr, ip route, ip neigh, sysctl ... of the node and of pods), the JSON
    output of these commands, or the output of the script that "pcapcheck node-script" prints. It may also be a folder
    or an archive of such files, such as calicoctl cluster diags makes, or - for standard input. The exit codes are
    those of analyze.
    """
    from pcapcheck.pipeline import analyze_state

    request = report_request(**report)
    need_redaction(redact, key_file)
    limit = parse_unpack_limit(unpack_limit)
    paths = (*files, *pods_files)
    given: tuple[Input, ...] = paths
    inputs = [*paths, *rule_paths]
    shown = None
    if redact:
        redacted = redacted_inputs([paths], key_file, limit)
        given = tuple(redacted.groups[0])
        inputs += [file.path for file in redacted.redaction.given]
        assignments = tuple(map(redacted.redaction.redact, assignments))
        shown = [held.path for held in redacted.groups[0]]

    def judge() -> Analysis:
        return analyze_state(
            *given, rules=rule_paths or None, variables=parse_assignments(assignments), unpack_limit=limit
        )

    judge_and_report(judge, request, inputs, shown=shown)
