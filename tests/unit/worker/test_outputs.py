from __future__ import annotations

import datetime
import enum
import json
import math
import subprocess
import sys

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from modelops_bundle.worker import tables
from modelops_bundle.worker.failures import FailedError
from modelops_bundle.worker.outputs import encode, encode_outputs, named_outputs
from modelops_bundle.worker.tables import encode_columns


def read(data: bytes) -> pa.Table:
    return pa.ipc.open_stream(data).read_all()


def table(value) -> dict[str, list]:
    made = encode("out", value)
    assert made.kind == "table"
    return read(made.data).to_pydict()


def read_array(data: bytes) -> np.ndarray:
    stored = read(data)
    about = {key.decode(): json.loads(text) for key, text in stored.schema.metadata.items()}
    assert stored.column_names == ["value"]
    values = stored["value"].to_numpy(zero_copy_only=False)
    return values.astype(np.dtype(about["dtype"])).reshape(about["shape"])


def as_json(value) -> str:
    made = encode("out", value)
    assert made.kind == "json"
    return made.data.decode()


class Colour(enum.IntEnum):
    RED = 3


# --- names ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "declared", "names"),
    [
        ({"a": 1, "b": 2}, (), ["a", "b"]),
        ({"b": 1, "a": 2}, ("a", "b"), ["b", "a"]),
        ({"a": 1}, ("a",), ["a"]),
        ({"day": [1], "cases": [2]}, ("incidence",), ["incidence"]),
        ({"day": [1], "cases": [2]}, ("incidence", "prevalence"), ["day", "cases"]),
        ({}, (), []),
        (3.5, (), ["result"]),
        (3.5, ("loss",), ["loss"]),
        (3.5, ("loss", "peak"), ["result"]),
        ([1, 2], (), ["result"]),
        (pd.DataFrame({"a": [1]}), (), ["result"]),
        (pl.DataFrame({"a": [1]}), ("x",), ["x"]),
    ],
)
def test_outputs_have_names(value, declared, names):
    assert list(named_outputs(value, declared)) == names


def test_only_what_is_asked_for_is_encoded_in_the_order_of_the_model():
    made = encode_outputs({"c": object(), "b": 1, "a": 2}, (), ["a", "b"])
    assert [each.name for each in made] == ["b", "a"]


def test_an_output_that_is_not_there_is_said_with_those_that_are():
    with pytest.raises(FailedError, match=r"no output deaths, tests; it gives cases, peak"):
        encode_outputs({"cases": 1, "peak": 2}, (), ["tests", "cases", "deaths"])
    with pytest.raises(FailedError, match=r"it gives none"):
        encode_outputs({}, (), ["tests"])


@pytest.mark.parametrize("value", [None, {1: 2}, {"a": 1, None: 2}])
def test_what_has_no_name_is_refused(value):
    with pytest.raises(FailedError):
        encode_outputs(value, (), None)


# --- tables ---------------------------------------------------------------------------------------

DAYS = [datetime.date(2024, 1, 1), datetime.date(2024, 1, 2)]


@pytest.mark.parametrize(
    ("value", "columns"),
    [
        ({"day": [1, 2], "cases": (3.0, 4.5)}, {"day": [1, 2], "cases": [3.0, 4.5]}),
        ({"x": np.array([1, 2], "i4"), "y": [None, "b"]}, {"x": [1, 2], "y": [None, "b"]}),
        ({"day": DAYS}, {"day": DAYS}),
        ({"x": pd.Series([1.0, None]), "y": pl.Series([1, 2])}, {"x": [1.0, None], "y": [1, 2]}),
        ({"x": pa.array([1]), "y": pa.chunked_array([[2]])}, {"x": [1], "y": [2]}),
        ({"x": [np.float64(1), 2]}, {"x": [1.0, 2.0]}),
        ({"x": [], "y": []}, {"x": [], "y": []}),
        (pd.DataFrame({"a": [1, 2], "b": ["x", None]}), {"a": [1, 2], "b": ["x", None]}),
        (pd.DataFrame({"a": [1]}, index=pd.Index(["s"], name="state")), {"state": ["s"], "a": [1]}),
        (pd.DataFrame({"a": [1]}, index=[7]), {"index": [7], "a": [1]}),
        (pd.DataFrame({"a": [1]}, index=pd.RangeIndex(1, name="t")), {"t": [0], "a": [1]}),
        (pd.DataFrame({"a": [1]}, index=pd.RangeIndex(5, 6)), {"index": [5], "a": [1]}),
        (
            pd.DataFrame({"a": [1]}, index=pd.MultiIndex.from_tuples([(1, "x")], names=["t", "s"])),
            {"t": [1], "s": ["x"], "a": [1]},
        ),
        (pd.Series([1, 2]), {"value": [1, 2]}),
        (pd.Series([1, 2], name="n", index=["p", "q"]), {"index": ["p", "q"], "n": [1, 2]}),
        (pl.DataFrame({"a": [1, None]}), {"a": [1, None]}),
        (pl.DataFrame({"c": pl.Series(["p"], dtype=pl.Categorical)}), {"c": ["p"]}),
        (pl.Series("n", [1]), {"n": [1]}),
        (pl.Series([1]), {"value": [1]}),
        (pa.table({"a": [1]}), {"a": [1]}),
        (pa.record_batch({"a": [1]}), {"a": [1]}),
    ],
)
def test_tables_are_stored_as_arrow(value, columns):
    assert table(value) == columns


