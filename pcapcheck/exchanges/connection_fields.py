"""Where the columns of the table ``connections`` lie in an exchange of the pairing loop."""

from __future__ import annotations

from pcapcheck.exchanges import pairing_layout as layout
from pcapcheck.exchanges import question_fields as fields
from pcapcheck.raw_rows import Field
from pcapcheck.table_names import CONNECTIONS

CONNECTION_FIELDS = fields.question_fields(
    CONNECTIONS,
    {
        # 0 where a text shows a name that is not known here.
        "src_port": Field(layout.IDENT_SEQ, 16, 0xFFFF, least=1),
        "dst_port": Field(layout.IDENT_SEQ, 0, 0xFFFF, least=1),
        "latency": fields.LATENCY,
        "attempts": fields.REQUESTS,
    },
)
