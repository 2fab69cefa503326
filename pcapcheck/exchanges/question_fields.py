"""Where the columns that all paired exchanges share lie in an exchange of the pairing loop."""

from __future__ import annotations

from pcapcheck.capture.printed_layout import NO_MAC
from pcapcheck.capture.scan_layout import ABSENT_TIME
from pcapcheck.column_words import ERRORS, OUTCOMES
from pcapcheck.decode import frame_layout
from pcapcheck.decode.frame_group import macs_of
from pcapcheck.exchanges import pairing_layout as layout
from pcapcheck.exchanges.exchange_row import exchange_row
from pcapcheck.exchanges.question_row import QuestionRow
from pcapcheck.raw_rows import Field, RawRows, Requirement, TableFields, Wording

REPLIED = Requirement(layout.REPLIES, 0, equal=False)
ERRED = Requirement(layout.OUTCOME, layout.ERRED)
_V4 = (Requirement(layout.SRC_HIGH, 0), Requirement(layout.SRC_LOW, frame_layout.MAPPED, mask=-1 << 32))

GROUP = Field(layout.GROUP)
OUTCOME = Field(layout.OUTCOME, words=OUTCOMES)
FAMILY = Field(constant=4, when=_V4, otherwise=Field(constant=6))
LATENCY = Field(layout.RTT)
REQUESTS = Field(layout.REQUESTS)


def source_mac(group: int, *when: Requirement) -> Field:
    """The source MAC of the frame group whose number is at ``group``; a text without MACs has other numbers there."""
    return Field(frame_layout.G_SRC, most=NO_MAC - 1, via=group, when=when)


def destination_mac(group: int, *when: Requirement) -> Field:
    return Field(frame_layout.G_DST, via=group, when=when)


# ERROR packs class, type and code.
ERROR = Field(layout.ERROR, 16, words=ERRORS, when=(ERRED,), otherwise=Field(constant=0, words=ERRORS, when=(REPLIED,)))
ERROR_TYPE = Field(layout.ERROR, 8, 0xFF, when=(ERRED,))
ERROR_CODE = Field(layout.ERROR, 0, 0xFF, when=(ERRED,))
ERROR_FROM = Field(layout.ERROR_LOW, high=layout.ERROR_HIGH, when=(ERRED,))
ERROR_MTU = Field(layout.ERROR_MTU, when=(ERRED,))
_ERROR_FIELDS = (FAMILY, ERROR_TYPE, ERROR_CODE, ERROR_FROM, ERROR_MTU)

FATE = Wording("fate", (*_ERROR_FIELDS, OUTCOME))

_SHARED: dict[str, Field | Wording] = {
    "family": FAMILY,
    "time": Field(layout.TIME, least=ABSENT_TIME + 1),
    "src": Field(layout.SRC_LOW, high=layout.SRC_HIGH),
    "dst": Field(layout.DST_LOW, high=layout.DST_HIGH),
    "outcome": OUTCOME,
    "ttl": Field(layout.TTL),
    "eth_src": source_mac(layout.GROUP),
    "eth_dst": destination_mac(layout.GROUP),
    "error": ERROR,
    "refusal": Wording("refusal", _ERROR_FIELDS),
    "error_type": ERROR_TYPE,
    "error_code": ERROR_CODE,
    "error_from": ERROR_FROM,
    "fate": FATE,
    "ending": Wording("ending", (*_ERROR_FIELDS, OUTCOME)),
}


def _object(rows: RawRows, row: int) -> QuestionRow:
    return exchange_row(rows.data, row, lambda group: macs_of(rows.groups, group), rows.address_of, rows.asked_of)


def question_fields(table: str, own: dict[str, Field | Wording]) -> TableFields:
    """A table of such exchanges; ``own`` are the columns that the others lack or say in another way."""
    columns = _SHARED | own
    outcome = columns["outcome"]
    assert isinstance(outcome, Field)
    return TableFields(table, columns, GROUP, outcome, _object)