def test_times_keep_their_zone():
    times = pd.date_range("2024-01-01", periods=2, tz="Europe/Zurich")
    stored = read(encode("out", pd.DataFrame({"t": times})).data)
    assert stored.schema.field("t").type.tz == "Europe/Zurich"


@pytest.mark.parametrize(
    "pair",
    [
        [pa.chunked_array([[1, 2], [3]]), pa.chunked_array([[1], [2, 3]])],
        [pa.array([True, False, True, True]).slice(0, 3), pa.array([True, False, True])],
        [pa.array(["a", None, "b", "c"]).slice(0, 3), pa.array(["a", None, "b"])],
    ],
)
def test_the_same_table_gives_the_same_bytes_however_it_lies_in_memory(pair):
    one, other = (encode("out", pa.table({"a": values})).data for values in pair)
    assert one == other


def test_what_lies_in_memory_where_a_value_is_missing_does_not_count():
    def made(hidden: float) -> pa.Table:
        values = pa.py_buffer(np.array([1.0, hidden, 3.0]))
        valid = pa.py_buffer(b"\x05")
        return pa.table({"a": pa.Array.from_buffers(pa.float64(), 3, [valid, values])})

    assert encode("out", made(7.0)) == encode("out", made(9.0))


def test_polars_writes_its_tables_where_pyarrow_is_lacking():
    code = """
import sys
sys.modules["pyarrow"] = None
import polars
from modelops_bundle.worker.outputs import encode
frame = polars.DataFrame({"a": [1, 2], "c": polars.Series(["x", "y"], dtype=polars.Categorical)})
sys.stdout.buffer.write(encode("out", frame).data)
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert read(run.stdout).to_pydict() == {"a": [1, 2], "c": ["x", "y"]}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"a": [1, "x"]}, r"column a of the output out: .*"),
        ({"a": [2**70]}, r"column a of the output out: .*"),
        ({"a": [object()]}, r"column a of the output out: .*object.*"),
        (pd.DataFrame({"a": [1, "x"]}), r"the output out is no table for Arrow: .*column a.*"),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), r"the output out is no table.*a.*"),
        (
            pd.DataFrame({"t": [1]}, index=pd.Index([2], name="t")),
            r"the output out is no table for Arrow: cannot insert t.*",
        ),
    ],
)
def test_a_table_that_arrow_cannot_hold_is_said_with_the_place(value, text):
    with pytest.raises(FailedError, match=text):
        encode("out", value)


# --- arrays ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6.0).reshape(2, 3),
        np.asfortranarray(np.arange(6).reshape(2, 3)),
        np.array([1, 2], ">i4"),
        np.array([[True, False]]),
        np.zeros((0, 4)),
        np.array(2.5),
        np.array([1.0, math.nan, math.inf]),
        np.array(["2024-01-01", "NaT"], "M8[s]"),
        np.array(["a", "bcd"]),
        np.float32([1.5])[:, None],
        np.arange(10)[::-2],
    ],
)
def test_arrays_keep_shape_and_type(array):
    made = encode("out", array)
    assert made.kind == "array"
    back = read_array(made.data)
    np.testing.assert_array_equal(back, array)
    assert back.dtype == array.dtype.newbyteorder("=")


def test_a_matrix_and_whatever_else_shows_its_memory_are_arrays():
    class Results:
        def __init__(self) -> None:
            self.values = np.arange(3)
            self.__array_interface__ = self.values.__array_interface__

    np.testing.assert_array_equal(read_array(encode("out", Results()).data), [0, 1, 2])


@pytest.mark.parametrize(
    ("array", "text"),
    [
        (np.array([1j]), "complex128"),
        (np.array([(1, 2.0)], [("a", int), ("b", float)]), "mapping of arrays"),
        (np.ma.masked_array([1, 2], [True, False]), "masked"),
        (np.array([object()]), "no array for Arrow"),
    ],
)
def test_arrays_of_what_arrow_does_not_have_are_refused(array, text):
    with pytest.raises(FailedError, match=text):
        encode("out", array)


# --- JSON -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1, "1"),
        (True, "true"),
        (None, "null"),
        (0.1, "0.1"),
        (math.nan, "NaN"),
        (-math.inf, "-Infinity"),
        ("é", '"\\u00e9"'),
        ([1, 2.0], "[1,2.0]"),
        ((1, "a"), '[1,"a"]'),
        ({}, "{}"),
        ({"b": 1, "a": {"c": [None]}}, '{"b":1,"a":{"c":[null]}}'),
        ({"a": [1, 2], "b": [3]}, '{"a":[1,2],"b":[3]}'),
        ({"a": [1], "b": 2}, '{"a":[1],"b":2}'),
        (np.int64(3), "3"),
        (np.float32(0.5), "0.5"),
        (np.float64(0.1), "0.1"),
        (np.bool_(True), "true"),
        (np.str_("x"), '"x"'),
        ({"a": np.arange(2), "b": np.zeros((1, 2))}, '{"a":[0,1],"b":[[0.0,0.0]]}'),
        (Colour.RED, "3"),
        (2**200, str(2**200)),
    ],
)
def test_everything_else_is_json(value, text):
    assert as_json(value) == text


def circle() -> list:
    one: list = []
    one.append(one)
    return one


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({1, 2}, r"the output out is a builtins\.set; an output is a table"),
        (object(), r"the output out is a builtins\.object"),
        (b"bytes", r"builtins\.bytes"),
        (datetime.date(2024, 1, 1), r"datetime\.date"),
        (np.datetime64("2024-01-01"), r"datetime\.date"),
        (1j, r"builtins\.complex"),
        (np.longdouble(1), r"numpy\.longdouble"),
        ({"a": {"b": [0, {1}]}}, r"the output out\.a\.b\[1\] is a builtins\.set"),
        ({"a": {1: 2}}, r"the output out\.a has the key 1"),
        (circle(), "nested too deeply"),
        ([10**5000], "cannot be written as JSON"),
    ],
)
def test_anything_else_is_refused_with_its_place_and_type(value, text):
    with pytest.raises(FailedError, match=text):
        encode("out", value)


def test_a_table_without_pyarrow_says_how_to_get_it():
    code = """
