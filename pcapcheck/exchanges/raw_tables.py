"""The tables whose rows come as raw rows, with their fields."""

from __future__ import annotations

from pcapcheck.decode.frame_fields import FRAME_FIELDS
from pcapcheck.exchanges.answer_fields import ANSWER_TABLE
from pcapcheck.exchanges.arp_fields import ARP_TABLE
from pcapcheck.exchanges.dns_fields import DNS_FIELDS
from pcapcheck.exchanges.echo_fields import ECHO_FIELDS
from pcapcheck.exchanges.port_fields import ASSOCIATION_FIELDS, CONNECTION_FIELDS, DATAGRAM_FIELDS
from pcapcheck.exchanges.transfer_fields import TRANSFER_FIELDS

_TABLES = (
    FRAME_FIELDS,
    ARP_TABLE,
    ANSWER_TABLE,
    ECHO_FIELDS,
    CONNECTION_FIELDS,
    TRANSFER_FIELDS,
    ASSOCIATION_FIELDS,
    DNS_FIELDS,
    DATAGRAM_FIELDS,
)
RAW_TABLES = {fields.table: fields for fields in _TABLES}
