"""Take in what describes nodes and pods: states and lists of pods, wherever among the inputs they were found."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pcapcheck.capture.inputs import Inputs, gather_states
from pcapcheck.errors import A_CAPTURE, NODE_STATE, NOT_UNDERSTOOD, PODS, StateError
from pcapcheck.given import Taken
from pcapcheck.intake import Request
from pcapcheck.links.facts import Facts
from pcapcheck.links.read_capture import Capture
from pcapcheck.ruleset.variables import Settings
from pcapcheck.set_aside import lines_aside
from pcapcheck.skipped import Skipped

if TYPE_CHECKING:
    from pcapcheck.nodestate.state import State
    from pcapcheck.triage.pods import Pods


def find_state(inputs: Inputs, request: Request, captures: list[Capture], settings: Settings) -> State | None:
    """The state in what was given as such, and in what was given as captures."""
    files: list[Taken] = []
    if request.states:
        named = gather_states(request.states, inputs.unpack_limit)
        inputs.found |= named.found
        inputs.skipped += named.skipped
        files = named.states
    doubtful = lines_aside(captures, files)
    # Where there is nothing that pods could be named in, the list is all that is known of the cluster.
    are_used = files or inputs.states or not captures
    files = _each_once([*files, *inputs.states, *inputs.pods] if are_used else [])
    return take_state(files, settings, inputs, doubtful) if files or doubtful else None


def take_state(
    files: Sequence[Taken], settings: Settings, inputs: Inputs, doubtful: Sequence[Taken] = ()
) -> State | None:
    """The state that the files describe; None if there are none, or none that can be used.

    ``doubtful`` are texts of packets with lines of a state between them: it is no problem if nothing comes of those.
    """
    if not files and not doubtful:
        return None
    # Loaded only if there is a state.
    from pcapcheck.nodestate.read_state import read_state

    unsure = {_path(file) for file in doubtful}

    def skip(path: Path, error: StateError) -> None:
        if path not in unsure or error.kind not in (NOT_UNDERSTOOD, A_CAPTURE):
            inputs.skip(path, error, NODE_STATE)

    try:
        return read_state(
            (*files, *doubtful),
            settings.texts["interface_prefix"],
            settings.number("gateway"),
            settings.number("proxy_mac"),
            skip,
            inputs.found,
        )
    except StateError:
        return None


def _each_once(files: Iterable[Taken]) -> list[Taken]:
    """The files, without those that were given both as a state and as a capture."""
    return list({os.path.realpath(file) if isinstance(file, Path) else file: file for file in files}.values())


def _path(file: Taken) -> Path:
    return file if isinstance(file, Path) else file.path


def name_pods(files: Sequence[Taken] | None, state: State | None, settings: Settings, inputs: Inputs) -> Pods | None:
    """The names in these files, else those that the node's state lists."""
    listed = state.pods if state is not None else []
    if files is None and not listed:
        return None
    from pcapcheck.triage.pods import Pods

    def skip(path: Path, error: StateError) -> None:
        inputs.skip(path, error, PODS)

    prefix = settings.texts["interface_prefix"]
    if files is None:
        return Pods.of(listed, prefix)
    named = gather_states(files, inputs.unpack_limit, PODS)
    inputs.skipped += named.skipped
    return Pods.read(named.states, prefix, skip, named.found)


def name_recorded(pods: Pods | None, facts: Facts, inputs: Inputs) -> Pods | None:
    """The names, and those that captures themselves hold."""
    resolved = inputs.host_names.resolved
    if not resolved and all(point.capture_point.interface.pod is None for point in facts.points.values()):
        return pods
    from pcapcheck.triage.pods import with_recorded

    return with_recorded(pods, facts.points.values(), resolved)


def nothing_understood(skipped: list[Skipped]) -> StateError:
    """The error that no input describes a state."""
    if not skipped:
        return StateError("no file with a node's state is given; name at least one")
    more = f" ({len(skipped) - 1} more cannot be used either)" if skipped[1:] else ""
    error = StateError(f"{skipped[0].message}{more}", skipped[0].kind)
    error.skipped = skipped
    return error
