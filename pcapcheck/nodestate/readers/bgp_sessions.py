"""``calicoctl node status`` and ``birdc show protocols``: whether the nodes' BGP sessions are established."""

from __future__ import annotations

import re
from collections.abc import Iterable

from pcapcheck.nodestate.host import Host
from pcapcheck.nodestate.listing import Listing
from pcapcheck.nodestate.node_facts import BgpSession
from pcapcheck.nodestate.readers.state_reader import StateReader
from pcapcheck.nodestate.source_lines import Line
from pcapcheck.nodestate.state import State

FORM = "BGP sessions (calicoctl node status)"
STOPPED = "the status of a node on which Calico does not run (calicoctl node status)"
_STOPPED = "Calico process is not running."
# Calico: calicoctl/calicoctl/commands/node/status.go, printPeers.
PEER = re.compile(
    r"\|\s+(?P<peer>[\da-f.:]+)\s+\|(?P<type>[^|]*)\|\s+(?P<state>\w+)\s+\|[^|]*\|\s*(?P<info>[^|]*?)\s*\|"
)
# BIRD: proto/bgp/bgp.c, bgp_get_status; Calico names its sessions Mesh_, Node_ or Global_ and the peer's address
# (confd/etc/calico/confd/templates/bird.cfg.template, bird6.cfg.template), if need be with its port.
PROTOCOL = re.compile(r"(?P<peer>[\w.-]+)\s+BGP\s+\S+\s+(?P<state>up|down|start|stop|feed)\s+\S+\s*(?P<info>.*)")
NAMED = re.compile(r"(?P<kind>Mesh|Node|Global)_(?P<address>[\da-fA-F_]{2,39}?)(?:_port_\d+)?")
AROUND = re.compile(
    r"Calico process is (?:not )?running\.|IPv[46] BGP status|\| +PEER ADDRESS .*"
    # Lines of a table: one of Markdown has no plus.
    r"|\+[-+|\u2014 ]{5,}|\|[-\u2014 ]+\+[-+|\u2014 ]+|"
    r"No IPv[46] peers found\.|BIRD v?\d\S* ready\.|name +proto +table +state +since .*"
    r"|[\w.-]+ +(?:Kernel|Static|Device|Direct|Pipe) +\S+ +(?:up|down|start|stop|feed)\b.*"
)
MESH = "node-to-node mesh"
MOST_KEPT = 1000


def _session(line: Line) -> BgpSession | None:
    text = line.text.strip()
    match = PEER.fullmatch(text) or PROTOCOL.fullmatch(text)
    if match is None:
        return None
    peer = match["peer"]
    named = NAMED.fullmatch(peer)
    by_name = named["kind"] == "Mesh" if named else None
    of_mesh = match["type"].strip() == MESH if "type" in match.re.groupindex else by_name
    return BgpSession(
        _address_in(named["address"]) if named else peer, match["state"], match["info"].strip(), line, of_mesh
    )


def _address_in(name: str) -> str:
    """The address in the name of a session, where all that separates is an underscore."""
    parts = name.split("_")
    return ".".join(parts) if len(parts) == 4 and all(map(str.isdecimal, parts)) else ":".join(parts)


def read_sessions(lines: Iterable[Line], into: Host, _: Listing | None = None) -> list[Line]:
    """Keep the sessions that are not established."""
    sessions = (_session(line) for line in lines)
    into.bgp += [session for session in sessions if session is not None and not session.is_established][:MOST_KEPT]
    return []


def count_sessions(lines: Iterable[Line], into: State, _: Listing | None = None) -> list[Line]:
    """Count what says nothing of a session that is down."""
    read = list(lines)
    sessions = [_session(line) for line in read]
    if all(session is None or session.is_established for session in sessions):
        for line in read:
            if line.text.strip():
                into.leave_unjudged(STOPPED if line.text.strip() == _STOPPED else FORM, line)
    return []


BGP_READER = StateReader(
    name="bgp",
    looks_like=lambda text, _: bool(PEER.fullmatch(text) or PROTOCOL.fullmatch(text) or AROUND.fullmatch(text)),
    read_host=read_sessions,
    read_cluster=count_sessions,
)
