"""One output of many simulations as one table: parameters and seed first, then what the model gave.

Everything is gathered in the order of the simulations and put together at the end, in time proportional to
the rows. Columns that differ in type are widened where no value changes; where that cannot be, the error
names two simulations.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from math import prod
from typing import Any

from modelops_bundle.results.columns import column_of
from modelops_bundle.results.record import Output
from modelops_bundle.results.tables import ArrayValue, OutputError, arrow, decode

__all__ = ["combine"]

_BATCH = 1024
_TAKEN_AT_A_TIME = 1 << 20
_MOST_SHAPES = 16


def combine(rows: Iterable[tuple[Mapping[str, Any], int, Output]]) -> Any:
    """One table of one output over simulations.

    Args:
        rows: Parameters, seed and the output of each simulation, all outputs of one name.

    Returns:
        A ``pyarrow.Table``: a column for each parameter, ``seed`` (uint64), and the output's columns. A table
        gives its own columns; an array ``dim_0``, ``dim_1``, ... and ``value``; a JSON mapping its keys; any
        other JSON value a column of the output's name. A parameter that has the name of one of these gets
        the prefix ``param.``.

    Raises:
        OutputError: An output cannot be read, or two do not fit together.
        UsageError: pyarrow is missing.
    """
    simulations = _Simulations()
    gathered: _Tables | _Records | None = None
    for params, seed, output in rows:
        simulations.add(params, seed)
        value = decode(output)
        is_table = isinstance(value, ArrayValue) or output.kind == "table"
        if gathered is None:
            gathered = _Tables(simulations) if is_table else _Records()
        if isinstance(gathered, _Tables) is not is_table:
            last = len(simulations.seeds) - 1
            raise OutputError(
                f"the output {output.name} is a table for some simulations and JSON for others",
                f"{simulations.describe(0)} and {simulations.describe(last)} differ",
            )
        with _translated(output.name, simulations):
            simulations.counts.append(gathered.add(value, output.name))
    if gathered is None:
        return arrow().table({"seed": arrow().array([], arrow().uint64())})
    with _translated(output.name, simulations):
        return _side_by_side(simulations, gathered.table())


@contextmanager
def _translated(name: str, simulations: _Simulations) -> Iterator[None]:
    pa = arrow()
    try:
        yield
    except pa.ArrowException as error:
        # What Arrow can hold and not convert, such as categories that are no single values.
        last = simulations.describe(len(simulations.seeds) - 1)
        raise OutputError(
            f"the output {name} does not fit into one table", f"up to {last}: {error}"
        ) from error


class _Simulations:
    """Parameters, seed and number of rows of each simulation."""

    def __init__(self) -> None:
        self.sets: list[Mapping[str, Any]] = []
        self.set_numbers = array("I")
        self.seeds = array("Q")
        self.counts = array("Q")

    def add(self, params: Mapping[str, Any], seed: int) -> None:
        if not self.sets or self.sets[-1] is not params:
            self.sets.append(params)
        self.set_numbers.append(len(self.sets) - 1)
        self.seeds.append(seed)

    def describe(self, number: int) -> str:
        params = self.sets[self.set_numbers[number]]
        listed = ", ".join(f"{name}={value!r:.40}" for name, value in params.items())
        shown = listed if len(listed) <= 200 else f"{listed[:200]}..."
        return f"seed {self.seeds[number]} of {shown or 'no parameters'}"


def _side_by_side(simulations: _Simulations, table: Any) -> Any:
    pa = arrow()
    owners = array("I")
    for number, count in enumerate(simulations.counts):
        owners.extend(array("I", [number]) * count)
    chunks = [
        pa.array(owners[start : start + _TAKEN_AT_A_TIME], pa.uint32())
        for start in range(0, len(owners), _TAKEN_AT_A_TIME)
    ]
    names = list(dict.fromkeys(name for params in simulations.sets for name in params))
    sets = pa.array(simulations.set_numbers, pa.uint32())
    columns, titles = [], []
    taken = {*table.column_names, "seed"}
    for name in names:
        column = column_of([params.get(name) for params in simulations.sets]).take(sets)
        columns.append(pa.chunked_array([column.take(c) for c in chunks], column.type))
        titles.append(_free(name, taken))
    seeds = pa.array(simulations.seeds, pa.uint64())
    columns.append(pa.chunked_array([seeds.take(chunk) for chunk in chunks], pa.uint64()))
    titles.append(_free("seed", {*table.column_names, *titles}))
    return pa.table([*columns, *table.columns], names=[*titles, *table.column_names])


def _free(name: str, taken: set[str]) -> str:
    while name in taken:
        name = f"param.{name}"
    taken.add(name)
    return name


class _Records:
    """JSON values, a row for each."""

    def __init__(self) -> None:
        self._rows: list[Mapping[str, Any]] = []

    def add(self, value: Any, name: str) -> int:
        """Append one; returns how many rows it makes."""
        self._rows.append(value if isinstance(value, dict) else {name: value})
        return 1

    def table(self) -> Any:
        """All of them."""
        pa = arrow()
        names = list(dict.fromkeys(name for row in self._rows for name in row))
        if not names:
            # A table without columns has no rows either.
            return pa.table({"value": pa.nulls(len(self._rows))}).select([])
        columns = [column_of([row.get(name) for row in self._rows]) for name in names]
        return pa.table(columns, names=list(map(_as_unicode, names)))


def _as_unicode(name: str) -> str:
    return name.encode("utf-8", "backslashreplace").decode()


class _Tables:
    """Tables and arrays, consecutive ones of one schema together."""

    def __init__(self, simulations: _Simulations) -> None:
        self._simulations = simulations
        self._pieces: list[Any] = []
        self._waiting: list[Any] = []
        self._schemas: dict[Any, int] = {}
        self._plain: dict[Any, Any] = {}
        self._indices: dict[tuple[int, ...], list[Any]] = {}
        self._name = ""

    def add(self, value: Any, name: str) -> int:
        """Append one; returns how many rows it makes."""
        number = len(self._simulations.seeds) - 1
        self._name = name
        table = self._of_array(value) if isinstance(value, ArrayValue) else value
        schema = self._plain_schema(table.schema)
        self._schemas.setdefault(schema, number)
        table = _conformed(table, schema, by_position=True)
        if self._waiting and (
            len(self._waiting) >= _BATCH or not self._waiting[-1].schema.equals(schema)
        ):
            self._flush()
        self._waiting.append(table)
        return int(table.num_rows)

    def table(self) -> Any:
        """All of them, under a schema that has room for each."""
        pa = arrow()
        self._flush()
        schema = self._united()
        tables = [self._fitted(piece, schema) for piece in self._pieces]
        return pa.concat_tables(tables)

    def _flush(self) -> None:
        if self._waiting:
            self._pieces.append(arrow().concat_tables(self._waiting).combine_chunks())
            self._waiting = []

    def _plain_schema(self, schema: Any) -> Any:
        known = self._plain.get(schema)
        if known is None:
            pa = arrow()
            names = _distinct(schema.names)
            kinds = map(_plain_kind, schema.types)
            known = pa.schema(list(map(pa.field, names, kinds)))
            self._plain[schema] = known
        return known

    def _united(self) -> Any:
        pa = arrow()
        united: Any = None
        for schema in self._schemas:
            try:
                known = [schema] if united is None else [united, schema]
                united = pa.unify_schemas(known, promote_options="permissive")
            except pa.ArrowException as error:
                names = [field.name for field in schema if not _unites(field, united)]
                raise self._misfit(names, schema, error) from error
        return united

    def _fitted(self, piece: Any, schema: Any) -> Any:
        pa = arrow()
        try:
            return _conformed(piece, schema)
        except pa.ArrowException as error:
            # Such as a count beyond 2**53 where another simulation has floats.
            names = [field.name for field in piece.schema if not _fits(piece, field, schema)]
            raise self._misfit(names, piece.schema, error) from error

    def _misfit(self, names: Sequence[str], schema: Any, error: Exception) -> OutputError:
        """The error for columns of a schema that cannot have the type that others ask for."""
        why = str(error)
        for name in names:
            field = schema.field(name)
            for other, first in self._schemas.items():
                at = other.get_field_index(name)
                if at >= 0 and not other.field(at).type.equals(field.type):
                    why = (
                        f"its column {name} is {other.field(at).type} for"
                        f" {self._simulations.describe(first)} and {field.type} for"
                        f" {self._simulations.describe(self._schemas[schema])}"
                    )
        return OutputError(
            f"the output {self._name} does not fit into one table",
            why,
            "Make the model give the column one type.",
        )

    def _of_array(self, value: ArrayValue) -> Any:
        pa = arrow()
        indices = self._indices.get(value.shape)
        if indices is None:
            if len(self._indices) >= _MOST_SHAPES:
                self._indices.clear()
            indices = self._indices[value.shape] = _indices(value.shape)
        names = [f"dim_{number}" for number in range(len(indices))]
        return pa.table([*indices, value.values], names=[*names, "value"])


def _indices(shape: Sequence[int]) -> list[Any]:
    pa = arrow()
    columns = []
    for axis, length in enumerate(shape):
        inner = prod(shape[axis + 1 :])
        cycle = array("q")
        if inner:
            for place in range(length):
                cycle.extend(array("q", [place]) * inner)
        columns.append(pa.array(cycle * prod(shape[:axis]) if cycle else cycle, pa.int64()))
    return columns


def _plain_kind(kind: Any) -> Any:
    pa = arrow()
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    views = {"string_view": pa.large_string(), "binary_view": pa.large_binary()}
    return views.get(str(kind), kind)


def _distinct(names: Sequence[str]) -> list[str]:
    """The names, a number with those that stand several times."""
    counts = Counter(names)
    taken = {name for name, count in counts.items() if count == 1}
    distinct = []
    for number, name in enumerate(names, 1):
        each = name if counts[name] == 1 else f"{name}#{number}"
        while counts[name] > 1 and each in taken:
            each += "'"
        taken.add(each)
        distinct.append(each)
    return distinct


def _unites(field: Any, schema: Any) -> bool:
    pa = arrow()
    at = schema.get_field_index(field.name)
    if at < 0:
        return True
    try:
        pa.unify_schemas(
            [pa.schema([schema.field(at)]), pa.schema([field])], promote_options="permissive"
        )
    except pa.ArrowException:
        return False
    return True


def _fits(table: Any, field: Any, schema: Any) -> bool:
    try:
        table.column(field.name).cast(schema.field(field.name).type)
    except arrow().ArrowException:
        return False
    return True


def _conformed(table: Any, schema: Any, *, by_position: bool = False) -> Any:
    if table.schema.equals(schema, check_metadata=True):
        return table
    pa = arrow()
    columns = []
    for number, field in enumerate(schema):
        at = number if by_position else table.schema.get_field_index(field.name)
        if at < 0:
            columns.append(pa.nulls(table.num_rows, field.type))
        else:
            columns.append(table.column(at).cast(field.type))
    return pa.table(columns, schema=schema)
