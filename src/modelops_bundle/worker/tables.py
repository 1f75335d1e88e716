"""Tables and arrays to Arrow IPC streams: the same data gives the same bytes.

Arrow leaves open how a table is cut into batches and what lies in memory where a value is missing, so every
table is brought into one form first: one batch, copied value by value, without what pandas notes about it.
"""

from __future__ import annotations

import json
import sys
from array import array
from collections.abc import Mapping
from itertools import accumulate
from typing import Any

from .failures import FailedError

__all__ = ["columns_of", "encode_array", "encode_columns", "encode_table", "is_table"]

_VALUE = "value"
_ORDINARY = frozenset("biufMmUSO")


def columns_of(value: Any) -> dict[str, Any] | None:
    """The columns of a mapping of texts to sequences of one length; ``None`` for anything else."""
    if not isinstance(value, Mapping) or not value:
        return None
    columns = dict(value)
    if not all(isinstance(name, str) and _is_column(part) for name, part in columns.items()):
        return None
    return columns if len({len(part) for part in columns.values()}) == 1 else None


def _is_column(value: Any) -> bool:
    if isinstance(value, (list, tuple)) or _is_a(value, "pandas", "Series"):
        return True
    if _is_a(value, "polars", "Series") or _is_a(value, "pyarrow", "Array", "ChunkedArray"):
        return True
    return _is_a(value, "numpy", "ndarray") and value.ndim == 1


def is_table(value: Any) -> bool:
    """Whether it is a table or series of pandas, polars or pyarrow."""
    return (
        _is_a(value, "pandas", "DataFrame", "Series")
        or _is_a(value, "polars", "DataFrame", "Series")
        or _is_a(value, "pyarrow", "Table", "RecordBatch")
    )


def _is_a(value: Any, module: str, *names: str) -> bool:
    """Whether it is an instance of a class of a package, which is loaded if it is."""
    package = sys.modules.get(module)
    kinds = (getattr(package, name, None) for name in names)
    return package is not None and isinstance(value, tuple(k for k in kinds if isinstance(k, type)))


def encode_columns(name: str, columns: Mapping[str, Any]) -> bytes:
    """A mapping of columns of one length.

    Raises:
        FailedError: A column holds what Arrow has no type for, or pyarrow is not installed.
    """
    arrow = _arrow(name)
    arrays = []
    for column, values in columns.items():
        try:
            made = _made_directly(arrow, values)
            if made is None:
                made = arrow.array(values, from_pandas=_is_a(values, "pandas", "Series") or None)
        except (arrow.ArrowException, TypeError, ValueError, OverflowError) as error:
            raise FailedError(f"column {column} of the output {name}: {_line(error)}") from error
        arrays.append(made)
    return _stream(arrow, arrow.Table.from_arrays(arrays, names=list(columns)))


def _made_directly(arrow: Any, values: Any) -> Any:
    """A column of floats, of integers, or of texts alone, of no other kind; else ``None``.

    The same as ``pyarrow.array`` makes of it, which loads pandas where it is installed: tenths of a second.
    """
    numpy = sys.modules.get("numpy")
    if numpy is not None and type(values) is numpy.ndarray:  # one that is masked says more
        if values.dtype.kind not in "iuf" or not values.dtype.isnative or values.dtype.itemsize < 4:
            return None
        plain = values if values.flags.c_contiguous else values.copy()
        return _of_buffers(arrow, arrow.from_numpy_dtype(plain.dtype), plain.size, plain)
    kinds = set(map(type, values)) if isinstance(values, (list, tuple, range)) else set()
    try:
        if kinds == {float}:
            return _of_buffers(arrow, arrow.float64(), len(values), array("d", values))
        if kinds == {int}:
            return _of_buffers(arrow, arrow.int64(), len(values), array("q", values))
        if kinds == {str}:
            texts = [text.encode() for text in values]
            ends = array("i", [0, *accumulate(map(len, texts))])
            return _of_buffers(arrow, arrow.string(), len(values), ends, b"".join(texts))
    except (OverflowError, UnicodeEncodeError):
        pass  # to be told in Arrow's words
    return None


def _of_buffers(arrow: Any, kind: Any, length: int, *parts: Any) -> Any:
    return arrow.Array.from_buffers(kind, length, [None, *map(arrow.py_buffer, parts)])


