"""One output of many simulations as one table."""

import datetime
import math

import pyarrow as pa
import pytest
from tests.support.outputs import array_output, json_output, table_output

from modelops_bundle.results.columns import column_of
from modelops_bundle.results.combining import combine
from modelops_bundle.results.tables import OutputError


def combined(*rows):
    table = combine(rows)
    table.validate(full=True)
    return table


def test_tables():
    first = table_output({"day": [0, 1], "cases": [5, 6]})
    second = table_output({"day": [0], "cases": [7]})
    table = combined(({"beta": 0.5}, 3, first), ({"beta": 0.25}, 2**64 - 1, second))
    assert table.to_pydict() == {
        "beta": [0.5, 0.5, 0.25],
        "seed": [3, 3, 2**64 - 1],
        "day": [0, 1, 0],
        "cases": [5, 6, 7],
    }
    assert table.schema.field("seed").type == pa.uint64()


def test_nothing_and_tables_without_rows():
    assert combined().column_names == ["seed"]
    empty = table_output({"day": pa.array([], pa.int64())})
    table = combined(({"a": 1}, 0, empty), ({"a": 2}, 0, empty))
    assert (table.num_rows, table.column_names) == (0, ["a", "seed", "day"])
    full = table_output({"day": [5]})
    assert combined(({"a": 1}, 0, empty), ({"a": 2}, 0, full)).to_pylist() == [
        {"a": 2, "seed": 0, "day": 5}
    ]


def test_arrays_become_places_and_values():
    table = combined(({}, 0, array_output(range(6), [2, 3])), ({}, 1, array_output([9.0], [1, 1])))
    assert table.to_pydict() == {
        "seed": [0] * 6 + [1],
        "dim_0": [0, 0, 0, 1, 1, 1, 0],
        "dim_1": [0, 1, 2, 0, 1, 2, 0],
        "value": [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 9.0],
    }
    assert combined(({}, 0, array_output([4.0], []))).to_pydict() == {"seed": [0], "value": [4.0]}
    assert combined(({}, 0, array_output([], [0, 3]))).num_rows == 0


def test_arrays_of_many_shapes():
    rows = [({}, n, array_output(range(n), [n])) for n in range(40)]
    assert combine(rows).num_rows == sum(range(40))


def test_json_values():
    assert combined(({}, 0, json_output(1)), ({}, 1, json_output(2.5))).to_pydict() == {
        "seed": [0, 1],
        "out": [1.0, 2.5],
    }
    mappings = combined(({}, 0, json_output({"a": 1, "b": [1]})), ({}, 1, json_output({"c": True})))
    assert mappings.to_pydict() == {
        "seed": [0, 1],
        "a": [1, None],
        "b": ["[1]", None],
        "c": [None, True],
    }
    assert combined(({"a": 1}, 0, json_output({}))).to_pydict() == {"a": [1], "seed": [0]}
    assert combined(({}, 0, json_output([1, 2]))).to_pydict() == {"seed": [0], "out": ["[1, 2]"]}


def test_names_that_clash():
    output = table_output({"beta": [1], "seed": [2], "param.beta": [3]})
    table = combined(({"beta": 9, "seed": 8}, 7, output))
    assert table.to_pylist() == [
        {
            "param.param.beta": 9,
            "param.seed": 8,
            "param.param.seed": 7,
            "beta": 1,
            "seed": 2,
            "param.beta": 3,
        }
    ]
    assert combined(({"seed": 8}, 7, json_output(1))).to_pylist() == [
        {"param.seed": 8, "seed": 7, "out": 1}
    ]


def test_columns_of_one_name():
    output = table_output(pa.table([[1], [2], [3]], names=["x", "x", "x#2"]))
    (row,) = combined(({}, 0, output)).to_pylist()
    assert row == {"seed": 0, "x#1": 1, "x#2'": 2, "x#2": 3}


@pytest.mark.parametrize(
    ("values", "kind", "expected"),
    [
        ([1, 2], pa.int64(), [1, 2]),
        ([1, None], pa.int64(), [1, None]),
        ([-(2**63), 2**63 - 1], pa.int64(), [-(2**63), 2**63 - 1]),
        ([0, 2**64 - 1], pa.uint64(), [0, 2**64 - 1]),
        ([-1, 2**64 - 1], pa.string(), ["-1", "18446744073709551615"]),
        ([2**64], pa.string(), ["18446744073709551616"]),
        ([1, 0.5], pa.float64(), [1.0, 0.5]),
        ([2**53, 0.5], pa.float64(), [2.0**53, 0.5]),
        ([2**53 + 1, 0.5], pa.string(), ["9007199254740993", "0.5"]),
        ([True, False], pa.bool_(), [True, False]),
        ([True, 1], pa.string(), ["true", "1"]),
        (["a", "é"], pa.string(), ["a", "é"]),
        (["a", 1], pa.string(), ['"a"', "1"]),
        (["\ud800"], pa.string(), ['"\\ud800"']),
        ([[1], {"a": 2}, None], pa.string(), ["[1]", '{"a": 2}', None]),
        ([None], pa.null(), [None]),
        ([], pa.null(), []),
    ],
    ids=repr,
)
def test_columns_of_values(values, kind, expected):
    column = column_of(values)
    assert column.type == kind
    assert column.to_pylist() == expected


