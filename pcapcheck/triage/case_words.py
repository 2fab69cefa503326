"""The words of the columns of a case, and which of its columns say what stays in the state after a loss."""

from __future__ import annotations

from pcapcheck.column import Type
from pcapcheck.paths.losses import PLACES, REPLY, REQUEST

# A column: its name, type, one line of help, and its words if it has some.
CaseColumn = tuple[str, Type, str] | tuple[str, Type, str, tuple[str, ...]]

ASKED = ("echo", "tcp", "dns", "udp", "sctp")
GATEWAY = ("not-asked", "unanswered", "late", "answered")
LOST = (*PLACES, "on-return")
LAST_SEEN = ("pod-link", "tunnel", "host-nic")
DIRECTIONS = (REQUEST, REPLY)
REPLIES = ("none", "at-first", "some")
REFUSED = (
    "none",
    "net-unreachable",
    "host-unreachable",
    "port-unreachable",
    "protocol-unreachable",
    "prohibited",
    "too-big",
    "expired",
    "reassembly",
    "reset",
    "other",
    "wrong-address",
)
REFUSED_BY = ("none", "node", "receiver", "other")
ROLES = ("pod", "node", "service", "router", "outside", "unknown")
# Whether a rule could have stopped the packets: certainly, perhaps, none there, none of those shown.
FIREWALL = ("fits", "may-fit", "none-fits", "none-shown-fits")
# What stays in the state after a loss: counters and logs.
LASTING = (
    *("state.conntrack_drops", "state.conntrack_invalid", "state.neighbours_full", "state.queue_drops"),
    *("state.netem_drops", "state.policer_drops", "state.damaged_frames", "state.card_failed"),
    *("state.checksum_errors", "state.tunnel_checksums", "state.listen_overflows"),
    "state.route_deleted",
)
# Whether something that counts its drops dropped the packets: it did, it may have, it did not.
DROPPED = ("fits", "may-fit", "none-fits")
LOSS = ("total", "partial")
FOLLOWS = ("nothing", "pod", "peer", "pair", "port", "size", "time", "connection")
# Whether a pod can be behind each address that a service's address stands for.
STANDINGS = GONE, SOME_GONE, THERE = ("gone", "some-gone", "there")
# What connection tracking makes of what was asked: an entry that leads to nobody, or one that was never answered.
TRACKED = STALE, UNREPLIED = ("stale", "unreplied")
ROUTES = ("own-interface", "other-pod-link", "elsewhere", "dead-end", "none", "not-there")
