"""Stored outputs to values, and bytes that are none."""

import math
import subprocess
import sys

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from tests.support.outputs import array_output, ipc_file, ipc_stream, json_output, table_output

from modelops_bundle.errors import MopsError
from modelops_bundle.results.record import Output
from modelops_bundle.results.tables import OutputError, decode

TABLE = pa.table({"day": [0, 1], "cases": [0.5, math.nan], "place": ["a", None]})


@pytest.mark.parametrize("write", [ipc_stream, ipc_file])
def test_tables(write):
    found = decode(Output("out", "table", write(TABLE)))
    assert found.schema == TABLE.schema
    assert found.column("place").to_pylist() == ["a", None]


def test_tables_of_other_libraries():
    frame = pl.DataFrame({"day": [0, 1], "place": ["a", "b"]})
    assert pl.from_arrow(decode(table_output(frame.to_arrow()))).equals(frame)
    frame = pd.DataFrame({"day": [0, 1], "place": pd.Categorical(["a", "b"])})
    back = decode(table_output(pa.Table.from_pandas(frame))).to_pandas()
    pd.testing.assert_frame_equal(back, frame)


@pytest.mark.parametrize(
    "array",
    [
        np.array(1.5),
        np.arange(3.0),
        np.arange(24.0).reshape(2, 3, 4),
        np.zeros((2, 0)),
        np.zeros((0, 3)),
        np.zeros((2, 0, 3)),
        np.ones((1, 1, 1, 1)),
    ],
    ids=lambda array: str(array.shape),
)
def test_arrays(array):
    found = decode(array_output(array.ravel(), array.shape))
    assert (found.shape, found.dtype) == (array.shape, "float64")
    assert found.nested() == array.tolist()


@pytest.mark.parametrize("value", [1, None, "é", [1, {"a": 2.5}], {"a": math.inf}])
def test_json(value):
    assert decode(json_output(value)) == value


def test_json_numbers_may_be_none():
    assert math.isnan(decode(Output("out", "json", b"NaN")))


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("json", b""),
        ("json", b"{"),
        ("json", b'"\xff"'),
        ("json", b"[" * 1_000_000),
        ("json", b"1" * 5000),
        ("table", b""),
        ("table", b"ARROW1"),
        ("table", b"ARROW1\0\0" * 10),
        ("table", b"\xff\xff\xff\xff\xff\xff\xff\x7f"),
        ("table", b"\xff\xff\xff\xff\x00\x00\x00\x80"),
        ("table", ipc_stream(TABLE)[:-20]),
        ("table", ipc_file(TABLE)[:-1]),
        ("array", ipc_stream(TABLE)),
        ("array", ipc_stream(pa.table({"value": [1.0]}))),
        ("pickle", b"cos\nsystem\n(S'true'\ntR."),
        ("", b""),
    ],
    ids=lambda value: str(value)[:12],
)
def test_bytes_that_are_no_such_output(kind, data):
    with pytest.raises(OutputError) as caught:
        decode(Output("out", kind, data))
    assert isinstance(caught.value, MopsError)
    assert "out" in str(caught.value)
    assert len(str(caught.value)) < 1000


@pytest.mark.parametrize(
    "shape",
    [
        [3], [], [2, -1], [True, 2], [2.0], "2", {}, None, [2, 1, 10**30], [0], [10**18, 0], [0, 10**7],
        [1] * 100, [[2]],
    ],
    ids=str,
)  # fmt: skip
def test_shapes_that_are_none(shape):
    values = [] if isinstance(shape, list) and 0 in shape[-2:] and shape != [0] else [1.0, 2.0]
    with pytest.raises(OutputError):
        decode(array_output(values, shape))


def test_a_dtype_that_is_none():
    with pytest.raises(OutputError, match="dtype"):
        decode(array_output([1.0], [1], dtype=None))


def test_indices_beyond_the_categories_are_noticed():
    column = pa.DictionaryArray.from_arrays(pa.array([0, 5], pa.int32()), ["a"], safe=False)
    with pytest.raises(OutputError):
        decode(table_output({"a": column}))


def test_text_that_is_not_utf8_is_noticed():
    column = pa.array([b"\xff\xfe"]).view(pa.string())
    with pytest.raises(OutputError):
        decode(table_output({"a": column}))


class Registered(pa.ExtensionType):
    """A type that runs code when a table that names it is read."""

    asked = 0

    def __init__(self):
        super().__init__(pa.int64(), "tests.registered")

    def __arrow_ext_serialize__(self):
        return b"anything"

    @classmethod
    def __arrow_ext_deserialize__(cls, storage_type, serialized):
        Registered.asked += 1
        return cls()


@pytest.mark.parametrize("write", [ipc_stream, ipc_file])
@pytest.mark.parametrize("nested", [False, True])
def test_registered_types_are_not_asked(write, nested):
    pa.register_extension_type(Registered())
    try:
        column = pa.ExtensionArray.from_storage(Registered(), pa.array([1, 2]))
        if nested:
            column = pa.StructArray.from_arrays([column], names=["x"])
        data = write(pa.table({"a": column, "ARROW:extension:name": [1, 2]}))
        Registered.asked = 0
        found = decode(Output("out", "table", data))
        values = [{"x": 1}, {"x": 2}] if nested else [1, 2]
        assert found.column(0).to_pylist() == values
        assert Registered.asked == 0
    finally:
        pa.unregister_extension_type("tests.registered")


def test_without_pyarrow_the_mend_is_said():
    program = """
import sys
sys.modules["pyarrow"] = None
from modelops_bundle.errors import UsageError
from modelops_bundle.results.record import Output
from modelops_bundle.results.tables import decode
print(decode(Output("out", "json", b"[1]")))
try:
    decode(Output("out", "table", b""))
except UsageError as error:
    print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("[1]\n")
    assert 'uv add "modelops-bundle[tables]"' in done.stdout
