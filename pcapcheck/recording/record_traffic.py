"""Record between two ends and judge: the library's way in, and the command's."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path

from pcapcheck.errors import UsageError
from pcapcheck.given import Names, paths
from pcapcheck.recording.cluster_access import Kubectl
from pcapcheck.recording.live_recording import LiveRecording, silent
from pcapcheck.recording.node_access import KUBECTL, SSH, JobAccess, SshAccess
from pcapcheck.recording.node_job import IMAGE, NAMESPACE
from pcapcheck.recording.recording_end import (
    NETNS,
    RecordingEnd,
    find_interface,
    find_netns,
    find_pod,
    is_pod,
    planned_pod,
)
from pcapcheck.recording.recording_plan import plan_recording
from pcapcheck.recording.recording_probe import NONE, RecordingProbe
from pcapcheck.ruleset.choose_packs import check_pack, load_rules
from pcapcheck.ruleset.variables import Settings

# Seconds: how long recorders run at most if nothing says how long to record, and beyond what was said.
LONGEST, MARGIN = 24 * 3600, 300


def record(
    first: str,
    second: str | None = None,
    *,
    probe: str = NONE,
    count: int = 10,
    output: str | os.PathLike[str] | None = None,
    rules: Names | None = None,
    variables: Mapping[str, str] | None = None,
    capture_filter: str = "",
    flush: bool = True,
    state: bool = True,
    seconds: float | None = None,
    via: str = KUBECTL,
    context: str | None = None,
    image: str = IMAGE,
    namespace: str = NAMESPACE,
    dry_run: bool = False,
    tell: Callable[[str], None] = silent,
    pack: str | None = None,
) -> LiveRecording:
    """Record between two ends while the body of a ``with`` statement runs, and judge at its end.

    ``with pcapcheck.record("netns:pod-a", "netns:pod-b") as recording: …``; behind it, ``recording.analysis`` is the
    ``Analysis``.

    An end is ``NAMESPACE/POD``, ``netns:NAME`` or an interface of this machine; the first is the one that asks.
    ``probe`` is what ``recording.ask()`` runs: ``ping`` (``count`` times, then three large ones),
    ``dns=NAME[@SERVER]``, ``tcp=HOST:PORT`` or ``none``. ``output`` is a folder or an archive (.tar.gz) for the
    recording; None: it is only judged. ``rules``, ``pack`` and ``variables`` are as for ``analyze``. ``flush``: the
    pods' and the nodes' neighbour entries of these links are forgotten first. ``state``: the nodes' states are
    collected before the end. ``seconds`` is how long the recording is meant to take: recorders end by themselves some
    minutes later, whatever happens. Nodes of a cluster are reached ``via`` kubectl (a job with ``image``, deleted
    afterwards, in the cluster of ``context``) or ssh.

    Raises UsageError if ends or probe have no meaning, RecordingError if something needed is not there.
    """
    asked = RecordingProbe.parse(probe, count)
    prefix = Settings(dict(variables or {})).texts["interface_prefix"]
    # What is wrong with them is said before anything is recorded.
    named = None if pack is None else check_pack(pack)
    if rules is not None:
        load_rules(paths(rules), variables, named)
    limit = int(LONGEST if seconds is None and asked.kind == NONE else (seconds or 0) + asked.count + MARGIN)
    access = _access(via, JobAccess(Kubectl(context), image, limit, namespace, dry_run))
    if first == second:
        raise UsageError(f"{first}: twice the same; name two ends, or one to ping its node")
    with ExitStack() as stack:
        stack.callback(access.close)
        texts = [first] if second is None else [first, second]
        ends = [_find(text, Kubectl(context), access, prefix, dry_run) for text in texts]
        plan = plan_recording(ends, asked, capture_filter, flush, state, prefix)
        # All is well: the recording closes it.
        stack.pop_all()
    recording = LiveRecording(
        plan, None if output is None else Path(output), rules=rules, variables=variables, tell=tell, pack=named
    )
    recording.limit, recording.lateness, recording.on_close = limit, asked.lateness, access.close
    return recording


def _access(via: str, by_jobs: JobAccess) -> SshAccess | JobAccess:
    if via not in (KUBECTL, SSH):
        raise UsageError(f"--via {via}: write {KUBECTL} or {SSH}")
    return SshAccess() if via == SSH else by_jobs


def _find(text: str, kubectl: Kubectl, access: SshAccess | JobAccess, prefix: str, dry_run: bool) -> RecordingEnd:
    if is_pod(text):
        return (planned_pod if dry_run else find_pod)(text, kubectl, access, prefix)
    if text.startswith(NETNS):
        return find_netns(text.removeprefix(NETNS))
    return find_interface(text)
