"""The command line: reads options, calls the library, writes what it returns. Nothing is decided here."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import click

from pcapcheck.calico import cali_name, parse_pod
from pcapcheck.cli.output import FILE, PLAIN, complain, drop_output, spare, writing
from pcapcheck.cli.reporting import ReportCommand, demands, judge_and_report, report_options
from pcapcheck.errors import CaptureError, PcapcheckError, RuleError, UsageError
from pcapcheck.kernels import is_compiled
from pcapcheck.values import parse_size
from pcapcheck.version import __version__

if TYPE_CHECKING:
    from pcapcheck.analysis import Analysis
    from pcapcheck.ruleset.variables import Settings

P = ParamSpec("P")
F = TypeVar("F", bound=Callable[..., Any])
GARBAGE_THRESHOLD = 100_000
UNPACK_LIMIT = click.option(
    "--unpack-limit",
    metavar="SIZE",
    help="Most that a compressed capture may unpack to, as in 20G [default: 1G, or 250 times its packed size].",
)
CAPTURES = click.argument("captures", metavar="CAPTURE...", nargs=-1, required=True, type=FILE)
SET = click.option(
    "--set", "assignments", multiple=True, metavar="NAME=VALUE", help="Override a variable of the rules."
)
PODS = click.option(
    "--pods",
    "pods_files",
    multiple=True,
    metavar="FILE",
    type=FILE,
    help="Output of kubectl get pods -A -o json (or -o wide): the report names the pods.",
)
OUTPUT = click.option("--output", metavar="FILE", type=PLAIN, help="Write to this file instead of standard output.")


def one_line_errors(command: Callable[P, None]) -> Callable[P, None]:
    """Turn the library's errors into one line and exit code 2."""

    @wraps(command)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except PcapcheckError as error:
            for line in error.lines if isinstance(error, RuleError) else [str(error)]:
                complain(f"error: {line}")
            sys.exit(2)
        except KeyboardInterrupt:
            complain("interrupted; nothing was judged")
            sys.exit(2)
        except OSError as error:
            complain(f"error: cannot write the result: {error.strerror or error}")
            drop_output()
            sys.exit(2)

    return guarded


def scope_options(command: Callable[..., None]) -> Callable[..., None]:
    """The options that say what the captures are and what of them is wanted."""
    options = [
        click.option(
            "--interface",
            "interfaces",
            multiple=True,
            metavar="FILE[#IFINDEX]=NAME",
            help="Name the interface that a capture (or one ifindex of an -i any capture) was recorded on.",
        ),
        click.option(
            "--since", metavar="TIME", help="Ignore frames before this time (RFC 3339 or seconds since 1970)."
        ),
        click.option("--until", metavar="TIME", help="Ignore frames from this time on."),
        click.option(
            "--pod", "pods", multiple=True, metavar="POD", help="Judge this pod only: its address, or NAMESPACE/POD."
        ),
        click.option("--filter-used", metavar="TEXT", help="The capture filter that tcpdump ran with."),
        UNPACK_LIMIT,
        SET,
    ]
    for option in reversed(options):
        command = option(command)
    return command


def rules_option(help_: str) -> Callable[[F], F]:
    """The option that names rules to use."""
    return click.option("--rules", "rule_paths", multiple=True, metavar="PATH", type=FILE, help=help_)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, message=f"pcapcheck %(version)s ({'compiled' if is_compiled() else 'plain Python'})")
def main() -> None:
    """Tell, from a packet capture, whether a Calico node did its part, and if not, why not."""
    # Loading modules makes many objects and no garbage: looking for it early takes a tenth of a short run.
    gc.set_threshold(GARBAGE_THRESHOLD)


@main.command("help")
@click.argument("names", metavar="[COMMAND...]", nargs=-1)
@click.pass_context
def help_(context: click.Context, names: tuple[str, ...]) -> None:
    """Show the help of a command, or this page: pcapcheck help rules list."""
    from pcapcheck.ruleset.variables import suggest

    shown = context.find_root()
    for name in names:
        known = shown.command.commands if isinstance(shown.command, click.Group) else {}
        if name not in known:
            complain(f"error: there is no command {' '.join(names)!r}{suggest(name, known)}")
            sys.exit(2)
        shown = click.Context(known[name], info_name=name, parent=shown)
    with writing(None) as stream:
        stream.write(f"{shown.get_help()}\n")


