from __future__ import annotations

import io
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelops_bundle.hashing.tables import summarize_table
from modelops_bundle.identity.streams import COLUMN_BATCH


def summary(text, name="t.csv", limit=10**9):
    data = text if isinstance(text, bytes) else text.encode()
    return summarize_table(name, data, limit)


def columns(text, name="t.csv"):
    return dict(summary(text, name).columns)


def differing(before, after):
    old, new = columns(before), columns(after)
    return {name for name in {*old, *new} if old.get(name) != new.get(name)}


BASE = "day,cases,region\n1,10,north\n2,20,south\n"


def test_rows_and_columns():
    found = summary(BASE)
    assert found.rows == 2
    assert [name for name, _ in found.columns] == ["day", "cases", "region"]
    assert all(digest.startswith("blake2b:") for _, digest in found.columns)


def test_only_the_columns_that_were_touched_differ():
    assert differing(BASE, BASE.replace("20", "21")) == {"cases"}
    assert differing(BASE, BASE.replace("north", "North").replace("1,", "7,")) == {"day", "region"}
    assert differing(BASE, BASE + "3,30,east\n") == {"day", "cases", "region"}
    assert differing(BASE, BASE.replace("cases", "Cases")) == {"cases", "Cases"}


def test_the_order_of_rows_counts_and_that_of_columns_does_not():
    assert differing(BASE, "day,cases,region\n2,20,south\n1,10,north\n") == {
        "day",
        "cases",
        "region",
    }
    assert differing(BASE, "region,day,cases\nnorth,1,10\nsouth,2,20\n") == set()


def test_cells_do_not_run_into_each_other():
    assert differing("a\nbc\nd\n", "a\nb\ncd\n") == {"a"}
    assert differing("a,b\nx,\n", "a,b\nx\n") == {"b"}  # empty is not missing


@pytest.mark.parametrize(
    "text",
    [
        BASE.replace("\n", "\r\n"),
        BASE.rstrip("\n"),
        BASE.replace("\n", "\n\n"),
        "\ufeff" + BASE,
        BASE.replace(",", ";"),
        BASE.replace(",", "\t"),
        BASE.replace("north", '"north"'),
        "\n" + BASE,
    ],
)
def test_the_way_of_writing_does_not_count(text):
    assert differing(BASE, text) == set()
    assert summary(text).rows == 2


def test_the_separator_is_not_looked_for_in_quotes():
    assert list(columns('"a,b,c";d\n1;2\n')) == ["a,b,c", "d"]
    assert list(columns("a,b\tc,d\n", "t.tsv")) == ["a,b", "c,d"]


def test_names_are_made_unique():
    assert list(columns("a,a,,a#2\n1,2,3,4\n")) == ["a", "a#2", "#3", "a#2#4"]


def test_ragged_rows():
    text = "a\n" + "1\n" * (2 * COLUMN_BATCH + 5) + "1,late\n"
    assert list(columns(text)) == ["a", "#2"]
    assert differing(text, text.replace("late", "Late")) == {"#2"}
    assert differing(text, "a\n" + "1\n" * COLUMN_BATCH + text[2:]) == {"a", "#2"}


@pytest.mark.parametrize(
    "text",
    ["", "\n\n", "a,b", b"\xff\xfe\0\0", b"\0\0\0", b"a\n\xed\xb3\xbf"],
)
def test_strange_bytes_are_no_trouble(text):
    assert summary(text).rows in (0, 1)


def test_what_is_no_table_has_no_summary():
    assert summary(BASE, "t.txt") is None
    assert summary(BASE, limit=len(BASE) - 1) is None
    assert summary(BASE, limit=len(BASE)) is not None
    assert summary('a\n"' + "x" * 200_000) is None
    assert summary("not parquet", "t.parquet") is None


def test_one_absurdly_long_line_does_not_fill_the_memory():
    assert summary("a\n" + "1\n" * 5000 + "," * 5_000_000) is None


@pytest.mark.parametrize(
    "text", ["," * 70_000 + "\n" + "1\n" * 35_000, "," * 200_000, "a\n" + "," * 200_000]
)
def test_a_table_that_is_absurdly_wide_has_no_summary(text):
    assert summary(text) is None


def test_a_table_that_is_wide_or_ragged_within_reason_has_one():
    assert len(summary("," * 20_000 + "\n" + "1\n").columns) == 20_001
    assert summary("a,b,c,d\n" + "1\n" * 50_000).rows == 50_000


