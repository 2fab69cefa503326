"""The columns of each table in Apache Arrow, with what pandas makes of them."""

from __future__ import annotations

import json

import pyarrow as pa

from pcapcheck.column import BOOL, DURATION, NUMBER, TIME
from pcapcheck.columns import COLUMNS
from pcapcheck.report.tables.arrow_cells import TEXT

# By type of column: Arrow's type; the type in pandas, as its metadata calls it, and the type in NumPy or pandas.
TYPES = {
    NUMBER: (pa.int64(), "int64", "Int64"),
    TIME: (pa.timestamp("ns", "UTC"), "datetimetz", "datetime64[ns]"),
    DURATION: (pa.duration("ns"), "timedelta", "timedelta64[ns]"),
    BOOL: (pa.bool_(), "bool", "boolean"),
}
WORDS = (TEXT, "unicode", "string")
# The oldest that is supported; what is described here has not changed since.
PANDAS = "2.2.0"


def schema_of(table: str) -> pa.Schema:
    """The columns of a table; its metadata have pandas make its DataFrame of it, without loading pandas.

    The metadata are described in the developer's guide of pandas, "Storing pandas DataFrame objects in Apache Parquet
    format".
    """
    types = {"capture": WORDS} | {name: TYPES.get(column.type, WORDS) for name, column in COLUMNS[table].items()}
    described = [
        {
            "name": name,
            "field_name": name,
            "pandas_type": pandas_type,
            "numpy_type": numpy_type,
            "metadata": {"timezone": "UTC"} if pandas_type == "datetimetz" else None,
        }
        for name, (_, pandas_type, numpy_type) in types.items()
    ]
    metadata = {
        "index_columns": [],
        "column_indexes": [],
        "columns": described,
        "creator": {"library": "pyarrow", "version": pa.__version__},
        "pandas_version": PANDAS,
    }
    fields = [(name, type_) for name, (type_, *_) in types.items()]
    return pa.schema(fields, metadata={"pandas": json.dumps(metadata)})
