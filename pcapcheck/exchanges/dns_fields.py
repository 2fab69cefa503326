"""Where the columns of the table ``dns`` lie in an exchange of the pairing loop."""

from __future__ import annotations

from pcapcheck.column_words import PROMPTNESS, RCODES
from pcapcheck.exchanges import pairing_layout as layout
from pcapcheck.exchanges import question_fields as fields
from pcapcheck.raw_rows import Field, Wording
from pcapcheck.table_names import DNS

_RCODE = Field(layout.RCODE, words=RCODES, when=(fields.REPLIED,))

DNS_FIELDS = fields.question_fields(
    DNS,
    {
        "src_port": Field(layout.IDENT_SEQ, 16, 0xFFFF, least=1),
        "dns.id": Field(layout.IDENT_SEQ, 0, 0xFFFF),
        "rcode": _RCODE,
        "promptness": Field(layout.PROMPTNESS, words=PROMPTNESS, when=(fields.REPLIED,)),
        "latency": fields.LATENCY,
        "attempts": fields.REQUESTS,
        # How often it was asked is part of the words.
        "fate": Wording("fate", (*fields.FATE.of, _RCODE, fields.REQUESTS)),
    },
)