@given(st.lists(st.lists(st.text(max_size=3), min_size=1, max_size=4), max_size=5))
def test_any_cells(rows):
    import csv

    out = io.StringIO()
    csv.writer(out).writerows([["h1", "h2", "h3", "h4"], *rows])
    data = out.getvalue().encode("utf-8", "surrogatepass")
    found = summarize_table("T.CSV", data, 10**6)
    assert found == summarize_table("t.csv", data, 10**6)


def parquet_of(table, **options):
    from pyarrow import parquet

    out = io.BytesIO()
    parquet.write_table(table, out, **options)
    return out.getvalue()


@pytest.fixture
def table():
    pa = pytest.importorskip("pyarrow")
    count = 70_000
    return pa.table(
        {
            "n": pa.array([None if i % 7 == 0 else i for i in range(count)]),
            "x": [i / 3 for i in range(count)],
            "s": pa.array([None if i % 5 == 0 else f"r{i % 11}" for i in range(count)]),
            "d": pa.array([f"r{i % 3}" for i in range(count)]).dictionary_encode(),
            "b": pa.array([None if i % 3 == 0 else i % 2 == 0 for i in range(count)]),
            "l": [[i, None] for i in range(count)],
            "t": pa.array(range(count), pa.timestamp("us")),
        }
    )


def test_parquet_values_count_and_their_layout_does_not(table):
    found = summary(parquet_of(table), "t.parquet")
    assert found.rows == 70_000
    assert [name for name, _ in found.columns] == ["n", "x", "s", "d", "b", "l", "t"]
    for options in ({"compression": "none"}, {"row_group_size": 999}, {"use_dictionary": False}):
        assert summary(parquet_of(table, **options), "t.parquet") == found


@pytest.mark.parametrize("name", ["n", "x", "s", "d", "b", "l", "t"])
def test_a_parquet_column_that_was_touched_differs(table, name):
    import pyarrow as pa

    before = dict(summary(parquet_of(table), "t.parquet").columns)
    values = table.column(name).to_pylist()
    values[69_000], values[69_001] = values[69_002], values[69_000]
    kind = table.schema.field(name).type
    plain = kind.value_type if pa.types.is_dictionary(kind) else kind
    changed = pa.array(values, plain)
    changed = changed.dictionary_encode() if pa.types.is_dictionary(kind) else changed
    index = table.schema.get_field_index(name)
    after = dict(summary(parquet_of(table.set_column(index, name, changed)), "t.parquet").columns)
    assert {key for key in before if before[key] != after[key]} == {name}


def test_a_null_is_no_zero_and_no_empty_text():
    pa = pytest.importorskip("pyarrow")
    for kind, empty in ((pa.int64(), 0), (pa.string(), ""), (pa.bool_(), False)):
        with_null = parquet_of(
            pa.table({"c": pa.array([1 if kind == pa.int64() else None, None], kind)})
        )
        without = parquet_of(
            pa.table({"c": pa.array([1 if kind == pa.int64() else None, empty], kind)})
        )
        assert summary(with_null, "t.parquet") != summary(without, "t.parquet")


def test_without_pyarrow_parquet_is_bytes(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.delitem(sys.modules, "modelops_bundle.hashing.parquet", raising=False)
    assert summary("PAR1", "t.parquet") is None


@pytest.mark.parametrize("kind", ["timestamp[us]", "date32", "duration[us]", "time64[us]", "zone"])
def test_nested_times_that_python_does_not_know_are_no_crash(kind):
    pa = pytest.importorskip("pyarrow")
    small = kind == "date32"
    numbers = pa.array([2**31 - 1 if small else 2**62], pa.int32() if small else pa.int64())
    values = numbers.view(pa.timestamp("us", "Mars/Base") if kind == "zone" else kind)
    listed = pa.ListArray.from_arrays(pa.array([0, 1], pa.int32()), values)
    found = summary(parquet_of(pa.table({"c": listed})), "t.parquet")
    assert (found is not None) is (kind == "duration[us]")
    assert summary(parquet_of(pa.table({"c": values})), "t.parquet") is not None


def test_parquet_that_unpacks_to_far_more_than_its_size_has_no_summary():
    pa = pytest.importorskip("pyarrow")
    count = 200_000
    long = pa.DictionaryArray.from_arrays(pa.array([0] * count, pa.int32()), ["x" * 100])
    for column in ([0] * count, long, [[0] * count]):
        for options in ({}, {"store_schema": False}, {"use_dictionary": False}):
            packed = parquet_of(pa.table({"c": column}), compression="zstd", **options)
            assert len(packed) < 50_000
            assert summary(packed, "t.parquet", limit=50_000) is None
            assert summary(packed, "t.parquet") is not None
