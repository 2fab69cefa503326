"""Where the columns of the table ``dns`` lie in an exchange of the pairing loop."""

from __future__ import annotations

from pcapcheck.columns import RCODES
from pcapcheck.exchanges import pairing_layout as layout
from pcapcheck.exchanges import question_fields as fields
from pcapcheck.raw_rows import Field, Wording
from pcapcheck.table_names import DNS

_RCODE = Field(layout.RCODE, words=RCODES, when=(fields.REPLIED,))

DNS_FIELDS = fields.question_fields(
    DNS,
    {
        "family": fields.FAMILY,
        "time": fields.TIME,
        "src": fields.SRC,
        "dst": fields.DST,
        "src_port": Field(layout.IDENT_SEQ, 16, 0xFFFF, least=1),
        "dns.id": Field(layout.IDENT_SEQ, 0, 0xFFFF),
        "outcome": fields.OUTCOME,
        "rcode": _RCODE,
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
        # How often it was asked is part of the words.
        "fate": Wording("fate", (*fields.FATE.of, _RCODE, fields.REQUESTS)),
        "ending": fields.ENDING,
    },
)
