"""Where the columns of the table ``dns`` lie in an exchange of the pairing loop."""

from __future__ import annotations

from pcapcheck.column_words import PROMPTNESS, RCODES, TRANSPORTS
from pcapcheck.decode.frame_layout import OVER_TCP
from pcapcheck.exchanges import pairing_layout as layout
from pcapcheck.exchanges import question_fields as fields
from pcapcheck.raw_rows import Field, Wording
from pcapcheck.table_names import DNS

_QUESTION = Field(layout.QUESTION)
_RCODE = Field(layout.RCODE, words=RCODES, when=(fields.REPLIED,))

DNS_FIELDS = fields.question_fields(
    DNS,
    {
        "src_port": Field(layout.IDENT_SEQ, 16, 0xFFFF, least=1),
        "transport": Field(layout.IDENT_SEQ, OVER_TCP.bit_length() - 1, 1, words=TRANSPORTS),
        "name": Wording("name", (_QUESTION,)),
        "type": Wording("type", (_QUESTION,)),
        "dns.id": Field(layout.IDENT_SEQ, 0, 0xFFFF),
        "rcode": _RCODE,
        "promptness": Field(layout.PROMPTNESS, words=PROMPTNESS, when=(fields.REPLIED,)),
        "latency": fields.LATENCY,
        "attempts": fields.REQUESTS,
        # How often it was asked is part of the words.
        "fate": Wording("fate", (*fields.FATE.of, _RCODE, fields.REQUESTS)),
    },
)
