"""``kubectl get pods``: -o wide, with and without -A, truncated by people or not; and -o json."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from pcapcheck.nodestate.listing import Listing
from pcapcheck.nodestate.numbers import address
from pcapcheck.nodestate.readers.state_reader import StateReader
from pcapcheck.nodestate.source_lines import Line
from pcapcheck.nodestate.state import PodEntry, State
from pcapcheck.values import clean

HEADER = re.compile(r"(NAMESPACE\s+)?NAME\s+READY\s+STATUS\b.*")
READY = re.compile(r"\d+/\d+")
AGE = re.compile(r"(?:\d+[smhdy])+|<unknown>|<invalid>")
DONE = ("Succeeded", "Completed")
NAME = re.compile(r"[a-z0-9]([-.a-z0-9]*[a-z0-9])?")


def read_pods(lines: Iterable[Line], into: State, listing: Listing | None = None) -> list[Line]:
    """Read pods of a table; returns the other lines."""
    strange = []
    namespace = listing.namespace if listing else None
    with_namespace = bool(listing) and any(
        word in ("-A", "--all-namespaces") for word in (listing.words if listing else ())
    )
    for line in lines:
        text = line.text.strip()
        header = HEADER.fullmatch(text)
        if header:
            with_namespace = header[1] is not None
            continue
        if not text or text.startswith(("No resources found", "Error from server", "...")):
            continue
        entry = _entry(text.split(), line, namespace, with_namespace)
        if entry is None:
            strange.append(line)
        else:
            into.pods.append(entry)
    return strange


def _entry(words: list[str], line: Line, namespace: str | None, with_namespace: bool) -> PodEntry | None:
    """[namespace,] name, ready, status, restarts [(5d ago)], age, IP, node, …; found by what READY looks like."""
    ready = next((at for at, word in enumerate(words) if READY.fullmatch(word)), None)
    if ready is None or ready not in (1, 2) or len(words) < ready + 2:
        return None
    if ready == 2 or with_namespace:
        namespace = words[0] if ready == 2 else namespace
    name = words[ready - 1]
    if not NAME.fullmatch(name):
        return None
    rest = words[ready + 2 :]
    ages = [at for at, word in enumerate(rest) if AGE.fullmatch(word)]
    behind = rest[ages[0] + 1 :] if ages else []
    ip = address(behind[0]) if behind else None
    node = behind[1] if len(behind) > 1 and behind[1] != "<none>" else None
    return PodEntry(name, line, namespace, ip, node, words[ready + 1])


def is_up(pod: PodEntry) -> bool:
    """Whether a listing says that all containers of a pod run, or that it has done its work."""
    if pod.phase in DONE:
        return True
    ready = next((word for word in pod.line.text.split() if READY.fullmatch(word)), None)
    return pod.phase == "Running" and (ready is None or len(set(ready.split("/"))) == 1)


def pod_of(document: Mapping[str, object], line: Line) -> PodEntry | None:
    """The pod of an object; None: it is something else."""
    metadata, spec, status = (_map(document.get(key)) for key in ("metadata", "spec", "status"))
    name = metadata.get("name")
    if not isinstance(name, str) or not (spec or status):
        return None
    namespace, node, phase = metadata.get("namespace"), spec.get("nodeName"), status.get("phase")
    ip = status.get("podIP")
    return PodEntry(
        clean(name),
        line,
        clean(namespace) if isinstance(namespace, str) else None,
        address(ip) if isinstance(ip, str) else None,
        node if isinstance(node, str) else None,
        phase if isinstance(phase, str) else None,
        spec.get("hostNetwork") is True,
    )


def _map(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


PODS_READER = StateReader(
    name="pods",
    looks_like=lambda text, _: HEADER.fullmatch(text) is not None,
    read_cluster=read_pods,
    expected="pods, as of kubectl get pods -o wide",
)
