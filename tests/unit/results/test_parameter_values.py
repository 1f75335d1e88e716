"""One value from text."""

import pytest

from modelops_bundle.errors import ParameterError
from modelops_bundle.results.parameter_values import (
    parse_cell,
    parse_grid,
    parse_setting,
    read_json,
)


def same(value, expected):
    return type(value) is type(expected) and value == expected


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1),
        ("-0", 0),
        ("+3", 3),
        (" 2 ", 2),
        ("1.0", 1.0),
        (".5", 0.5),
        ("1.", 1.0),
        ("-1e-3", -0.001),
        ("1E5", 100000.0),
        ("18446744073709551616", 2**64),
        ("true", True),
        ("False", False),
        ("TRUE", True),
        ("007", "007"),
        ("00.5", "00.5"),
        ("1_000", "1_000"),
        ("0x10", "0x10"),
        ("1 000", "1 000"),
        ("\u0661", "\u0661"),
        ("yes", "yes"),
        ("null", "null"),
        ("NA", "NA"),
        ("nano", "nano"),
        ("[1]", "[1]"),
        ("a b", "a b"),
    ],
)
def test_cells(text, value):
    assert same(parse_cell(text), value)


@pytest.mark.parametrize(
    "text", ["", "  ", "nan", "NaN", "-inf", "Infinity", "1e999", "-1e999", "9" * 5000]
)
def test_cells_without_a_value(text):
    with pytest.raises(ParameterError) as caught:
        parse_cell(text)
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize("text", ["1" * 200_000 + "x", "1" * 200_000 + ".", "." * 200_000])
def test_a_long_cell_takes_no_time(text):
    assert parse_cell(text + "y") == text + "y"


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("k=1", 1),
        ("k=0.3", 0.3),
        ("k=true", True),
        ("k=null", None),
        ('k="1"', "1"),
        ('k="null"', "null"),
        ('k=""', ""),
        ("k=[1, 2.5]", [1, 2.5]),
        ('k={"a": [null]}', {"a": [None]}),
        ("k=a=b", "a=b"),
        ("k= north ", "north"),
        ("k=it's", "it's"),
        ("k=1,2", "1,2"),
    ],
)
def test_settings(option, value):
    name, found = parse_setting(option)
    assert name == "k"
    assert same(found, value)


@pytest.mark.parametrize(
    ("option", "values"),
    [
        ("k=1,2", (1, 2)),
        ("k=0.1, 0.2", (0.1, 0.2)),
        ("k=north,south", ("north", "south")),
        ('k="a,b","c"', ("a,b", "c")),
        ('k="a\\",b",2', ('a",b', 2)),
        ("k=[1,2],[3]", ([1, 2], [3])),
        ('k={"a": 1, "b": 2},null', ({"a": 1, "b": 2}, None)),
        ("k=a[1,b]", ("a[1", "b]")),
        ("k=5", (5,)),
    ],
)
def test_grids(option, values):
    assert parse_grid(option) == ("k", values)


@pytest.mark.parametrize("parse", [parse_setting, parse_grid])
@pytest.mark.parametrize(
    "option",
    [
        "k", "", "=1", " =1", "k=", "k=nan", "k=Infinity", "k=[NaN]", "k=[1", 'k="a', "k={a: 1}", 'k="a"b',
        'k={"a": 1, "a": 2}', "k=1e999", "k=" + "9" * 5000, "k=[" + "9" * 5000 + "]", "k=" + "[" * 100_000,
    ],
    ids=lambda option: option[:20],
)  # fmt: skip
def test_options_that_cannot_be_used(parse, option):
    with pytest.raises(ParameterError) as caught:
        parse(option)
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize("option", ["k=1,,2", "k=1,", "k=,", 'k="a" b,c'])
def test_grids_that_cannot_be_used(option):
    with pytest.raises(ParameterError):
        parse_grid(option)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "line 1, column 2"),
        ("[1,\n2\n3]", "line 3"),
        ('{"a": {"b": 1, "b": 2}}', "'b' stands twice"),
        ("[NaN]", "NaN"),
        ("[-Infinity]", "-Infinity"),
        ("[" * 1_000_000, "deeply"),
        ('{"a":' * 1_000_000, "deeply"),
        ("1" * 5000, "too many digits"),
        ("", "line 1"),
        ("{'a': 1}", "line 1"),
    ],
    ids=lambda text: text[:12],
)
def test_what_is_no_json(text, words):
    with pytest.raises(ParameterError) as caught:
        read_json(text)
    assert words in str(caught.value)
