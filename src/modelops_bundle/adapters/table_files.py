"""Tables to files: CSV, Parquet, Arrow and JSON Lines, told by the name, written whole or not at all."""

from __future__ import annotations

import base64
import io
import json
import math
import os
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO, cast

from modelops_bundle.adapters.atomic import atomic_file
from modelops_bundle.errors import UsageError
from modelops_bundle.results.tables import arrow

__all__ = ["check_table_path", "write_csv", "write_table"]

_BUFFER = 1 << 20
_ROWS_AT_A_TIME = 1 << 16


def check_table_path(path: str) -> None:
    """Say at once, before anything is computed, that a table cannot be written under a name.

    Raises:
        UsageError: Its suffix is not known, or pyarrow is missing.
    """
    arrow()
    if _suffix(path) not in _WRITERS:
        known = ", ".join(_WRITERS)
        raise UsageError(f"{path} is of no kind that is known", f"tables are written as {known}")


def write_table(table: Any, path: str) -> None:
    """Write a ``pyarrow.Table``; what stands at ``path`` is replaced when all is written.

    Args:
        table: The table.
        path: Where; the suffix is ``.csv``, ``.parquet``, ``.arrow``, ``.feather`` or ``.jsonl``.

    Raises:
        UsageError: See :func:`check_table_path`; or the format cannot hold a column.
        StorageError: The file system refuses.
    """
    check_table_path(path)
    pa = arrow()
    try:
        with atomic_file(path) as raw:
            # Not closed, as that would close the file before it is synced.
            file = io.BufferedWriter(raw, _BUFFER)
            _WRITERS[_suffix(path)](table, file)
            file.flush()
            file.detach()
    except (pa.ArrowException, ValueError, ArithmeticError, LookupError) as error:
        # Times that Python has no value for are ArithmeticErrors, unknown time zones LookupErrors.
        raise UsageError(
            f"{path} cannot be written", str(error), "Write it as .parquet or .arrow."
        ) from error


def _suffix(path: str) -> str:
    return os.path.splitext(path)[1].lower()


def write_csv(table: Any, file: BinaryIO) -> None:
    """Write a table as CSV into an open file."""
    from pyarrow import csv

    plain = _with_texts(table)
    with csv.CSVWriter(file, plain.schema) as writer:
        for batch in plain.to_batches(_ROWS_AT_A_TIME):
            writer.write_batch(batch)


def _parquet(table: Any, file: BinaryIO) -> None:
    from pyarrow import parquet

    parquet.write_table(table, file)


def _arrow_file(table: Any, file: BinaryIO) -> None:
    pa = arrow()
    with pa.ipc.new_file(file, table.schema) as writer:
        writer.write_table(table, _ROWS_AT_A_TIME)


def _json_lines(table: Any, file: BinaryIO) -> None:
    for batch in table.to_batches(_ROWS_AT_A_TIME):
        for row in batch.to_pylist():
            file.write(json.dumps(_as_json(row), allow_nan=False).encode() + b"\n")


def _with_texts(table: Any) -> Any:
    """The table with lists, mappings and bytes as text, since a cell of CSV is nothing else."""
    pa = arrow()
    columns = []
    for column in table.columns:
        kind = column.type
        if pa.types.is_nested(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
            column = pa.chunked_array([pa.array(list(_texts(column)), pa.string())])
        columns.append(column)
    return pa.table(columns, names=table.column_names)


def _texts(column: Any) -> Iterator[str | None]:
    for value in column.to_pylist():
        plain = _as_json(value)
        yield plain if plain is None or type(plain) is str else json.dumps(plain)


def _as_json(value: Any) -> Any:
    """A value of Arrow as JSON: NaN and infinity are null, times ISO 8601, bytes base 64."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {str(key): _as_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_as_json(item) for item in value]
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


_WRITERS = cast(
    dict[str, Callable[[Any, BinaryIO], None]],
    {
        ".csv": write_csv,
        ".parquet": _parquet,
        ".arrow": _arrow_file,
        ".feather": _arrow_file,
        ".jsonl": _json_lines,
        ".ndjson": _json_lines,
    },
)
