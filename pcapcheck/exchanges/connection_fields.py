"""Where the columns of the table ``connections`` lie in an exchange of the pairing loop."""

from __future__ import annotations

from pcapcheck.exchanges import pairing_layout as layout
from pcapcheck.exchanges import question_fields as fields
from pcapcheck.raw_rows import Field
from pcapcheck.table_names import CONNECTIONS

CONNECTION_FIELDS = fields.question_fields(
    CONNECTIONS,
    {
        "family": fields.FAMILY,
        "time": fields.TIME,
        "src": fields.SRC,
        "dst": fields.DST,
        # 0 where a text shows a name that is not known here.
        "src_port": Field(layout.IDENT_SEQ, 16, 0xFFFF, least=1),
        "dst_port": Field(layout.IDENT_SEQ, 0, 0xFFFF, least=1),
        "outcome": fields.OUTCOME,
        "latency": fields.LATENCY,
        "attempts": fields.REQUESTS,
        "ttl": fields.TTL,
        "eth_src": fields.ETH_SRC,
        "eth_dst": fields.ETH_DST,
        "error": fields.ERROR,
        "refusal": fields.REFUSAL,
        "error_type": fields.ERROR_TYPE,
        "error_code": fields.ERROR_CODE,
        "error_from": fields.ERROR_FROM,
        "fate": fields.FATE,
        "ending": fields.ENDING,
    },
)
