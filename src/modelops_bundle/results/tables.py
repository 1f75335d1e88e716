"""Stored outputs to values: tables, arrays, JSON. Reading tables and arrays needs pyarrow.

An output may come from a store that others write to. Nothing in it is executed: types that a program could
have registered for Arrow are read as what they are stored as, and every buffer is checked before it is used.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from math import prod
from typing import Any, NamedTuple

from modelops_bundle.errors import MopsError, UsageError
from modelops_bundle.results.record import Output

__all__ = ["ArrayValue", "OutputError", "arrow", "decode"]

_MOST_DIMENSIONS = 64
_MOST_EMPTY = 1_000_000
_FILE = b"ARROW1"
_CONTINUATION = b"\xff\xff\xff\xff"
_EXTENSION = b"ARROW:extension:name"
_NO_EXTENSION = b"arrow.extension.name"


class OutputError(MopsError):
    """An output that is not what its kind says, or outputs that do not fit into one table."""


class ArrayValue(NamedTuple):
    """An array that a model gave.

    Attributes:
        shape: Its lengths; empty for a single value.
        dtype: Its type as the model's library names it (``float64``).
        values: Its values in C order, a ``pyarrow.ChunkedArray``.
    """

    shape: tuple[int, ...]
    dtype: str
    values: Any

    def nested(self) -> Any:
        """The values as nested lists; the value itself where there is no dimension."""
        values = self.values.to_pylist()
        if not self.shape:
            return values[0]
        for axis in range(len(self.shape) - 1, 0, -1):
            length = self.shape[axis]
            count = prod(self.shape[:axis])
            values = [values[i * length : (i + 1) * length] for i in range(count)]
        return values


def arrow() -> Any:
    """The module ``pyarrow``.

    Raises:
        UsageError: It is not installed.
    """
    try:
        import pyarrow
    except ImportError as error:
        raise UsageError(
            "tables cannot be read", "pyarrow is missing", 'uv add "modelops-bundle[tables]"'
        ) from error
    return pyarrow


def decode(output: Output) -> Any:
    """What an output holds.

    Returns:
        A ``pyarrow.Table``, an :class:`ArrayValue`, or a JSON value, in which numbers may be NaN or infinite.

    Raises:
        OutputError: Its bytes are not what its kind says.
        UsageError: It is a table or an array, and pyarrow is missing.
    """
    if output.kind == "json":
        return _json(output)
    if output.kind == "table":
        return _table(output)
    if output.kind == "array":
        return _array(output)
    raise _unreadable(output, "its kind is not known to this version")


def _unreadable(output: Output, why: str) -> OutputError:
    return OutputError(
        f"the output {output.name} cannot be read as {output.kind}",
        why,
        "Run the model again with --refresh.",
    )


def _json(output: Output) -> Any:
    try:
        return json.loads(output.data.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise _unreadable(output, f"it is not JSON: {error}") from error


@contextmanager
def _translated(output: Output) -> Iterator[Any]:
    pa = arrow()
    try:
        yield pa
    except (pa.ArrowException, OSError, ValueError, MemoryError) as error:
        # MemoryError: a length that is none.
        raise _unreadable(output, f"it is not an Arrow table: {error}") from error


def _table(output: Output) -> Any:
    with _translated(output) as pa:
        data = _without_extensions(output.data)
        source = pa.py_buffer(data)
        reader = pa.ipc.open_file if data.startswith(_FILE) else pa.ipc.open_stream
        table = reader(source).read_all()
        table.validate(full=True)
        _check_names(table.schema)
    return table


def _check_names(schema: Any) -> None:
    # Nothing checks before they are asked for that names are UTF-8.
    waiting = list(schema)
    while waiting:
        field = waiting.pop()
        if field.name is not None and field.type.num_fields:
            waiting += [field.type.field(number) for number in range(field.type.num_fields)]


def _array(output: Output) -> ArrayValue:
    table = _table(output)
    if table.column_names != ["value"]:
        raise _unreadable(output, f"its columns are {table.column_names}, expected value")
    metadata = table.schema.metadata or {}
    try:
        shape = json.loads(metadata.get(b"shape", b"null"))
        dtype = json.loads(metadata.get(b"dtype", b"null"))
    except (ValueError, RecursionError) as error:
        raise _unreadable(output, f"its shape is not JSON: {error}") from error
    if not _is_shape(shape) or prod(shape) != table.num_rows:
        raise _unreadable(output, f"its shape is {shape!r:.60}, of {table.num_rows} values")
    if type(dtype) is not str:
        raise _unreadable(output, "its dtype is missing")
    return ArrayValue(tuple(shape), dtype, table.column(0))


def _is_shape(shape: object) -> bool:
    if not isinstance(shape, list) or len(shape) > _MOST_DIMENSIONS:
        return False
    # An array without values can claim any size, which would be as many empty lists.
    return all(type(n) is int and n >= 0 for n in shape) and (
        0 not in shape or prod(n for n in shape if n) <= _MOST_EMPTY
    )


def _without_extensions(data: bytes) -> bytes:
    """The same table without the mark that makes pyarrow ask classes of Python for a column's type.

    It stands in the schema: the first message and, in a file, the footer.
    """
    if _EXTENSION not in data:
        return data
    is_file = data.startswith(_FILE)
    start = 8 if is_file else 0
    at = start + 4 * data.startswith(_CONTINUATION, start)
    end = at + 4 + int.from_bytes(data[at : at + 4], "little")
    footer = len(data)
    if is_file:
        size_at = len(data) - len(_FILE) - 4
        footer = max(end, size_at - int.from_bytes(data[size_at : size_at + 4], "little"))
    schema, body, tail = data[:end], data[end:footer], data[footer:]
    return (
        schema.replace(_EXTENSION, _NO_EXTENSION) + body + tail.replace(_EXTENSION, _NO_EXTENSION)
    )