import sys
sys.modules["pyarrow"] = None
from modelops_bundle.worker.outputs import encode
try:
    encode("out", {"a": [1]})
except Exception as error:
    print(error)
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.endswith("which the project's environment has not: uv add pyarrow\n")


@pytest.mark.parametrize(
    "values",
    [
        [1.5, float("nan"), -0.0, 1e308],
        (1, -(2**63), 2**63 - 1),
        ["a", "", "\N{SNOWMAN}", "x" * 1000],
        np.arange(5, dtype="uint32"),
        np.array([1.5, float("nan")])[::-1],
        np.arange(6.0).astype("float32"),
        range(4),
    ],
)
def test_plain_columns_are_made_as_arrow_makes_them(values):
    made = tables._made_directly(pa, values)
    assert str(made) == str(pa.array(values))
    plain = encode_columns("x", {"a": values})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tables, "_made_directly", lambda *_: None)
        assert encode_columns("x", {"a": values}) == plain


@pytest.mark.parametrize(
    "values",
    [
        [], [1, 2.5], [True], [1, None], [2**63], ["\ud800"], [[1]], pd.Series([1]),
        np.array([True]), np.array(["a"]), np.ma.array([1.0, 2.0], mask=[False, True]),
    ],
)  # fmt: skip
def test_other_columns_are_left_to_arrow(values):
    assert tables._made_directly(pa, values) is None


def test_plain_tables_load_no_pandas():
    code = (
        "import sys; from modelops_bundle.worker.tables import encode_columns as f;"
        " f('x', {'a': [1], 'b': [1.5], 'c': ['x']}); print('pandas' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
