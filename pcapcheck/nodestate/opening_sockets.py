"""Sockets of TCP connections that are not made so far: their SYN, or the answer to one, waits for what comes next.

``ss`` and ``netstat`` print them as SYN-SENT and SYN-RECV (kernel: include/net/tcp_states.h). One is that for a round
trip at most, unless something is lost.
"""

from __future__ import annotations

import re

from msgspec import Struct

from pcapcheck.nodestate.source_lines import Line

_STATE = re.compile(r"SYN[-_](SENT|RECV)")
# Of a socket: what waits in its two queues, and its two ends.
_ENDS = re.compile(r"(?:^|\s)\d+\s+\d+\s+(\S+):(\w+)\s+(\S+):(\w+)(?:\s|$)")
MOST_KEPT = 10_000


class OpeningSocket(Struct, frozen=True):
    """A socket: ``asked`` is the end that was asked, with its port, ``asker`` the address of the other.

    ``sent``: the SYN went out from here, and no answer to it came; else it came here, and what answers our answer did
    not. All as they were printed.
    """

    asker: str
    asked: str
    sent: bool
    line: Line


def opening_socket(line: Line) -> OpeningSocket | None:
    """The socket of a line, if it is one whose connection is not made so far."""
    state, ends = _STATE.search(line.text), _ENDS.search(line.text)
    if state is None or ends is None:
        return None
    host, port, peer, peer_port = ends.groups()
    sent = state[1] == "SENT"
    asked = f"{peer} port {peer_port}" if sent else f"{host} port {port}"
    return OpeningSocket(host if sent else peer, asked, sent, line)
