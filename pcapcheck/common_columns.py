"""The columns that the tables of frames and exchanges share: where a row was seen, and from which end it came."""

from __future__ import annotations

from pcapcheck.column import ADDRESS, ENUM, MAC, TEXT, Column, columns_of
from pcapcheck.column_words import ENDS, KINDS, SIDE_EVIDENCE, SIDES
from pcapcheck.networks import EVIDENCE, NETWORK_IDS
from pcapcheck.table_names import ANSWERS, ARP, FRAMES, PAIRED, TRANSFERS

_EXCHANGES = " ".join((ARP, ANSWERS, *PAIRED))
_ALL = f"{FRAMES} {_EXCHANGES} {TRANSFERS}"

COMMON_COLUMNS: list[Column] = [
    *columns_of(_ALL, "interface", TEXT, "name of the capture point", late=True),
    *columns_of(_ALL, "kind", ENUM, "kind of the capture point", words=KINDS, late=True),
    *columns_of(
        _ALL,
        "calico",
        ENUM,
        "evidence that this is a Calico pod link; absent if there is none, as on links of other networks",
        words=EVIDENCE,
        late=True,
        why_absent="nothing shows that this is a pod link of Calico",
    ),
    *columns_of(
        _ALL,
        "network",
        ENUM,
        "network whose pod link the capture point is shown to be",
        words=NETWORK_IDS,
        late=True,
        why_absent="nothing shows of which network this is a pod link",
    ),
    *columns_of(_ALL, "end", ENUM, "end of the pod link where it was recorded", words=ENDS, late=True),
    *columns_of(FRAMES, "side", ENUM, "end of the pod link that sent the frame", words=SIDES, late=True),
    *columns_of(_EXCHANGES, "asker_side", ENUM, "end of the pod link that asked", "side", words=SIDES, late=True),
    *columns_of(
        TRANSFERS,
        "sender_side",
        ENUM,
        "end of the pod link that sent the data that got stuck, or the RST; if nothing is wrong, that of the asker",
        "side",
        words=SIDES,
        late=True,
    ),
    *columns_of(_ALL, "side_evidence", ENUM, "evidence for the side", words=SIDE_EVIDENCE, late=True),
    *columns_of(
        _ALL,
        "pod.mac",
        MAC,
        "MACs that the link's pod sends from; in exported tables, only those of the row's own pod",
        late=True,
    ),
    *columns_of(_ALL, "node.mac", MAC, "MACs that the node's end of the link sends from", late=True),
    *columns_of(
        _ALL,
        "pod.ip",
        ADDRESS,
        "addresses of the link's pod; in exported tables, only those of the row's own pod",
        late=True,
    ),
    *columns_of(_ALL, "node.interface", TEXT, "name of the link's end on the node", late=True),
]
