"""Tables to files, whole or not at all."""

import base64
import datetime
import json
import math
import os
import stat
import sys

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from pyarrow import csv, parquet

from modelops_bundle.adapters.table_files import check_table_path, write_table
from modelops_bundle.errors import StorageError, UsageError

TABLE = pa.table(
    {
        "beta": [0.5, 1 / 3, math.nan],
        "seed": pa.array([0, 2**64 - 1, 1], pa.uint64()),
        "place": ['a,"b"\n', "", None],
        "on": [True, None, False],
    }
)
NAMES = ["t.csv", "t.parquet", "t.arrow", "t.feather", "t.jsonl", "t.ndjson"]


def read(path):
    suffix = os.path.splitext(path)[1]
    if suffix == ".csv":
        options = csv.ConvertOptions(
            column_types=TABLE.schema,
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
        )
        parsing = csv.ParseOptions(newlines_in_values=True)
        return csv.read_csv(path, convert_options=options, parse_options=parsing)
    if suffix == ".parquet":
        return parquet.read_table(path)
    if suffix in (".arrow", ".feather"):
        return pa.ipc.open_file(path).read_all()
    with open(path, encoding="utf-8") as lines:
        return pa.Table.from_pylist(list(map(json.loads, lines)), TABLE.schema)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_written_is_read_back(tmp_path, name):
    path = str(tmp_path / name)
    table = pa.concat_tables([TABLE] * 2_000).combine_chunks()
    write_table(table, path)
    back = read(path)
    for column in ("seed", "place", "on"):
        assert back.column(column).equals(table.column(column)), column
    if "nd" in name or "jsonl" in name:
        assert back.column("beta")[:3].to_pylist() == [0.5, 1 / 3, None]
    else:
        assert back.column("beta")[:2].to_pylist() == [0.5, 1 / 3]
        assert math.isnan(back.column("beta")[2].as_py())
    assert os.listdir(tmp_path) == [name]


def test_other_libraries_read_it(tmp_path):
    for name in ("t.csv", "t.parquet", "t.arrow"):
        write_table(TABLE, str(tmp_path / name))
    assert pd.read_csv(tmp_path / "t.csv")["seed"].tolist() == [0, 2**64 - 1, 1]
    assert pd.read_parquet(tmp_path / "t.parquet")["beta"][1] == 1 / 3
    assert pl.read_ipc(tmp_path / "t.arrow")["seed"].to_list() == [0, 2**64 - 1, 1]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "table",
    [
        pa.table({}),
        pa.table({"seed": pa.array([], pa.uint64())}),
        pa.table({"a": pa.nulls(2)}),
        pa.table([[1], [2]], names=["x", "x"]),
    ],
    ids=["no columns", "no rows", "nulls", "twice"],
)
def test_odd_tables(tmp_path, name, table):
    path = tmp_path / name
    if name.endswith("json") or "jsonl" in name:
        table = table.rename_columns([f"{n}{each}" for n, each in enumerate(table.column_names)])
    write_table(table, str(path))
    assert path.exists()


def test_values_that_text_has_not(tmp_path):
    table = pa.table(
        {
            "list": [[1.5, None], None],
            "struct": [{"x": datetime.date(2024, 1, 1)}, {"x": None}],
            "bytes": [b"\xff", None],
            "time": [datetime.datetime(2024, 1, 1, 12), None],
            "category": pa.array(["a", None]).dictionary_encode(),
        }
    )
    text = base64.b64encode(b"\xff").decode()
    write_table(table, str(tmp_path / "t.jsonl"))
    first = json.loads((tmp_path / "t.jsonl").read_text().splitlines()[0])
    assert first == {
        "list": [1.5, None],
        "struct": {"x": "2024-01-01"},
        "bytes": text,
        "time": "2024-01-01T12:00:00",
        "category": "a",
    }
    write_table(table, str(tmp_path / "t.csv"))
    frame = pd.read_csv(tmp_path / "t.csv")
    assert json.loads(frame["list"][0]) == [1.5, None]
    assert frame["bytes"][0] == text
    assert frame["category"][0] == "a"


@pytest.mark.parametrize("path", ["t", "t.xlsx", "csv", ".csv"])
def test_names_of_no_known_kind(tmp_path, path):
    with pytest.raises(UsageError, match="jsonl"):
        check_table_path(path)
    with pytest.raises(UsageError):
        write_table(TABLE, str(tmp_path / path))
    assert not os.listdir(tmp_path)


def test_a_file_that_is_there_is_replaced_and_keeps_its_mode(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("old")
    path.chmod(0o600)
    write_table(TABLE, str(path))
    assert path.read_text().startswith('"beta"')
    if sys.platform != "win32":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_column_that_a_format_has_not(tmp_path):
    path = tmp_path / "t.parquet"
    path.write_text("old")
    mixed = pa.UnionArray.from_sparse(
        pa.array([0, 1], pa.int8()), [pa.array([1, 2]), pa.array(["a", "b"])]
    )
    with pytest.raises(UsageError):
        write_table(pa.table({"a": mixed}), str(path))
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["t.parquet"]


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(StorageError):
        write_table(TABLE, str(tmp_path / "no" / "t.csv"))


@pytest.mark.skipif(sys.platform == "win32", reason="no limits of this kind")
@pytest.mark.parametrize("name", NAMES)
def test_a_file_that_is_refused_half_way(tmp_path, name):
    import resource

    path = tmp_path / name
    path.write_text("old")
    table = pa.table({"x": [number / 7 for number in range(300_000)]})
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, limits[1]))
    try:
        with pytest.raises(StorageError, match="too large"):
            write_table(table, str(path))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == [name]