def encode_table(name: str, value: Any) -> bytes:
    """A table or series; an index of pandas that says something becomes columns.

    Raises:
        FailedError: It holds what Arrow has no type for, or pyarrow is not installed.
    """
    if _is_a(value, "polars", "DataFrame", "Series"):
        return _from_polars(value)
    arrow = _arrow(name)
    try:
        if _is_a(value, "pandas", "DataFrame", "Series"):
            frame = _with_index(value)
            table = arrow.Table.from_pandas(frame, preserve_index=False)
        elif isinstance(value, arrow.RecordBatch):
            table = arrow.Table.from_batches([value])
        else:
            table = value
        return _stream(arrow, table)
    except (arrow.ArrowException, TypeError, ValueError, OverflowError) as error:
        raise FailedError(f"the output {name} is no table for Arrow: {_line(error)}") from error


def _with_index(value: Any) -> Any:
    pandas = sys.modules["pandas"]
    if isinstance(value, pandas.Series):
        value = value.to_frame(_VALUE if value.name is None else value.name)
    index = value.index
    plain = isinstance(index, pandas.RangeIndex) and index.name is None
    if plain and index.start == 0 and index.step == 1:
        return value
    return value.reset_index()


def _from_polars(value: Any) -> bytes:
    """Through pyarrow where it is installed; polars can write the format by itself."""
    polars = sys.modules["polars"]
    if isinstance(value, polars.Series):
        value = value.alias(value.name or _VALUE).to_frame()
    # Numbers of categories depend on what the process has seen before.
    value = value.with_columns(polars.col(polars.Categorical).cast(polars.String)).rechunk()
    try:
        import pyarrow as arrow
    except ImportError:
        return bytes(value.write_ipc_stream(None).getvalue())
    return _stream(arrow, value.to_arrow())


def encode_array(name: str, value: Any) -> bytes:
    """An array: one column ``value`` in C order, shape and type (numpy's text for it) in the metadata.

    Raises:
        FailedError: Its type is none that Arrow has, or it is masked, or pyarrow is not installed.
    """
    arrow = _arrow(name)
    import numpy

    if isinstance(value, numpy.ma.MaskedArray):
        raise FailedError(f"the output {name} is a masked array: fill what is masked, with NaN say")
    data = numpy.asarray(value)
    if data.dtype.kind not in _ORDINARY:
        mend = "give its parts as a mapping of arrays"
        raise FailedError(
            f"the output {name} is an array of {data.dtype}, unknown to Arrow: {mend}"
        )
    native = data.astype(data.dtype.newbyteorder("="), copy=False).reshape(-1)
    try:
        column = _made_directly(arrow, native)
        if column is None:
            column = arrow.array(native.tolist() if data.dtype.kind in "OS" else native)
    except (arrow.ArrowException, TypeError, ValueError, OverflowError) as error:
        raise FailedError(f"the output {name} is no array for Arrow: {_line(error)}") from error
    about = {"shape": json.dumps(data.shape), "dtype": json.dumps(native.dtype.str)}
    return _stream(arrow, arrow.Table.from_arrays([column], names=[_VALUE]), about)


def _arrow(name: str) -> Any:
    try:
        import pyarrow
    except ImportError as error:
        raise FailedError(
            f"the output {name} is stored by pyarrow, which the project's environment has not: uv add pyarrow"
        ) from error
    return pyarrow


def _stream(arrow: Any, table: Any, metadata: Mapping[str, str] | None = None) -> bytes:
    plain = _copied(arrow, table).replace_schema_metadata(metadata)
    sink = arrow.BufferOutputStream()
    with arrow.ipc.new_stream(sink, plain.schema) as writer:
        writer.write_table(plain)
    return bytes(sink.getvalue().to_pybytes())


def _copied(arrow: Any, table: Any) -> Any:
    """The table in one batch; missing values and the rest of the last byte are then zero in memory."""
    try:
        return table.take(_range(arrow, table.num_rows)).combine_chunks()
    except arrow.ArrowNotImplementedError:
        return table.combine_chunks()  # a rare type, that cannot be taken from


def _range(arrow: Any, length: int) -> Any:
    numpy = sys.modules.get("numpy")
    places = array("q", range(length)) if numpy is None else numpy.arange(length, dtype="int64")
    return _of_buffers(arrow, arrow.int64(), length, places)


def _line(error: BaseException) -> str:
    return " ".join(str(error).split())
