"""Parameter sets from delimited text and from tables of Arrow."""

import datetime
import decimal

import pyarrow as pa
import pytest

from modelops_bundle.errors import ParameterError
from modelops_bundle.results.parameter_tables import source_of_arrow, source_of_csv
from modelops_bundle.results.parameters import plan_simulations


def refusal(source, *arguments, **options):
    with pytest.raises(ParameterError) as caught:
        plan_simulations(source(*arguments), **options)
    text = str(caught.value)
    assert len(text) < 3000
    return text


def test_cells_are_what_they_look_like():
    text = 'beta,n,on,place,label\r\n0.5,1,true,007,"a,b"\r\n\r\n.25,2,FALSE,north, x \r\n'
    source = source_of_csv(text, "p.csv")
    assert list(source.sets) == [
        {"beta": 0.5, "n": 1, "on": True, "place": "007", "label": "a,b"},
        {"beta": 0.25, "n": 2, "on": False, "place": "north", "label": "x"},
    ]
    assert [source.place(number) for number in range(2)] == ["p.csv line 2", "p.csv line 4"]
    assert not source.problems


def test_cells_may_hold_line_ends():
    source = source_of_csv('a,b\n"x\r\ny",1\n"z",2\n', "p.csv")
    assert source.sets[0]["a"] == "x\r\ny"
    assert source.place(1) == "p.csv line 4"


def test_tabs():
    assert list(source_of_csv("a\tb\n1,5\t2\n", "p.tsv", "\t").sets) == [{"a": "1,5", "b": 2}]


def test_a_column_of_seeds():
    plan = plan_simulations(source_of_csv("beta,seed\n0.5,3\n0.5,4\n", "p.csv"))
    assert [(each.params, each.seed) for each in plan] == [({"beta": 0.5}, 3), ({"beta": 0.5}, 4)]


def test_all_problems_of_a_file_are_told_together():
    text = "beta,gama\n0.5,1\nnan,2\n0.5,\n1,2,3\n0.5,1\n1e999,3\n"
    told = refusal(source_of_csv, text, "p.csv", known_parameters=["beta", "gamma"])
    for words in (
        "p.csv line 3: beta: a value is nan",
        "p.csv line 4: gama: a value is empty",
        "p.csv line 5: it has 3 cells, expected 2",
        "p.csv line 6: it has the same parameters as p.csv line 2",
        "p.csv line 7: beta: 1e999 is too large",
        "the model has no parameter gama; did you mean gamma?",
    ):
        assert words in told


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "it is empty"),
        ("\n\n", "it is empty"),
        ("a,b\n", "holds no sets"),
        ("a;b\n1;2\n", "';' stands between"),
        ("a\tb\n1\t2\n", "stands between"),
        ("a,b,a\n1,2,3\n", "columns stand twice: a"),
        ("a, a\n1,2\n", "columns stand twice: a"),
        (",a\n0,1\n", "column 1 has no name"),
        ("a,\n1,2\n", "column 2 has no name"),
        ('a\n"x\n', "line 2"),
        ('a\n"x"y\n', "line 2"),
        ("a\n" + "x" * 10_000_000, "from line 2 on it is not CSV"),
        ('a\n"' + "x" * 10_000_000, "from line 2 on it is not CSV"),
        ("a\n" + "1" * 10_000, "too many digits"),
        ("a,b\n,\n", "a value is empty"),
        ("a\n" + "\n".join(["nan"] * 100_000), "and 991 more"),
        (",".join(["a"] * 100_000) + "\n", "columns stand twice: a"),
        (",".join(f"a{n}" for n in range(100_000)) + "\n1\n", "it has 1 cells, expected 100000"),
        ("a\n\ud800", "not Unicode"),
    ],
    ids=lambda value: value[:15],
)
def test_text_that_cannot_be_used(text, words):
    assert words in refusal(source_of_csv, text, "p.csv")


def test_types_of_arrow():
    table = pa.table(
        {
            "i8": pa.array([1, 2], pa.int8()),
            "u64": pa.array([2**64 - 1, 0], pa.uint64()),
            "f32": pa.array([0.5, 0.25], pa.float32()),
            "bool": [True, False],
            "text": ["a", "b"],
            "category": pa.array(["a", "b"]).dictionary_encode(),
            "date": [datetime.date(2024, 1, 31), datetime.date(2024, 2, 29)],
            "list": [[1, 2], []],
            "struct": [{"x": 1.5, "d": datetime.date(2024, 1, 1)}, {"x": 2.5, "d": None}],
            "__index_level_0__": ["a", "b"],
        }
    )
    source = source_of_arrow(table, "p.parquet")
    assert source.sets[0] == {
        "i8": 1, "u64": 2**64 - 1, "f32": 0.5, "bool": True, "text": "a", "category": "a",
        "date": "2024-01-31", "list": [1, 2], "struct": {"x": 1.5, "d": "2024-01-01"},
    }  # fmt: skip
    assert source.sets[-1]["struct"] == {"x": 2.5, "d": None}
    assert source.place(1) == "p.parquet row 2"
    assert len(plan_simulations(source)) == 2


def test_nulls_and_nan_are_told_with_their_row():
    table = pa.table({"a": [1.0, None, float("nan")], "b": pa.nulls(3)})
    told = refusal(source_of_arrow, table, "p.parquet")
    assert "row 2: a is empty" in told
    assert "row 1: b is empty" in told
    assert "row 3: params['a'] is nan" in told


@pytest.mark.parametrize(
    ("column", "words"),
    [
        (pa.array([decimal.Decimal("1.5")]), "column a is decimal128(2, 1)"),
        (pa.array([b"x"]), "column a is binary"),
        (pa.array([datetime.datetime(2024, 1, 1)]), "column a is timestamp[us]"),
        (pa.array([datetime.timedelta(1)]), "column a is duration[us]"),
        (pa.array([[b"x"]]), "column a is list<item: binary>"),
        (pa.array([[("k", 1)]], pa.map_(pa.string(), pa.int64())), "column a is map<string, int64"),
    ],
    ids=lambda value: str(getattr(value, "type", "")),
)
def test_types_that_json_has_not(column, words):
    assert words in refusal(source_of_arrow, pa.table({"a": column}), "p.parquet")


def test_a_date_that_python_has_not():
    table = pa.table({"d": pa.array([1, 2**30], pa.int32()).cast(pa.date32()), "a": [1, 1]})
    told = refusal(source_of_arrow, table, "p.parquet")
    assert "column d: " in told
    assert "same parameters" not in told


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (pa.table({}), "no parameter sets"),
        (pa.table({"a": pa.array([], pa.int64())}), "no parameter sets"),
        (pa.table([[1], [2]], names=["a", "a"]), "columns stand twice: a"),
        (pa.table([[1]], names=[""]), "column 1 has no name"),
    ],
    ids=["no columns", "no rows", "twice", "nameless"],
)
def test_tables_that_cannot_be_used(table, words):
    assert words in refusal(source_of_arrow, table, "p.parquet")


def test_a_name_may_hold_what_separates_elsewhere():
    assert list(source_of_arrow(pa.table({"a;b": [1]}), "x").sets) == [{"a;b": 1}]
