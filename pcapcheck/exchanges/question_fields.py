"""Where the columns that ``echo``, ``connections`` and ``dns`` share lie in an exchange of the pairing loop."""

from __future__ import annotations

from pcapcheck.capture.printed_layout import NO_MAC
from pcapcheck.capture.scan_layout import ABSENT_TIME
from pcapcheck.columns import ERRORS, OUTCOMES
from pcapcheck.decode import frame_layout
from pcapcheck.decode.decoder import absent
from pcapcheck.exchanges import pairing_layout as layout
from pcapcheck.exchanges.echo_row import EchoRow
from pcapcheck.exchanges.exchange_row import exchange_row
from pcapcheck.raw_rows import Field, RawRows, Requirement, TableFields, Wording

REPLIED = Requirement(layout.REPLIES, 0, equal=False)
ERRED = Requirement(layout.OUTCOME, layout.ERRED)
_V4 = (Requirement(layout.SRC_HIGH, 0), Requirement(layout.SRC_LOW, frame_layout.MAPPED, mask=-1 << 32))

GROUP = Field(layout.GROUP)
OUTCOME = Field(layout.OUTCOME, words=OUTCOMES)
FAMILY = Field(constant=4, when=_V4, otherwise=Field(constant=6))
SRC = Field(layout.SRC_LOW, high=layout.SRC_HIGH)
DST = Field(layout.DST_LOW, high=layout.DST_HIGH)
TIME = Field(layout.TIME, least=ABSENT_TIME + 1)
LATENCY = Field(layout.RTT)
REQUESTS = Field(layout.REQUESTS)
TTL = Field(layout.TTL)


def source_mac(group: int, *when: Requirement) -> Field:
    """The source MAC of the frame group whose number is at ``group``; a text without MACs has other numbers there."""
    return Field(frame_layout.G_SRC, most=NO_MAC - 1, via=group, when=when)


def destination_mac(group: int, *when: Requirement) -> Field:
    return Field(frame_layout.G_DST, via=group, when=when)


ETH_SRC = source_mac(layout.GROUP)
ETH_DST = destination_mac(layout.GROUP)

# ERROR packs class, type and code.
ERROR = Field(layout.ERROR, 16, words=ERRORS, when=(ERRED,), otherwise=Field(constant=0, words=ERRORS, when=(REPLIED,)))
ERROR_TYPE = Field(layout.ERROR, 8, 0xFF, when=(ERRED,))
ERROR_CODE = Field(layout.ERROR, 0, 0xFF, when=(ERRED,))
ERROR_FROM = Field(layout.ERROR_LOW, high=layout.ERROR_HIGH, when=(ERRED,))
ERROR_MTU = Field(layout.ERROR_MTU, when=(ERRED,))
_ERROR_FIELDS = (FAMILY, ERROR_TYPE, ERROR_CODE, ERROR_FROM, ERROR_MTU)

REFUSAL = Wording("refusal", _ERROR_FIELDS)
ENDING = Wording("ending", (*_ERROR_FIELDS, OUTCOME))
FATE = Wording("fate", (*_ERROR_FIELDS, OUTCOME))


def _macs(rows: RawRows, group: int) -> tuple[int | None, int | None]:
    at = group * frame_layout.GROUP_FIELDS
    sender = rows.groups[at + frame_layout.G_SRC]
    return (None if sender >= NO_MAC else absent(sender)), absent(rows.groups[at + frame_layout.G_DST])


def _object(rows: RawRows, row: int) -> EchoRow:
    return exchange_row(rows.data, row, lambda group: _macs(rows, group), rows.address_of)


def question_fields(table: str, columns: dict[str, Field | Wording]) -> TableFields:
    """A table of such exchanges."""
    return TableFields(table, columns, GROUP, OUTCOME, _object)
