"""Where the columns of the table ``echo`` lie in an exchange of the pairing loop."""

from __future__ import annotations

from pcapcheck.decode.frame_layout import ABSENT_IDENT
from pcapcheck.exchanges import pairing_layout as layout
from pcapcheck.exchanges import question_fields as fields
from pcapcheck.raw_rows import Field, Requirement
from pcapcheck.table_names import ECHO

ECHO_FIELDS = fields.question_fields(
    ECHO,
    {
        "ident": Field(layout.IDENT_SEQ, 16, when=(Requirement(layout.IDENT_SEQ, 0, mask=ABSENT_IDENT),)),
        "seq": Field(layout.IDENT_SEQ, 0, 0xFFFF),
        "unicast": Field(layout.KIND, words=(False, True)),
        "rtt": fields.LATENCY,
        "replies": Field(layout.REPLIES),
        "requests": fields.REQUESTS,
        "reply_ttl": Field(layout.REPLY_TTL, when=(fields.REPLIED,)),
        "reply_eth_src": fields.source_mac(layout.REPLY_GROUP, fields.REPLIED),
        "reply_eth_dst": fields.destination_mac(layout.REPLY_GROUP, fields.REPLIED),
        "error_mtu": fields.ERROR_MTU,
    },
)
