"""Parameter sets from tables: a row is a set, a column a parameter.

Every cell has a value. One that is empty or null is refused rather than left out: it is more often a number
that could not be computed than a parameter that is meant to be absent, and a model's default would take its
place in silence.
"""

from __future__ import annotations

import csv
import io
from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from modelops_bundle.errors import ParameterError, UsageError
from modelops_bundle.results.parameter_source import ParameterSource, Problem, TableRows
from modelops_bundle.results.parameter_values import parse_cell

__all__ = ["source_of_arrow", "source_of_csv", "source_of_frame"]

_MOST_PROBLEMS = 1000
_BY_SETS = "Fill it in, or give sets with different parameters as JSON."
_NAME_IT = "Name every column once; pandas writes none without a name with to_csv(index=False)."


def source_of_csv(text: str, name: str, separator: str = ",") -> ParameterSource:
    """Parameter sets from delimited text whose first row names the parameters.

    Args:
        text: The file's text, its line ends as they are.
        name: What to call it in errors.
        separator: What stands between cells.

    Raises:
        ParameterError: It is empty, is not delimited so, or a column has no name or that of another. What is
            wrong with single cells is kept in the source's problems.
    """
    # Left to itself StringIO would change the line ends that stand in quoted cells.
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=True, strict=True
    )
    rows = _rows(reader, name)
    _, header = next(rows, (0, []))
    names = [cell.strip() for cell in header]
    if not names:
        raise ParameterError(f"{name} cannot be used", "it is empty")
    _check_separator(names, name, separator)
    _check_names(names, name)
    columns: list[list[Any]] = [[] for _ in names]
    lines = array("Q")
    problems: list[Problem] = []
    for line, row in rows:
        values = _values_of_row(row, names, problems, f"{name} line {line}")
        if values is not None:
            lines.append(line)
            for column, value in zip(columns, values, strict=True):
                column.append(value)
        if len(problems) > _MOST_PROBLEMS:
            break
    if not lines and not problems:
        raise ParameterError(f"{name} cannot be used", "it names parameters and holds no sets")
    sets = TableRows(dict(zip(names, columns, strict=True)), len(lines))
    return ParameterSource(name, sets, lambda n: f"{name} line {lines[n]}", tuple(problems))


def _rows(reader: Any, name: str) -> Iterator[tuple[int, list[str]]]:
    line = 1
    try:
        for row in reader:
            if row:
                yield line, row
            line = reader.line_num + 1
    except csv.Error as error:
        raise ParameterError(
            f"{name} cannot be used",
            f"from line {line} on it is not CSV: {error}",
            "Look for a quote that is not closed.",
        ) from error


def _check_separator(names: Sequence[str], name: str, separator: str) -> None:
    for other in {";", "\t", "|"} - {separator}:
        if len(names) == 1 and other in names[0]:
            raise ParameterError(
                f"{name} cannot be used",
                f"{other!r} stands between its columns",
                "Separate columns with commas, and write decimals with a point.",
            )


def _check_names(names: Sequence[str], name: str) -> None:
    for number, each in enumerate(names, 1):
        if not each:
            raise ParameterError(f"{name} cannot be used", f"column {number} has no name", _NAME_IT)
    twice = sorted(each for each, count in Counter(names).items() if count > 1)
    if twice:
        what = f"columns stand twice: {', '.join(twice)}"
        raise ParameterError(f"{name} cannot be used", what, _NAME_IT)


def _values_of_row(
    row: Sequence[str], names: Sequence[str], problems: list[Problem], place: str
) -> list[Any] | None:
    if len(row) != len(names):
        problems.append(Problem(place, f"it has {len(row)} cells, expected {len(names)}"))
        return None
    try:
        return list(map(parse_cell, row))
    except ParameterError:
        problems.extend(_wrong_cells(row, names, place))
        return None


def _wrong_cells(row: Sequence[str], names: Sequence[str], place: str) -> Iterator[Problem]:
    for name, cell in zip(names, row, strict=True):
        try:
            parse_cell(cell)
        except ParameterError as error:
            mend = error.mend if cell.strip() else _BY_SETS
            yield Problem(place, f"{name}: {error.summary}", mend)


