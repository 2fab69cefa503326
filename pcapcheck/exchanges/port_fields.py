"""Where the columns of tables of questions to a port lie in an exchange of the pairing loop."""

from __future__ import annotations

from pcapcheck.column_words import DATAGRAM_OUTCOMES
from pcapcheck.exchanges import pairing_layout as layout
from pcapcheck.exchanges import question_fields as fields
from pcapcheck.raw_rows import Field, Wording
from pcapcheck.table_names import ASSOCIATIONS, CONNECTIONS, DATAGRAMS

_PORTS: dict[str, Field | Wording] = {
    # 0 where a text shows a name that is not known here.
    "src_port": Field(layout.IDENT_SEQ, 16, 0xFFFF, least=1),
    "dst_port": Field(layout.IDENT_SEQ, 0, 0xFFFF, least=1),
    "latency": fields.LATENCY,
    "attempts": fields.REQUESTS,
}
CONNECTION_FIELDS = fields.question_fields(CONNECTIONS, _PORTS)
ASSOCIATION_FIELDS = fields.question_fields(ASSOCIATIONS, _PORTS)
DATAGRAM_FIELDS = fields.question_fields(
    DATAGRAMS,
    {
        **_PORTS,
        "outcome": Field(layout.OUTCOME, words=DATAGRAM_OUTCOMES),
        # How often it was sent is part of the words.
        "fate": Wording("fate", (*fields.FATE.of, fields.REQUESTS)),
    },
)