def test_parameters_that_some_sets_have():
    output = table_output({"x": [1, 2]})
    table = combined(({"a": 1, "l": [1]}, 0, output), ({"b": "t"}, 0, output))
    assert table.select(["a", "l", "b"]).to_pydict() == {
        "a": [1, 1, None, None],
        "l": ["[1]", "[1]", None, None],
        "b": [None, None, "t", "t"],
    }


@pytest.mark.parametrize(
    ("first", "second", "kind"),
    [
        (pa.array([1]), pa.array([0.5]), pa.float64()),
        (pa.array([1], pa.int8()), pa.array([300]), pa.int64()),
        (pa.array([1], pa.uint64()), pa.array([-1]), pa.int64()),
        (pa.nulls(1), pa.array(["a"]), pa.string()),
        (pa.array(["a"]), pa.array(["b"], pa.large_string()), pa.large_string()),
        (pa.array(["a"]).dictionary_encode(), pa.array(["b"]), pa.string()),
        (pa.array(["a"]).dictionary_encode(), pa.array(["b"]).dictionary_encode(), pa.string()),
        (pa.array(["a"], pa.string_view()), pa.array(["b"]), pa.large_string()),
        (pa.array([[1]]), pa.array([[0.5]]), pa.list_(pa.float64())),
    ],
    ids=str,
)
def test_types_that_are_widened(first, second, kind):
    table = combined(({}, 0, table_output({"x": first})), ({}, 1, table_output({"x": second})))
    assert table.schema.field("x").type == kind
    assert table.column("x").to_pylist() == first.to_pylist() + second.to_pylist()


def test_columns_that_some_tables_have():
    table = combined(
        ({}, 0, table_output({"x": [1], "y": [2]})), ({}, 1, table_output({"z": ["a"], "x": [3]}))
    )
    assert table.to_pydict() == {"seed": [0, 1], "x": [1, 3], "y": [2, None], "z": [None, "a"]}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (pa.array([1]), pa.array(["a"])),
        (pa.array([True]), pa.array([1])),
        (pa.array([2**53 + 1]), pa.array([0.5])),
        (pa.array([2**64 - 1], pa.uint64()), pa.array([-1])),
        (pa.array([datetime.date(2024, 1, 1)]), pa.array([1])),
        (pa.array([[1]]), pa.array([1])),
    ],
    ids=str,
)
def test_types_that_do_not_go_together_name_two_simulations(first, second):
    fine = ({"a": 0}, 0, table_output({"w": pa.array([], pa.int64()), "x": first[:0]}))
    with pytest.raises(OutputError) as caught:
        combined(
            fine,
            ({"a": 1}, 5, table_output({"w": [1], "x": first})),
            ({"a": 2}, 6, table_output({"w": [0.5], "x": second})),
        )
    text = str(caught.value)
    for words in ("column x", "seed 0 of a=0", "seed 6 of a=2", str(first.type), str(second.type)):
        assert words in text


def test_kinds_that_do_not_go_together():
    with pytest.raises(OutputError) as caught:
        combined(({}, 1, json_output(1)), ({"a": "x" * 1000}, 2, table_output({"x": [1]})))
    assert "seed 1 of no parameters" in str(caught.value)
    assert len(str(caught.value)) < 700


def test_metadata_of_one_library_is_left_out():
    import pandas as pd

    rows = [
        ({}, n, table_output(pa.Table.from_pandas(pd.DataFrame({"x": range(n)}))))
        for n in range(1, 4)
    ]
    frame = combine(rows).to_pandas()
    assert list(frame.index) == list(range(6))
    assert list(frame.columns) == ["seed", "x"]


def test_order_stays_where_schemas_alternate():
    kinds = [table_output({"x": [1]}), table_output({"x": [0.5], "y": ["a"]})]
    table = combine(({"n": n}, n, kinds[n % 2]) for n in range(3000))
    assert table.column("n").to_pylist() == list(range(3000))
    assert table.column("x").to_pylist() == [1.0, 0.5] * 1500


def test_nan_stays_nan():
    (row,) = combined(({}, 0, json_output({"x": math.nan}))).to_pylist()
    assert math.isnan(row["x"])


def test_work_grows_with_the_rows():
    output = table_output({"day": list(range(10))})
    table = combine(({"n": n // 10}, n % 10, output) for n in range(20_000))
    assert table.num_rows == 200_000
    assert table.column("n")[199_999].as_py() == 1999
    assert max(column.num_chunks for column in table.columns) < 100
