"""Owners of outputs: the host or network namespace that a command or a heading names."""

from __future__ import annotations

from msgspec import Struct

from pcapcheck.nodestate.command_line import Command
from pcapcheck.nodestate.headings import Heading
from pcapcheck.nodestate.host import NODE, POD


class Owner(Struct, frozen=True):
    """Whose output it is, as far as the session says. ``label`` keeps apart what is not named.

    ``section`` is a heading above it that may be the name of a host. ``on_node``: the command says
    that the pod is on its node's network. ``through`` is the pod by which a node was looked into whose name is not
    known. ``place`` is where the file stands in a bundle, and ``place_name`` what that is called.
    """

    label: str
    role: str | None = None
    name: str | None = None
    netns: str | None = None
    section: str | None = None
    on_node: bool = False
    through: str | None = None
    place: str | None = None
    place_name: str | None = None


def owner_elsewhere(command: Command, file: str) -> Owner:
    """Where a command line says that it runs."""
    how, _, name = command.space.partition(":")
    if how == "pod":
        full = f"{command.namespace}/{name}" if command.namespace else name
        return Owner(f"pod:{full}", POD, full, on_node=command.on_node)
    if how == "node":
        return Owner(f"host:{name}", NODE, name)
    if how == "host":
        return Owner(f"host:{name}", name=name)
    return Owner(f"netns:{file}:{name}", netns=name)


def owner_named(heading: Heading, file: str) -> Owner:
    """Whose the lines below a heading are."""
    name = heading.name
    if heading.role == POD:
        return Owner(f"pod:{name or file}", POD, name, heading.netns)
    if heading.role is None:
        return Owner(f"netns:{file}:{heading.netns or ''}", netns=heading.netns)
    return Owner(f"host:{name}" if name else f"node:{file}", NODE, name)
