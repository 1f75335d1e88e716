"""Columns of a Parquet file as Arrow sees them. Importing this module needs pyarrow.

Two files have the same columns when types and values are the same, however they are compressed or cut into
row groups. What a null hides below it does not count.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import parquet

from modelops_bundle.identity.recipes import COLUMN_BATCH, ColumnStream

__all__ = ["ParquetError", "column_streams"]

_PACKED_ROWS = 64 * COLUMN_BATCH


class ParquetError(Exception):
    """The bytes are no Parquet file, or one that this pyarrow cannot read."""


def column_streams(data: bytes) -> tuple[int, list[str], list[ColumnStream]]:
    """Number of rows, and the name and the stream of each column, all cells added.

    Raises:
        ParquetError: The bytes cannot be read as a table.
    """
    try:
        table = parquet.read_table(pa.BufferReader(data), use_threads=False)
        return (
            table.num_rows,
            table.column_names,
            [_stream(column) for column in table.itercolumns()],
        )
    except (pa.ArrowException, OSError, ValueError) as error:
        raise ParquetError(str(error)) from error


def _stream(column: Any) -> ColumnStream:
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    stream = ColumnStream()
    stream.add((str(column.type),))
    for start in range(0, len(column), _PACKED_ROWS):
        batch = pa.concat_arrays(column.slice(start, _PACKED_ROWS).chunks)
        if pa.types.is_boolean(batch.type):
            batch = batch.cast(pa.int8())
        if _is_fixed(batch.type):
            stream.add_packed(_fixed(batch))
        elif _is_text(batch.type):
            stream.add_packed(_text(batch))
        else:
            stream.add([None if value is None else repr(value) for value in batch.to_pylist()])
    return stream


def _is_fixed(kind: Any) -> bool:
    return bool(pa.types.is_primitive(kind)) and kind.bit_width in (8, 16, 32, 64)


def _is_text(kind: Any) -> bool:
    types = pa.types
    return bool(
        types.is_string(kind)
        or types.is_binary(kind)
        or types.is_large_string(kind)
        or types.is_large_binary(kind)
    )


def _fixed(batch: Any) -> Iterator[bytes]:
    plain = batch.view(f"int{batch.type.bit_width}")
    yield _bytes(batch.is_valid().cast(pa.int8()))
    yield _bytes(plain.fill_null(0))


def _text(batch: Any) -> Iterator[bytes]:
    plain = batch.cast(pa.large_binary()).fill_null(b"")
    yield _bytes(batch.is_valid().cast(pa.int8()))
    yield _bytes(pc.binary_length(plain))
    _, offsets, data = plain.buffers()
    ends = memoryview(offsets).cast("q")
    start, end = ends[plain.offset], ends[plain.offset + len(plain)]
    yield bytes(memoryview(data)[start:end]) if data is not None else b""


def _bytes(batch: Any) -> bytes:
    width = batch.type.bit_width // 8
    buffer = batch.buffers()[1]
    start = batch.offset * width
    return bytes(memoryview(buffer)[start : start + len(batch) * width])