def source_of_frame(frame: Any, name: str) -> ParameterSource:
    """Parameter sets from a table in memory of pandas, polars or pyarrow.

    Raises:
        UsageError: pyarrow is missing.
        ParameterError: See :func:`source_of_arrow`.
    """
    try:
        import pyarrow as pa
    except ImportError as error:
        raise UsageError(
            f"{name} is a table", "pyarrow reads it", 'uv add "modelops-bundle[tables]"'
        ) from error
    try:
        table = pa.RecordBatchReader.from_stream(frame).read_all()
    except (pa.ArrowException, ValueError, TypeError) as error:
        raise ParameterError(f"{name} is no table", str(error)) from error
    return source_of_arrow(table, name)


def source_of_arrow(table: Any, name: str) -> ParameterSource:
    """Parameter sets from a table of pyarrow.

    Integers, floats, truth values and texts are taken as they are, categories by their values, dates as
    ISO 8601 text, lists and structs as JSON has them.

    Raises:
        ParameterError: It has no rows or no columns, a column has no name or that of another or a type that
            JSON has not. Nulls are kept in the source's problems.
    """
    try:
        str(table.schema)
    except ValueError as error:
        raise ParameterError(f"{name} cannot be used", "a name in it is not UTF-8") from error
    # So pandas writes a row's label where that is not simply its number.
    index = [each for each in table.column_names if each.startswith("__index_level_")]
    table = table.drop_columns(index)
    names: list[str] = table.column_names
    if not names or not table.num_rows:
        raise ParameterError(f"{name} cannot be used", "it holds no parameter sets")
    _check_names(names, name)
    problems = [
        Problem(name, f"column {field.name} is {field.type}", _mend_of_type(field.type))
        for field in table.schema
        if not _has_json(field.type)
    ]
    columns = {} if problems else _columns(table, name, problems)
    # Without all of their columns, sets would seem to be equal.
    sets = TableRows({}, 0) if problems else TableRows(columns, table.num_rows)
    problems += [
        Problem(f"{name} row {row}", f"{each} is empty", _BY_SETS)
        for each, values in columns.items()
        for row, value in enumerate(values, 1)
        if value is None
    ][:_MOST_PROBLEMS]
    return ParameterSource(name, sets, lambda n: f"{name} row {n + 1}", tuple(problems))


def _columns(table: Any, name: str, problems: list[Problem]) -> dict[str, list[Any]]:
    columns = {}
    for field in table.schema:
        try:
            columns[field.name] = _values(table.column(field.name))
        except (ValueError, ArithmeticError) as error:
            # Such as a date beyond the year 9999.
            problems.append(Problem(name, f"column {field.name}: {error}"))
    return columns


def _has_json(kind: Any) -> bool:
    from pyarrow import types

    if types.is_dictionary(kind):
        return _has_json(kind.value_type)
    if types.is_struct(kind):
        return all(_has_json(kind.field(number).type) for number in range(kind.num_fields))
    if types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind):
        return _has_json(kind.value_type)
    return bool(
        types.is_integer(kind)
        or types.is_floating(kind)
        or types.is_boolean(kind)
        or types.is_string(kind)
        or types.is_large_string(kind)
        or types.is_date(kind)
        or types.is_null(kind)
        or str(kind) == "string_view"
    )


def _mend_of_type(kind: Any) -> str:
    from pyarrow import types

    if types.is_decimal(kind):
        return "Make it int64 or float64."
    return "Make it a text or a number."


def _values(column: Any) -> list[Any]:
    from pyarrow import types

    values: list[Any] = column.to_pylist()
    kind = column.type
    if types.is_date(kind) or types.is_nested(kind) or types.is_dictionary(kind):
        return [_dates_as_text(value) for value in values]
    return values


def _dates_as_text(value: Any) -> Any:
    if isinstance(value, list):
        return [_dates_as_text(item) for item in value]
    if isinstance(value, dict):
        return {key: _dates_as_text(item) for key, item in value.items()}
    return value.isoformat() if hasattr(value, "isoformat") else value
