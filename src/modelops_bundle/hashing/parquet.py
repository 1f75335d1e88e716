"""Columns of a Parquet file as Arrow sees them. Importing this module needs pyarrow.

Two files have the same columns when types and values are the same, however they are compressed or cut into
row groups. What a null hides below it does not count.

A small file may hold a huge table, because what repeats is packed; so texts stay packed until their size is
known.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import parquet

from modelops_bundle.hashing.parquet_footer import values_by_group
from modelops_bundle.identity.streams import COLUMN_BATCH, ColumnStream

__all__ = ["ParquetError", "column_streams", "read_table"]

_PACKED_ROWS = 64 * COLUMN_BATCH
# Bytes of a cell, and of one in a list, which becomes an object of Python.
_CELL = 8
_LISTED = 64


class ParquetError(Exception):
    """The bytes are no Parquet file, or one that this pyarrow cannot read."""


def column_streams(data: bytes, limit: int) -> tuple[int, list[str], list[ColumnStream]]:
    """Number of rows, and the name and the stream of each column, all cells added.

    Args:
        data: The file.
        limit: Bytes that its cells may take in memory, about.

    Raises:
        ParquetError: The bytes cannot be read as a table, or not within the limit.
    """
    with _translated():
        table, kinds = _table(data, limit)
        streams = map(_stream, table.itercolumns(), kinds)
        return table.num_rows, table.column_names, list(streams)


def read_table(data: bytes, limit: int) -> Any:
    """A Parquet file as a ``pyarrow.Table``, texts packed as categories.

    Args:
        data: The file.
        limit: Bytes that its cells may take in memory, about.

    Raises:
        ParquetError: The bytes cannot be read as a table, or not within the limit.
    """
    with _translated():
        table = _table(data, limit)[0]
        table.validate(full=True)
        return table


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (pa.ArrowException, OSError, ValueError, ArithmeticError, LookupError) as error:
        # Nested times that Python has no value for are ArithmeticErrors, unknown time zones LookupErrors.
        raise ParquetError(str(error)) from error


def _table(data: bytes, limit: int) -> tuple[Any, list[Any]]:
    file = parquet.ParquetFile(pa.BufferReader(data))
    _check_size(_size_by_metadata(file.metadata, data), limit)
    kinds = [_plain_kind(field.type) for field in file.schema_arrow]
    texts = [
        field.name for field, kind in zip(file.schema_arrow, kinds, strict=True) if _is_text(kind)
    ]
    file = parquet.ParquetFile(pa.BufferReader(data), read_dictionary=texts)
    table = file.read(use_threads=False)
    _check_size(sum(map(_size_of_texts, table.itercolumns())), limit)
    return table, kinds


def _size_by_metadata(metadata: Any, data: bytes) -> int:
    columns = range(metadata.num_columns)
    repeated = [c for c in columns if metadata.schema.column(c).max_repetition_level]
    groups = list(map(metadata.row_group, range(metadata.num_row_groups)))
    unpacked = int(sum(group.total_byte_size for group in groups))
    flat = metadata.num_columns - len(repeated)
    with_cells = int(_CELL * flat * sum(group.num_rows for group in groups))
    if repeated:
        counts = values_by_group(data)
        with_cells += _LISTED * sum(counts[g][c] for g in range(len(groups)) for c in repeated)
    return max(unpacked, with_cells)


def _size_of_texts(column: Any) -> int:
    if not pa.types.is_dictionary(column.type) or not _is_text(column.type.value_type):
        return 0
    return sum(
        pc.sum(pc.binary_length(chunk.dictionary).take(chunk.indices)).as_py() or 0
        for chunk in column.chunks
    )


def _check_size(size: int, limit: int) -> None:
    if size > limit:
        raise ParquetError(f"it unpacks to {size} bytes")


def _plain_kind(kind: Any) -> Any:
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def _stream(column: Any, kind: Any) -> ColumnStream:
    if column.type != kind:
        column = column.cast(kind)
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
