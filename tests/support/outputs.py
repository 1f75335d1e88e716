"""Outputs as workers store them."""

from __future__ import annotations

import json
from typing import Any

import pyarrow as pa

from modelops_bundle.results.record import Output

__all__ = ["array_output", "ipc_file", "ipc_stream", "json_output", "table_output"]


def ipc_stream(table: pa.Table) -> bytes:
    """A table as an Arrow IPC stream."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()


def ipc_file(table: pa.Table) -> bytes:
    """A table as an Arrow IPC file."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()


def table_output(table: pa.Table | dict[str, Any], name: str = "out") -> Output:
    """A table, or a mapping of columns."""
    return Output(name, "table", ipc_stream(pa.table(table)))


def array_output(values: Any, shape: Any, dtype: Any = "float64", name: str = "out") -> Output:
    """An array of values in C order."""
    metadata = {"shape": json.dumps(shape), "dtype": json.dumps(dtype)}
    column = pa.array(values, pa.float64())
    schema = pa.schema([pa.field("value", column.type)], metadata=metadata)
    return Output(name, "array", ipc_stream(pa.table([column], schema=schema)))


def json_output(value: Any, name: str = "out") -> Output:
    """A JSON value."""
    return Output(name, "json", json.dumps(value).encode())