@main.command(cls=ReportCommand)
@click.argument("captures", metavar="CAPTURE...", nargs=-1, type=FILE)
@rules_option("A rule or expectation file, a folder of them or a pack, instead of the Calico pack. Repeatable.")
@scope_options
@click.option(
    "--node-state",
    "node_state",
    multiple=True,
    metavar="FILE",
    type=FILE,
    help="State of the node and its pods, as node-script prints it or pasted from a terminal. Repeatable.",
)
@PODS
@click.option(
    "--evidence",
    metavar="DIR",
    help="Write a small pcapng per failed rule to this folder: the frames that show it, with comments.",
)
@report_options
@one_line_errors
def analyze(
    captures: tuple[Path, ...],
    rule_paths: tuple[Path, ...],
    node_state: tuple[Path, ...],
    evidence: str | None,
    forms: tuple[str, ...],
    outputs: tuple[str, ...],
    strict: bool,
    required: tuple[str, ...],
    exit_zero: bool,
    verbose: bool,
    **scope: Any,
) -> None:
    """Judge one or more captures, recorded at the same time.

    A CAPTURE is a file, a folder of them, a pattern, or - for standard input. Without one, the captures that an
    expectation file (--rules) names are judged.

    Exit code 0: at least one rule was checked and none of severity error failed. 1: one failed. 2: could not judge.

    \b
    Examples:
      pcapcheck analyze cali14e7d81007d.pcap
      pcapcheck analyze cali14e7d81007d.pcap calieabe7761b00.pcap --node-state NODE.txt
      tcpdump -i cali14e7d81007d -U -w - | pcapcheck analyze -
    """
    if not captures and not rule_paths:
        raise click.MissingParameter(param_type="argument", param_hint="'CAPTURE...'")
    asked = demands(forms, outputs, strict, required, exit_zero, verbose)
    inputs = (*captures, *rule_paths, *node_state, *scope["pods_files"])
    if evidence is not None:
        _try_folder(evidence, any(str(path) == "-" for path in captures))
    judge_and_report(lambda: _run(captures, rule_paths, **scope, node_state=node_state), asked, inputs, evidence)


@main.command(cls=ReportCommand)
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=FILE)
@rules_option("A rule file or a folder of them, instead of the rules about states. Repeatable.")
@PODS
@SET
@report_options
@one_line_errors
def state(
    files: tuple[Path, ...],
    rule_paths: tuple[Path, ...],
    pods_files: tuple[Path, ...],
    assignments: tuple[str, ...],
    **report: Any,
) -> None:
    """Judge what is set on a node and in its pods, without a capture.

    A FILE holds pasted terminal sessions (ip addr, ip route, ip neigh, sysctl ... of the node and of pods), their JSON
    forms, or what the script of "pcapcheck node-script" printed. Exit codes are those of analyze.
    """
    from pcapcheck.pipeline import analyze_state

    def judge() -> Analysis:
        return analyze_state(*files, *pods_files, rules=rule_paths or None, variables=_assignments(assignments))

    judge_and_report(judge, demands(**report), (*files, *pods_files, *rule_paths))


@main.command("node-script")
@OUTPUT
@one_line_errors
def node_script(output: str | None) -> None:
    """Print the shell script that collects a node's state for --node-state. It changes nothing.

    Run it on the node as root: pcapcheck node-script | ssh NODE sudo sh > NODE.txt
    """
    from pcapcheck.triage.scripts import node_script as text

    with writing(output) as stream:
        stream.write(text())


@main.command("capture-plan")
@click.argument("pods", metavar="NAMESPACE/POD [NAMESPACE/POD]", nargs=-1, required=True)
@SET
@one_line_errors
def capture_plan(pods: tuple[str, ...], assignments: tuple[str, ...]) -> None:
    """Print the commands that record a ping between two pods, or from one pod."""
    from pcapcheck.triage.scripts import capture_plan as plan

    settings = _settings(assignments)
    try:
        lines = plan([parse_pod(pod) for pod in pods], settings.texts["interface_prefix"])
    except ValueError as error:
        raise UsageError(str(error)) from None
    click.echo("\n".join(lines))


@main.command()
@CAPTURES
@click.option(
    "--table",
    type=click.Choice(["frames", "arp", "echo", "connections", "dns", "paths", "hops"]),
    required=True,
    help="What to export.",
)
@click.option("--format", "form", type=click.Choice(["csv", "parquet", "jsonl"]), default="csv", show_default=True)
@scope_options
@OUTPUT
@one_line_errors
def export(captures: tuple[Path, ...], table: str, form: str, output: str | None, **scope: Any) -> None:
    """Write the frames or exchanges of captures as a table. Parquet needs pcapcheck[parquet] and --output.

    Exit code 1: written, but without a capture that was named and is not there or cannot be read.
    """
    from pcapcheck.report.export import write_parquet, write_text_table

    if form == "parquet" and output is None:
        raise UsageError("--format parquet writes binary data; name a file with --output")
    analysis = _run(captures, (), **scope, keep_all=True)
    from pcapcheck.report.left_out import skipped_lines

    for line in skipped_lines(analysis):
        complain(line)
    spare(output, (file for capture in analysis.captures for file in capture.source.files))
    if form == "parquet":
        write_parquet(analysis, table, str(output))
    else:
        with writing(output) as stream:
            write_text_table(analysis, table, form, stream)
    if any(one.demanded for one in analysis.skipped):
        sys.exit(1)


@main.command()
@click.argument("pod", metavar="NAMESPACE/POD")
@SET
@one_line_errors
def interface(pod: str, assignments: tuple[str, ...]) -> None:
    """Print the name of a pod's interface on its node, cali followed by 11 hex digits."""
    try:
        namespace, name = parse_pod(pod)
    except ValueError as error:
        raise UsageError(str(error)) from None
    click.echo(cali_name(namespace, name, _settings(assignments).texts["interface_prefix"]))


