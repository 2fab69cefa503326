"""``wg show``: the peers of a WireGuard device, and whether all of them have answered (tools: src/show.c)."""

from __future__ import annotations

import re
from collections.abc import Iterable

from pcapcheck.nodestate.listing import Listing
from pcapcheck.nodestate.readers.state_reader import StateReader
from pcapcheck.nodestate.source_lines import Line
from pcapcheck.nodestate.state import State

FORM = "WireGuard's peers (wg show)"
UNANSWERED = "WireGuard's peers, of which some never completed a handshake (wg show)"
_PEER = re.compile(r"peer: [\w+/=]{44}")
_HANDSHAKE = re.compile(r"latest handshake: .* ago")
_OTHER = re.compile(
    r"interface: [\w.-]{1,15}|(?:public|private|preshared) key: .*|listening port: \d+|fwmark: \w+|endpoint: \S+:\d+"
    r"|allowed ips: .*|transfer: .* received, .* sent|persistent keepalive: .*"
)


def _is_of_wireguard(text: str) -> bool:
    return any(pattern.fullmatch(text) for pattern in (_PEER, _HANDSHAKE, _OTHER))


def count_peers(lines: Iterable[Line], into: State, _: Listing | None = None) -> list[Line]:
    """Count what is listed; a peer that never answered has no handshake."""
    read = [line for line in lines if line.text.strip()]
    texts = [line.text.strip() for line in read]
    peers = sum(_PEER.fullmatch(text) is not None for text in texts)
    shaken = sum(_HANDSHAKE.fullmatch(text) is not None for text in texts)
    for line in read:
        into.leave_unjudged(UNANSWERED if peers > shaken else FORM, line)
    return []


WIREGUARD_READER = StateReader(
    name="wireguard-peers",
    commands=("wg",),
    looks_like=lambda text, _: _is_of_wireguard(text),
    read_cluster=count_peers,
)
