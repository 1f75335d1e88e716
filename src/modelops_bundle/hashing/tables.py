"""Tables by column, so that a change can be told by the columns that it touched.

A summary explains; it never decides whether something changed, which the file's own digest does. So whatever
cannot be read as a table, or would take much more time or memory than its size, simply has no summary.

- CSV: the first row names the columns; the separator is the most frequent of ``, ; tab |`` in it, in a
  ``.tsv`` file always the tab. Cells are text as written. Rows may be ragged; empty lines are no rows.
- Parquet (where pyarrow is installed): values and types count, compression and row groups do not.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import islice, zip_longest
from typing import NamedTuple

from modelops_bundle.identity.streams import COLUMN_BATCH, ColumnStream

__all__ = ["TableSummary", "cannot_read", "summarize_table"]

_SEPARATORS = ",;\t|"
_PADDING = 100_000
_MOST_COLUMNS = 100_000
_UNPACKED = 4


class _NoTableError(Exception):
    """The bytes are not what their name says."""


class TableSummary(NamedTuple):
    """Number of rows, and each column's name and digest in order; no two names are equal."""

    rows: int
    columns: tuple[tuple[str, str], ...]


def summarize_table(name: str, data: bytes, limit: int) -> TableSummary | None:
    """Rows of a table and a digest for each of its columns.

    Args:
        name: The file's name; ``.csv``, ``.tsv`` and ``.parquet`` are tables.
        data: Its bytes.
        limit: Size in bytes up to which it is looked into; four times that for what Parquet unpacks to.

    Returns:
        ``None`` for what is no table, cannot be read as one, or is too large.
    """
    suffix = name.lower().rpartition(".")[2]
    if len(data) > limit or suffix not in ("csv", "tsv", "parquet"):
        return None
    import csv

    try:
        if suffix == "parquet":
            return _parquet(data, limit)
        return _delimited(data.decode("utf-8-sig", "surrogateescape"), suffix)
    except (_NoTableError, csv.Error):
        # csv: a cell of more than 128 KiB, which is an unclosed quote
        return None


def cannot_read(name: str) -> str:
    """Why a table of this name, of which there is no summary, cannot be looked into, in words."""
    from importlib.util import find_spec

    if name.lower().endswith(".parquet") and find_spec("pyarrow") is None:
        return "its columns cannot be told without pyarrow: install modelops-bundle[tables]"
    return "it cannot be read as a table"


def _delimited(text: str, suffix: str) -> TableSummary:
    import csv
    import io

    separator = "\t" if suffix == "tsv" else _separator(text)
    # Left to itself StringIO would change the line ends that stand in quoted cells.
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    rows = filter(None, reader)
    header = next(rows, [])
    _check_size(len(header), 1, len(text))
    streams = [ColumnStream() for _ in header]
    count = 0
    while batch := list(islice(rows, COLUMN_BATCH)):
        columns = _columns(batch)
        _check_size(max(len(streams), len(columns)), count + len(batch), len(text))
        while len(streams) < len(columns):
            streams.append(_begun_late(count))
        absent = (None,) * len(batch)
        for number, stream in enumerate(streams):
            stream.add(columns[number] if number < len(columns) else absent)
        count += len(batch)
    return _summary(count, header, streams)


def _separator(text: str) -> str:
    first = re.sub(r'"[^"]*"', "", text[: text.find("\n")])
    return max(_SEPARATORS, key=first.count)


def _columns(batch: list[list[str]]) -> list[tuple[str | None, ...]]:
    width = max(map(len, batch))
    # One absurdly long line must not make a thousand others as long as itself.
    if width * len(batch) > 4 * sum(map(len, batch)) + _PADDING:
        raise _NoTableError
    if min(map(len, batch)) == width:
        return list(zip(*batch, strict=True))
    return list(zip_longest(*batch))


def _check_size(columns: int, rows: int, size: int) -> None:
    # A cell costs time even where a row ends before it: one wide row must not widen thousands of others.
    if columns > _MOST_COLUMNS or columns * rows > 4 * size + _PADDING:
        raise _NoTableError


def _begun_late(rows: int) -> ColumnStream:
    stream = ColumnStream()
    for _ in range(rows // COLUMN_BATCH):
        stream.add((None,) * COLUMN_BATCH)
    return stream


def _summary(rows: int, header: Sequence[str], streams: Sequence[ColumnStream]) -> TableSummary:
    named: dict[str, str] = {}
    for number, stream in enumerate(streams):
        name = header[number] if number < len(header) else ""
        if not name or name in named:
            name = f"{name}#{number + 1}"
        while name in named:
            name += "'"
        named[name] = str(stream.digest())
    return TableSummary(rows, tuple(named.items()))


def _parquet(data: bytes, limit: int) -> TableSummary | None:
    try:
        from modelops_bundle.hashing.parquet import ParquetError, column_streams
    except ImportError:
        return None
    try:
        rows, names, streams = column_streams(data, _UNPACKED * limit)
    except ParquetError as error:
        raise _NoTableError from error
    return _summary(rows, names, streams)