@main.group()
def rules() -> None:
    """List, explain and check rules."""


RULES_OPTION = rules_option("Rules to use instead.")


@rules.command("list")
@RULES_OPTION
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@one_line_errors
def list_rules(rule_paths: tuple[Path, ...], form: str) -> None:
    """One line per rule: id, severity, table, title."""
    from pcapcheck.report.rule_list import write_json, write_text

    loaded = _load(rule_paths)
    with writing(None) as stream:
        (write_json if form == "json" else write_text)(loaded, stream)


@rules.command()
@click.argument("rule_id", metavar="ID")
@RULES_OPTION
@one_line_errors
def show(rule_id: str, rule_paths: tuple[Path, ...]) -> None:
    """One rule as it is written, with its mechanism, limits and references."""
    from pcapcheck.ruleset.variables import suggest

    loaded = {rule.id: rule for rule in _load(rule_paths)}
    if rule_id not in loaded:
        raise RuleError(f"there is no rule {rule_id!r}{suggest(rule_id, loaded)}")
    with writing(None) as stream:
        stream.write(f"# {loaded[rule_id].file}\n{loaded[rule_id].text.rstrip()}\n")


@rules.command()
@click.argument("paths", metavar="[PATH...]", nargs=-1, type=FILE)
@SET
@one_line_errors
def check(paths: tuple[Path, ...], assignments: tuple[str, ...]) -> None:
    """Check files of rules, causes and expectations: every key, column, operator and value.

    A PATH is a file, a folder or a pack. Without one, what ships with pcapcheck is checked, with --set.
    """
    from pcapcheck.ruleset.files import packs_folder
    from pcapcheck.triage.rule_check import check_files

    click.echo(f"{check_files(paths or (packs_folder(),), _assignments(assignments))}: no errors")


@rules.command()
@click.option("--format", "form", type=click.Choice(["text", "markdown"]), default="text", show_default=True)
@OUTPUT
@one_line_errors
def fields(form: str, output: str | None) -> None:
    """The tables, columns, operators and variables that a rule may name."""
    from pcapcheck.report.vocabulary import write_fields, write_markdown

    with writing(output) as stream:
        (write_markdown if form == "markdown" else write_fields)(stream)


@rules.command()
@OUTPUT
@one_line_errors
def schema(output: str | None) -> None:
    """The JSON Schema of rule and expectation files, for editors."""
    import json

    from pcapcheck.ruleset.schema import rule_schema

    with writing(output) as stream:
        stream.write(json.dumps(rule_schema(), indent=2, ensure_ascii=False) + "\n")


def _try_folder(evidence: str, listening: bool) -> None:
    """Make the folder; where it cannot be, say so before an hour of listening. The report does not depend on it."""
    from pcapcheck.report.evidence_files import make_folder

    try:
        make_folder(evidence)
    except CaptureError as error:
        if not evidence:
            raise
        if listening:
            complain(str(error))


def _run(
    captures: tuple[Path, ...],
    rule_paths: tuple[Path, ...],
    interfaces: tuple[str, ...],
    since: str | None,
    until: str | None,
    pods: tuple[str, ...],
    filter_used: str | None,
    unpack_limit: str | None,
    assignments: tuple[str, ...],
    keep_all: bool = False,
    node_state: tuple[Path, ...] = (),
    pods_files: tuple[Path, ...] = (),
) -> Analysis:
    from pcapcheck.links.scope import Scope, parse_interface_names, parse_moment
    from pcapcheck.pipeline import analyze as run
    from pcapcheck.report.progress import ProgressLine

    scope = Scope(
        parse_interface_names(interfaces),
        parse_moment("--since", since),
        parse_moment("--until", until),
        pods,
        filter_used,
    )
    with ProgressLine(captures) as progress:
        return run(
            *captures,
            rules=rule_paths or None,
            variables=_assignments(assignments),
            scope=scope,
            progress=progress.tell,
            unpack_limit=_size("--unpack-limit", unpack_limit),
            keep_all=keep_all,
            node_state=node_state or None,
            pods=pods_files or None,
        )


def _size(option: str, text: str | None) -> int | None:
    try:
        return None if text is None else parse_size(text)
    except ValueError as error:
        raise UsageError(f"{option} {text}: {error}") from None


def _load(rule_paths: tuple[Path, ...]) -> list[Any]:
    from pcapcheck.ruleset.files import PACKS, pack
    from pcapcheck.ruleset.load import load_ruleset

    return load_ruleset(rule_paths or map(pack, PACKS)).rules


def _settings(assignments: tuple[str, ...]) -> Settings:
    from pcapcheck.ruleset.variables import Settings

    return Settings(_assignments(assignments))


def _assignments(assignments: tuple[str, ...]) -> dict[str, str]:
    pairs = {}
    for text in assignments:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise RuleError(f"--set {text}: write NAME=VALUE, as in --set arp_wait=2s")
        pairs[name] = value
    return pairs
