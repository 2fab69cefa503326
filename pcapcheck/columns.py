"""The table of columns: what rules may name, what exports hold, what ``pcapcheck rules fields`` prints."""

from __future__ import annotations

from msgspec.structs import replace

from pcapcheck.address_columns import ADDRESS_COLUMNS
from pcapcheck.column import Columns
from pcapcheck.common_columns import COMMON_COLUMNS
from pcapcheck.exchange_columns import EXCHANGE_COLUMNS
from pcapcheck.frame_columns import FRAME_COLUMNS
from pcapcheck.path_columns import PATH_COLUMNS
from pcapcheck.port_columns import PORT_COLUMNS
from pcapcheck.state_table_columns import STATE_COLUMNS
from pcapcheck.table_names import TABLES
from pcapcheck.transfer_columns import TRANSFER_COLUMNS

# Packets of the same path share all other columns of ``paths`` and ``hops``.
VARYING = ("time", "last_seen", "length", "duration", "latency", "to.frame")

COLUMNS = {table: Columns(table) for table in TABLES}
_TOGETHER = (
    *(*COMMON_COLUMNS, *FRAME_COLUMNS, *EXCHANGE_COLUMNS, *PORT_COLUMNS, *TRANSFER_COLUMNS),
    *(*ADDRESS_COLUMNS, *STATE_COLUMNS),
)
for column in _TOGETHER:
    COLUMNS[column.table][column.name] = column
for column in PATH_COLUMNS:
    COLUMNS[column.table][column.name] = replace(column, shared=column.name not in VARYING)
