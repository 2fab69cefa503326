"""Where the columns of the table ``transfers`` lie in a row of the loop that follows conversations."""

from __future__ import annotations

from msgspec.structs import replace

from pcapcheck.capture.scan_layout import ABSENT_TIME
from pcapcheck.column_words import BEGUN, STUCK, TRANSFER_OUTCOMES, TRANSFER_SIDES
from pcapcheck.decode import frame_layout
from pcapcheck.exchanges import transfer_layout as layout
from pcapcheck.exchanges.question_fields import destination_mac, source_mac
from pcapcheck.exchanges.transfer_row import TransferRow
from pcapcheck.raw_rows import Field, RawRows, Requirement, TableFields, Wording
from pcapcheck.table_names import TRANSFERS

_V4 = (Requirement(layout.SRC_HIGH, 0), Requirement(layout.SRC_LOW, frame_layout.MAPPED, mask=-1 << 32))
_TIMED = (Requirement(layout.TIME, ABSENT_TIME, equal=False),)
_FROM_ASKER = (Requirement(layout.SENDER, 0),)
_FROM_ASKED = (Requirement(layout.SENDER, 1),)
_TWO_SIDED = (Requirement(layout.OUTCOME, layout.ONE_SIDED, equal=False),)
_SRC = Field(layout.SRC_LOW, high=layout.SRC_HIGH)
_DST = Field(layout.DST_LOW, high=layout.DST_HIGH)
# 0 where a text shows a name that is not known here.
_SRC_PORT, _DST_PORT = Field(layout.PORTS, 16, 0xFFFF, least=1), Field(layout.PORTS, 0, 0xFFFF, least=1)
_ATTEMPTS, _LASTED, _SIZE = Field(layout.ATTEMPTS), Field(layout.LASTED), Field(layout.SIZE)
_SENDER = Field(layout.SENDER, words=TRANSFER_SIDES)


def _either(from_asker: Field, from_asked: Field) -> Field:
    """One field if the outcome is about what the asker sent, another if it is about what it was sent."""
    return replace(from_asker, when=_FROM_ASKER, otherwise=replace(from_asked, when=_FROM_ASKED))


def _of_side(name: str, at: int) -> dict[str, Field | Wording]:
    return {
        f"{name}.segments": Field(at + layout.SEGMENTS),
        f"{name}.bytes": Field(at + layout.BYTES),
        f"{name}.resent": Field(at + layout.RESENT, when=_TIMED),
        f"{name}.resent_bytes": Field(at + layout.RESENT_BYTES, when=_TIMED),
        f"{name}.unacked": Field(at + layout.UNACKED),
        f"{name}.largest_unacked": Field(at + layout.LARGEST_UNACKED, least=1),
        f"{name}.zero_windows": Field(at + layout.ZERO_WINDOWS),
        f"{name}.mss": Field(at + layout.MSS, least=1),
        f"{name}.ttl": Field(at + layout.TTL),
        f"{name}.finished": Field(at + layout.FINISHED, words=(False, True)),
    }


def _object(rows: RawRows, row: int) -> TransferRow:
    return TransferRow(rows, row)


TRANSFER_FIELDS = TableFields(
    TRANSFERS,
    {
        "family": Field(constant=4, when=_V4, otherwise=Field(constant=6)),
        "time": Field(layout.TIME, least=ABSENT_TIME + 1),
        "src": _SRC,
        "dst": _DST,
        "src_port": _SRC_PORT,
        "dst_port": _DST_PORT,
        "eth_src": source_mac(layout.ASKER_GROUP),
        "eth_dst": destination_mac(layout.ASKER_GROUP),
        "outcome": Field(layout.OUTCOME, words=TRANSFER_OUTCOMES),
        "has_data": Field(layout.HAS_DATA, words=(False, True)),
        "begun": Field(layout.BEGUN, words=BEGUN),
        "duration": Field(layout.DURATION),
        **_of_side("asker", 0),
        **_of_side("asked", layout.SIDE),
        "sender": _either(_SRC, _DST),
        "sender_port": _either(_SRC_PORT, _DST_PORT),
        "receiver": _either(_DST, _SRC),
        "receiver_port": _either(_DST_PORT, _SRC_PORT),
        "sent_by": _SENDER,
        "attempts": _ATTEMPTS,
        "lasted": _LASTED,
        "stuck": Field(layout.SIZE, words=STUCK),
        "size": _SIZE,
        "resets": Field(layout.RESETS),
        # In the order of the outcomes.
        "reset_midway": Field(layout.OUTCOME, words=(False, False, False, False, False, True, False), when=_TWO_SIDED),
        "reset_ttl": Field(layout.RESET_TTL),
        "reset_forged": Field(layout.RESET_FORGED, words=(False, True)),
        "fate": Wording("fate", (Field(layout.OUTCOME, words=TRANSFER_OUTCOMES), _ATTEMPTS, _LASTED, _SIZE)),
        "course": Wording(
            "course", (Field(layout.OUTCOME, words=TRANSFER_OUTCOMES), _ATTEMPTS, _LASTED, Field(layout.PORTS), _SENDER)
        ),
    },
    group=Field(layout.GROUP),
    outcome=Field(layout.OUTCOME, words=TRANSFER_OUTCOMES),
    make=_object,
)
