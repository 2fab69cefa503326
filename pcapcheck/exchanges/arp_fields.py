"""Where the columns of the table ``arp`` lie in a resolution of the loop in ``resolving``."""

from __future__ import annotations

from pcapcheck.capture.scan_layout import ABSENT_TIME
from pcapcheck.exchanges import resolving_layout as layout
from pcapcheck.exchanges.arp_row import CASTS, OUTCOMES, PROTOCOLS, ArpRow, arp_row
from pcapcheck.raw_rows import Field, RawRows, Requirement, TableFields
from pcapcheck.table_names import ARP


def protocol(family: int) -> Field:
    """The protocol in words, from the family at a position."""
    other = Field(constant=0, words=(PROTOCOLS[6],))
    return Field(constant=0, words=(PROTOCOLS[4],), when=(Requirement(family, 4),), otherwise=other)


def _object(rows: RawRows, row: int) -> ArpRow:
    return arp_row(rows.data, row * rows.row_step, rows.address_of)


ARP_TABLE = TableFields(
    ARP,
    {
        "family": Field(layout.ARP_FAMILY),
        "protocol": protocol(layout.ARP_FAMILY),
        "asker_ip": Field(layout.ARP_ASKER_LOW, high=layout.ARP_ASKER_HIGH),
        "asker_mac": Field(layout.ARP_ASKER_MAC),
        "target": Field(layout.ARP_TARGET_LOW, high=layout.ARP_TARGET_HIGH),
        "first_time": Field(layout.ARP_FIRST_TIME, least=ABSENT_TIME + 1),
        "attempts": Field(layout.ARP_ATTEMPTS),
        "cast": Field(layout.ARP_CAST, words=CASTS),
        "outcome": Field(layout.ARP_OUTCOME, words=OUTCOMES),
        "latency_first": Field(layout.ARP_LATENCY_FIRST),
        "latency": Field(layout.ARP_LATENCY),
        "reply_mac": Field(layout.ARP_REPLY_MAC, count=layout.ARP_REPLY_MACS),
        "reply_eth_src": Field(layout.ARP_REPLY_ETH_SRC, count=layout.ARP_REPLY_ETH_SRCS),
        "answering_macs": Field(layout.ARP_REPLY_MACS, least=1),
        "answers": Field(layout.ARP_ANSWERS),
    },
    group=Field(layout.ARP_GROUP),
    outcome=Field(layout.ARP_OUTCOME, words=OUTCOMES),
    make=_object,
)
