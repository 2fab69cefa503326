"""Commands that help to record: pcapcheck node-script, capture-plan and interface."""

from __future__ import annotations

import click

from pcapcheck.cli.options import OUTPUT, SET, interface_prefix, named_pod, one_line_errors
from pcapcheck.cli.output import writing
from pcapcheck.errors import UsageError


@click.command("node-script")
@OUTPUT
@one_line_errors
def node_script(output: str | None) -> None:
    """Print a shell script that collects a node's state. It changes nothing on the node.

    Run it on the node as root, and give its output to --node-state:

    \b
      pcapcheck node-script | ssh NODE sudo sh > NODE.txt
    """
    from pcapcheck.triage.scripts import node_script as text

    with writing(output) as stream:
        stream.write(text())


@click.command("capture-plan")
@click.argument("pods", metavar="NAMESPACE/POD [NAMESPACE/POD]", nargs=-1, required=True)
@SET
@one_line_errors
def capture_plan(pods: tuple[str, ...], assignments: tuple[str, ...]) -> None:
    """Print commands to record a ping between two pods, or from a pod to its node.

    The first pod pings the second, or its own node if no second pod is given.
    """
    from pcapcheck.triage.scripts import capture_plan as plan

    prefix = interface_prefix(assignments)
    try:
        lines = plan([named_pod(pod) for pod in pods], prefix)
    except ValueError as error:
        raise UsageError(str(error)) from None
    click.echo("\n".join(lines))


@click.command()
@click.argument("pod", metavar="NAMESPACE/POD")
@SET
@one_line_errors
def interface(pod: str, assignments: tuple[str, ...]) -> None:
    """Print the name of a pod's interface on its node.

    The name is cali followed by 11 hex digits.
    """
    from pcapcheck.calico import cali_name

    click.echo(cali_name(*named_pod(pod), interface_prefix(assignments)))
