"""Parameter sets from YAML, and what its versions disagree on."""

import pytest

from modelops_bundle.errors import ParameterError
from modelops_bundle.results.parameter_yaml import source_of_yaml
from modelops_bundle.results.parameters import plan_simulations


def sets(text):
    return list(source_of_yaml(text.encode(), "p.yaml").sets)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1), ("-1", -1), ("+1", 1), ("0", 0), ("0.5", 0.5), (".5", 0.5), ("1.", 1.0), ("1e-3", 0.001),
        ("1.5E+10", 1.5e10), ("true", True), ("False", False), ("null", None), ("~", None), ("'no'", "no"),
        ('"1"', "1"), ("'010'", "010"), ("2024-01-01", "2024-01-01"), ("north", "north"), ("1 000", "1 000"),
        ("y", "y"), ("n", "n"), ("1.2.3", "1.2.3"), ("[1, 2.5, null]", [1, 2.5, None]), ("{a: 1}", {"a": 1}),
        ("|\n  text\n", "text\n"), ("=", "="), ("<<", "<<"), ("0123abc", "0123abc"),
        ("2024-01-01T00:00:00Z", "2024-01-01T00:00:00Z"), ("!!str 1", "1"), ("''", ""),
    ],
)  # fmt: skip
def test_scalars(text, value):
    ((_, found),) = sets(f"k: {text}\n")[0].items()
    assert type(found) is type(value)
    assert found == value


@pytest.mark.parametrize("text", ["no", "Yes", "on", "OFF"])
def test_truth_values_of_one_version_only(text):
    with pytest.raises(ParameterError) as caught:
        sets(f"a: 1\nk: {text}\n")
    assert f"line 2, k: {text} is text or a truth value" in str(caught.value)
    assert f'"{text}"' in str(caught.value)


@pytest.mark.parametrize(
    "text",
    ["010", "007", "-012", "1_000", "0x1F", "0o17", "0b11", "12:30", "1:2:3.5", "1_0.5", "00.5"],
)
def test_numbers_of_one_version_only(text):
    with pytest.raises(ParameterError, match="is text or a number"):
        sets(f"k: {text}\n")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("k: .nan", "k: a value is .nan"),
        ("- k: -.Inf", "0.k: a value is -.Inf"),
        ("k: nan", "a value is nan"),
        ("k: 1.0e+999", "too large"),
        ("k:", "line 1, k: a value is missing"),
        ("- ", "line 1, 0: a value is missing"),
        ("k: " + "9" * 5000, "too many digits"),
        ("k: 1\nk: 2", "key 'k' stands twice"),
        ("a: &x {b: 1}\nc: {<<: *x}", "merge keys"),
        ("k: !!python/object:os.system {}", "not allowed"),
        ("k: !!int '1'", "not allowed"),
        ("? [1]\n: 2", "a key is no text"),
        ("[" * 50_000, "nested deeper"),
        ("- " * 50_000, "nested deeper"),
        ("{a: " * 50_000, "nested deeper"),
        ("", "it is empty"),
        ("# only\n", "only comments"),
        ("a: 1\n---\na: 2", "second document"),
        ("a: [1", "not YAML"),
        ("\ta: 1", "not YAML"),
        ("just text", "got str"),
        ("5", "got int"),
        ("[]", "no parameter sets"),
        ("[1]", "set 1: expected a mapping"),
    ],
    ids=lambda value: value[:15],
)
def test_documents_that_cannot_be_used(text, words):
    with pytest.raises(ParameterError) as caught:
        plan_simulations(source_of_yaml(text.encode(), "p.yaml"))
    assert words in str(caught.value)
    assert len(str(caught.value)) < 1000


def test_aliases_without_end():
    lines = ["a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]"]
    lines += [f"a{n}: &a{n} [" + ", ".join([f"*a{n - 1}"] * 10) + "]" for n in range(1, 20)]
    with pytest.raises(ParameterError, match="aliases expand"):
        sets("\n".join(lines))


def test_names_are_text_as_written():
    assert sets("- n: 1\n  on: 2\n  1: 3\n") == [{"n": 1, "on": 2, "1": 3}]


def test_bytes_that_are_no_text():
    for data in (b"\xff\xfek\0:\0", b"k: \xff"):
        with pytest.raises(ParameterError):
            source_of_yaml(data, "p.yaml")
    assert list(source_of_yaml(b"\xef\xbb\xbfk: 1", "p.yaml").sets) == [{"k": 1}]
