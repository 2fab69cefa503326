"""The columns of the tables ``paths`` and ``hops``."""

from __future__ import annotations

from pcapcheck.column import ADDRESS, BOOL, DURATION, ENUM, MAC, NUMBER, TEXT, TIME, Column, columns_of
from pcapcheck.column_words import BETWEEN, KINDS, PACKETS
from pcapcheck.networks import EVIDENCE
from pcapcheck.table_names import HOPS, PATHS

_COOKED = (
    "a cooked capture (-i any) holds no destination MACs, nor does tcpdump's text without -e; "
    "capture on the pods' links themselves, printed with -e"
)
_WITHOUT_E = "tcpdump's text shows no MACs without -e; print it with -e"
_WITHOUT_V = "tcpdump's text shows no TTLs without -v; print it with -v"
_UNSEEN = (
    "the receiver's link is not known, or was not being recorded for the next half second; capture both pods' "
    "links over the same time, best into one file (dumpcap -i … -i …)"
)
_BOTH = f"{PATHS} {HOPS}"

PATH_COLUMNS: list[Column] = [
    *columns_of(_BOTH, "packet", ENUM, "type of packet; request and reply are ICMP echoes", words=PACKETS),
    *columns_of(_BOTH, "family", NUMBER, "4 or 6"),
    *columns_of(_BOTH, "time", TIME, "time of its first sighting, by the clock of the first capture"),
    *columns_of(_BOTH, "src", ADDRESS, "source address at its first sighting"),
    *columns_of(_BOTH, "dst", ADDRESS, "destination address there"),
    *columns_of(_BOTH, "interface", TEXT, "name of the capture point of its first sighting"),
    *columns_of(_BOTH, "node.interface", TEXT, "name of that link's end on the node"),
    *columns_of(_BOTH, "rewritten", BOOL, "whether addresses or the ICMP identifier changed along the path (NAT)"),
    *columns_of(
        _BOTH,
        "calico",
        ENUM,
        "evidence of Calico anywhere in the observation: a pod link, a tunnel, a node's state",
        words=EVIDENCE,
        why_absent="nothing shows Calico in any of the captures",
    ),
    *columns_of(_BOTH, "encap", TEXT, "tunnels that it went through, or none"),
    *columns_of(
        PATHS, "points", TEXT, "names of the capture points that saw it, in order; a link that saw it twice counts once"
    ),
    *columns_of(PATHS, "ttls", TEXT, "its TTL at each of them; in a tunnel, the inner TTL"),
    *columns_of(PATHS, "sightings", NUMBER, "number of those capture points"),
    *columns_of(PATHS, "first.kind", ENUM, "kind of the first of them", words=KINDS),
    *columns_of(PATHS, "receiver", ADDRESS, "final receiver; of a reply to a translated request, the pod that asked"),
    *columns_of(
        PATHS,
        "receiver.recorded",
        BOOL,
        "whether a link of its receiver was recorded, or the device on the receiver's node that decapsulates it",
    ),
    *columns_of(PATHS, "fate", TEXT, "last sighting of such packets and what they never reached, in words"),
    *columns_of(PATHS, "last.interface", TEXT, "name of the last of those capture points"),
    *columns_of(PATHS, "last_seen", TEXT, "last sighting in words, with the frame"),
    *columns_of(
        PATHS,
        "missing",
        TEXT,
        "links of the receiver that were being recorded and do not show it",
        why_absent="no link is known that had to show it",
    ),
    *columns_of(
        PATHS,
        "entered",
        BOOL,
        "whether a pod sent it, as that pod's link shows",
        why_absent="it is unknown which end sent it",
    ),
    *columns_of(
        PATHS,
        "left",
        BOOL,
        "whether it was seen leaving the node that it entered, or was answered",
        why_absent=_UNSEEN,
    ),
    *columns_of(
        PATHS,
        "delivered",
        BOOL,
        "whether it was seen on its receiver's pod link, or was answered",
        why_absent=_UNSEEN,
    ),
    *columns_of(PATHS, "answered", BOOL, "whether its reply was seen anywhere; only of echo requests"),
    *columns_of(PATHS, "for_node", BOOL, "whether it was for the node itself, which need not forward it"),
    *columns_of(
        PATHS,
        "asked",
        ADDRESS,
        "of an answer to what was asked of a service or a node's port, and translated: that address",
        why_absent="it was not seen to come back from a translated address",
    ),
    *columns_of(
        PATHS,
        "translated_back",
        BOOL,
        "whether such an answer came back from the address that was asked, not from the back end's own",
        why_absent="it was not seen to come back from a translated address",
    ),
    *columns_of(
        PATHS,
        "source_translated",
        BOOL,
        "whether what a pod asked left by a NIC with another source address (SNAT); false only if it had to",
        why_absent="nothing shows that it had to leave the node with another source address",
    ),
    *columns_of(PATHS, "length", NUMBER, "length of the IP packet, in bytes"),
    *columns_of(PATHS, "duration", DURATION, "time from the first to the last sighting"),
    *columns_of(HOPS, "to.interface", TEXT, "name of the next pod link"),
    *columns_of(HOPS, "to.frame", TEXT, "its frame there"),
    *columns_of(HOPS, "ttl", NUMBER, "TTL on the first link", why_absent=_WITHOUT_V),
    *columns_of(HOPS, "to.ttl", NUMBER, "TTL on the next link", why_absent=_WITHOUT_V),
    *columns_of(HOPS, "ttl_lost", NUMBER, "decrease of the TTL between the two", why_absent=_WITHOUT_V),
    *columns_of(
        HOPS,
        "between",
        ENUM,
        "what lies between the links: a node, or two nodes with a tunnel or a network",
        words=BETWEEN,
        why_absent="the clocks of the two files differ, and nothing else shows whether both are from one node; "
        "record both interfaces into one file (dumpcap -i … -i …)",
    ),
    *columns_of(HOPS, "eth.src", MAC, "source MAC on the first link", why_absent=_WITHOUT_E),
    *columns_of(HOPS, "eth.dst", MAC, "destination MAC on the first link", why_absent=_COOKED),
    *columns_of(HOPS, "to.eth.src", MAC, "source MAC on the next link", why_absent=_WITHOUT_E),
    *columns_of(HOPS, "to.eth.dst", MAC, "destination MAC on the next link", why_absent=_COOKED),
    *columns_of(HOPS, "latency", DURATION, "time from the first link to the next, by one clock"),
]
