"""Read what people have of a node: files of pasted sessions, of JSON, or of ``pcapcheck node-script``."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from pcapcheck.errors import StateError
from pcapcheck.triage.state.blocks import Understood, understand
from pcapcheck.triage.state.model import POD, Host, Line, State
from pcapcheck.triage.state.network import sort_out
from pcapcheck.triage.state.pod_links import join_links
from pcapcheck.triage.state.roles import GATEWAY, Roles
from pcapcheck.triage.state.session import read_session
from pcapcheck.triage.state.shortened import complete_names
from pcapcheck.values import clean

MOST_BYTES = 16 << 20
MOST_LINES = 500_000
MOST_POD_LINKS = 5000
PREFIX = "cali"
PROXY_MAC = 0xEEEEEEEEEEEE


def read_state(
    paths: Iterable[str | Path], prefix: str = PREFIX, gateway: int = GATEWAY, proxy_mac: int = PROXY_MAC
) -> State:
    """What the files tell of nodes and pods. ``prefix`` begins the names of pod interfaces.

    Raises StateError where a file cannot be read, is too large, or holds nothing that is understood.
    """
    understood = Understood()
    for path in paths:
        before = len(understood.parts) + len(understood.pods)
        lines = _lines(Path(path))
        for block in read_session(lines, str(path)):
            understand(block, understood)
        if len(understood.parts) + len(understood.pods) == before:
            raise StateError(
                f"{clean(str(path))}: nothing of a node or a pod is understood in it; paste the output of ip addr, "
                f"ip route, ip neigh and sysctl, or run on the node what 'pcapcheck node-script' prints"
            )
    state = understood.state
    state.hosts = Roles(prefix, gateway).sort(understood.parts)
    for host in state.hosts:
        for one in host.contradictions:
            state.complain(
                one.line,
                f"{one.text}: two hosts or two times in one, so nothing is concluded from {_what(host)}; put the name of "
                "its host above each output, or give a file per host",
            )
    complete_names(state, prefix)
    state.links = join_links(state, prefix)
    sort_out(state, prefix, gateway, proxy_mac)
    if len(state.links) > MOST_POD_LINKS:
        raise StateError(f"more than {MOST_POD_LINKS} pod links are described; leave out what is not about this node")
    return state


def _what(host: Host) -> str:
    """How a message calls a host."""
    if host.role == POD:
        return clean(f"the pod {host.label}" if host.name else "that pod")
    return clean(f"the state of {host.label}")


def _lines(path: Path) -> list[Line]:
    """The lines of a file, without their ends."""
    try:
        with path.open("rb") as stream:
            data = stream.read(MOST_BYTES + 1)
    except OSError as error:
        raise StateError(
            f"{clean(str(path))}: {error.strerror or error}; name a text file with a node's state"
        ) from None
    if len(data) > MOST_BYTES:
        raise StateError(
            f"{clean(str(path))}: larger than {MOST_BYTES >> 20} MiB; leave out what is not about this node"
        )
    text = _decoded(data)
    lines = text.split("\n", MOST_LINES + 1)
    if len(lines) > MOST_LINES:
        raise StateError(f"{clean(str(path))}: more than {MOST_LINES} lines; leave out what is not about this node")
    return [Line(str(path), number, line.rstrip("\r")) for number, line in enumerate(lines, 1)]


def _decoded(data: bytes) -> str:
    """UTF-8, or UTF-16 as PowerShell writes it; what is neither is replaced."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace")
    return data.decode("utf-8-sig", "replace")
