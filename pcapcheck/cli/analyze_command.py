"""pcapcheck analyze."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from pcapcheck.cli.options import (
    PODS,
    one_line_errors,
    parse_unpack_limit,
    rules_option,
    run_analysis,
    scope_options,
)
from pcapcheck.cli.output import FILE, complain
from pcapcheck.cli.redact_options import KEY, REDACT, need_redaction, redacted_inputs, redacted_scope
from pcapcheck.cli.report_options import ReportCommand, report_options, report_request
from pcapcheck.cli.reporting import judge_and_report
from pcapcheck.errors import CaptureError, UsageError


@click.command(cls=ReportCommand)
@click.argument("captures", metavar="CAPTURE...", nargs=-1, type=FILE)
@rules_option("Use this rule file, expectation file, folder or pack instead of the Calico pack. Repeatable.")
@scope_options
@click.option(
    "--node-state",
    "node_state",
    multiple=True,
    metavar="FILE",
    type=FILE,
    help="State of the node and its pods: the output of node-script, or pasted from a terminal. Repeatable.",
)
@PODS
@click.option(
    "--evidence",
    metavar="DIR",
    help="Write a small pcapng for each failed rule to this folder, with only the frames that show the failure.",
)
@REDACT
@KEY
@report_options
@one_line_errors
def analyze(
    captures: tuple[Path, ...],
    rule_paths: tuple[Path, ...],
    node_state: tuple[Path, ...],
    evidence: str | None,
    redact: bool,
    key_file: Path | None,
    forms: tuple[str, ...],
    outputs: tuple[str, ...],
    strict: bool,
    required: tuple[str, ...],
    exit_zero: bool,
    verbose: bool,
    ladder: bool,
    **scope: Any,
) -> None:
    """Judge captures that were recorded at the same time.

    A CAPTURE is a file, a folder, an archive (tar, zip), a pattern, or - for standard input. A node's state that is
    found there is used as --node-state is. Without a CAPTURE, the captures that an expectation file (--rules) names are
    judged.

    Exit code 0: at least one rule was checked, and no rule of severity error failed. 1: a rule failed. 2: nothing could
    be judged.

    \b
    Examples:
      pcapcheck analyze cali14e7d81007d.pcap
      pcapcheck analyze cali14e7d81007d.pcap calieabe7761b00.pcap --node-state NODE.txt
      pcapcheck analyze handed-over.tar.gz
      tcpdump -i cali14e7d81007d -U -w - | pcapcheck analyze -
    """
    if not captures and not rule_paths:
        raise click.MissingParameter(param_type="argument", param_hint="'CAPTURE...'")
    request = report_request(forms, outputs, strict, required, exit_zero, verbose, ladder)
    need_redaction(redact, key_file)
    inputs: tuple[Path, ...] = (*captures, *rule_paths, *node_state, *scope["pods_files"])
    if evidence is not None:
        _try_folder(evidence, is_stream=any(str(path) == "-" for path in captures))
    if not redact:
        judge_and_report(
            lambda: run_analysis(captures, rule_paths, **scope, node_state=node_state), request, inputs, evidence
        )
        return
    if not captures:
        raise UsageError("--redact: name the captures; those of an expectation file are not redacted")
    redacted = redacted_inputs(
        [captures, node_state, scope["pods_files"]], key_file, parse_unpack_limit(scope["unpack_limit"])
    )
    given, states, pods = map(tuple, redacted.groups)
    scope = {**redacted_scope(redacted, scope), "pods_files": pods}
    judge_and_report(
        lambda: run_analysis(given, rule_paths, **scope, node_state=states),
        request,
        (*inputs, *(file.path for file in redacted.redaction.given)),
        evidence,
        [held.path for held in given],
    )


def _try_folder(evidence: str, is_stream: bool) -> None:
    """Make the folder; if that fails, say so before an hour of listening. The report does not depend on it."""
    from pcapcheck.report.evidence_files import make_folder

    try:
        make_folder(evidence)
    except CaptureError as error:
        if not evidence:
            raise
        if is_stream:
            complain(str(error))
