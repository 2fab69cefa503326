"""The columns of the table ``addresses``."""

from __future__ import annotations

from pcapcheck.column import ADDRESS, BOOL, ENUM, MAC, NUMBER, TEXT, TIME, Column, columns_of
from pcapcheck.column_words import KINDS, SIDES
from pcapcheck.networks import EVIDENCE
from pcapcheck.table_names import ADDRESSES

ADDRESS_COLUMNS: list[Column] = [
    *columns_of(ADDRESSES, "interface", TEXT, "name of the capture point"),
    *columns_of(ADDRESSES, "node.interface", TEXT, "name of the link's end on the node"),
    *columns_of(ADDRESSES, "kind", ENUM, "kind of the capture point", words=KINDS),
    *columns_of(ADDRESSES, "calico", ENUM, "evidence that this is a Calico pod link", words=EVIDENCE),
    *columns_of(ADDRESSES, "ip", ADDRESS, "address claimed"),
    *columns_of(ADDRESSES, "mac", MAC, "MAC that claimed it"),
    *columns_of(ADDRESSES, "side", ENUM, "end of the pod link that this MAC sends from", words=SIDES),
    *columns_of(ADDRESSES, "first_time", TIME, "time of the first claim"),
    *columns_of(ADDRESSES, "last_time", TIME, "time of the last claim"),
    *columns_of(
        ADDRESSES, "proxied", BOOL, "whether the claim is only the node's proxy ARP answer for the pod's own address"
    ),
    *columns_of(
        ADDRESSES,
        "claimants",
        NUMBER,
        "number of MACs that claim the address on its node at overlapping times; absent if several links "
        "are folded into "
        "one recording or their ends are unknown",
        why_absent="several links are folded into one recording, its text shows no MACs of those who ask, or nothing "
        "tells "
        "which end of another link claims the address too; "
        "capture each pod's link by itself, printed with -e",
    ),
    *columns_of(ADDRESSES, "other_claimants", MAC, "the other MACs among them"),
    *columns_of(ADDRESSES, "other_interfaces", TEXT, "other pod links of the node where those MACs claim it"),
    *columns_of(ADDRESSES, "others", TEXT, "the other MACs in words, with those links"),
]
