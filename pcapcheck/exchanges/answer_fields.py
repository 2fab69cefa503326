"""Where the columns of the table ``answers`` lie in an answer of the loop in ``resolving``."""

from __future__ import annotations

from pcapcheck.capture.scan_layout import ABSENT_TIME
from pcapcheck.exchanges import resolving_layout as layout
from pcapcheck.exchanges.answer_row import AnswerRow, answer_row
from pcapcheck.exchanges.arp_fields import protocol
from pcapcheck.exchanges.arp_row import OUTCOMES
from pcapcheck.raw_rows import Field, RawRows, TableFields
from pcapcheck.table_names import ANSWERS


def _object(rows: RawRows, row: int) -> AnswerRow:
    return answer_row(rows.data, row * rows.row_step, rows.address_of)


ANSWER_TABLE = TableFields(
    ANSWERS,
    {
        "family": Field(layout.ANSWER_FAMILY),
        "protocol": protocol(layout.ANSWER_FAMILY),
        "asker_ip": Field(layout.ANSWER_ASKER_LOW, high=layout.ANSWER_ASKER_HIGH),
        "asker_mac": Field(layout.ANSWER_ASKER_MAC),
        "target": Field(layout.ANSWER_TARGET_LOW, high=layout.ANSWER_TARGET_HIGH),
        "time": Field(layout.ANSWER_TIME, least=ABSENT_TIME + 1),
        "latency": Field(layout.ANSWER_LATENCY),
        "reply_mac": Field(layout.ANSWER_REPLY_MAC),
        "reply_eth_src": Field(layout.ANSWER_REPLY_ETH_SRC),
    },
    group=Field(layout.ANSWER_GROUP),
    outcome=Field(constant=layout.ANSWERED, words=OUTCOMES),
    make=_object,
)
