"""Seeds from text and numbers: what they are, and what none is."""

import numpy as np
import pytest

from modelops_bundle.errors import ParameterError
from modelops_bundle.results.seeds import MOST_SEEDS, parse_seeds, seeds_of


@pytest.mark.parametrize(
    ("text", "seeds"),
    [
        ("5", [5]),
        ("0:4", [0, 1, 2, 3]),
        ("0:100:25", [0, 25, 50, 75]),
        ("1,2,7", [1, 2, 7]),
        (" 0:3 , 100 ", [0, 1, 2, 100]),
        ("7,0:2", [7, 0, 1]),
        ("18446744073709551615", [2**64 - 1]),
        ("18446744073709551614:18446744073709551616", [2**64 - 2, 2**64 - 1]),
        ("0:10:3,1:10:3", [0, 3, 6, 9, 1, 4, 7]),
    ],
)
def test_text(text, seeds):
    assert list(parse_seeds(text)) == seeds


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "not understood"),
        ("a", "not understood"),
        ("1.0", "not understood"),
        ("1:2:3:4", "not understood"),
        (":5", "not understood"),
        ("1,,2", "not understood"),
        ("0x10", "not understood"),
        ("\u0661", "not understood"),
        ("9" * 10_000, "not understood"),
        ("5:5", "holds none"),
        ("5:0", "holds none"),
        ("0:5:0", "leads nowhere"),
        ("0:5:-1", "leads nowhere"),
        ("-1", "unsigned"),
        ("-3:2", "unsigned"),
        ("18446744073709551616", "unsigned"),
        ("0:18446744073709551617:18446744073709551616", "unsigned"),
        ("0:18446744073709551616", "too many"),
        ("0:10,5", "seed 5 is given twice"),
        ("0:10:2,3,4", "seed 4 is given twice"),
        ("1,1", "seed 1 is given twice"),
    ],
)
def test_text_that_holds_no_seeds(text, words):
    with pytest.raises(ParameterError) as caught:
        parse_seeds(text)
    assert words in str(caught.value)
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize(
    ("given", "seeds"),
    [
        (None, [0]),
        (3, [3]),
        (np.uint64(2**64 - 1), [2**64 - 1]),
        (range(3), [0, 1, 2]),
        (range(3, 0, -1), [3, 2, 1]),
        ("0:2", [0, 1]),
        ([4, 5, 6, 1], [4, 5, 6, 1]),
        (np.arange(3), [0, 1, 2]),
        (map(int, "98"), [9, 8]),
    ],
    ids=lambda value: type(value).__name__,
)
def test_seeds_that_a_program_gives(given, seeds):
    assert list(seeds_of(given)) == seeds


@pytest.mark.parametrize(
    "given",
    [True, 1.0, np.float64(1), np.True_, [1, True], [1.0], ["1"], [None], [-1], 2**64, [], [1, 1], 10**5000],
    ids=lambda given: type(given).__name__,
)  # fmt: skip
def test_what_a_program_gives_and_is_no_seed(given):
    with pytest.raises(ParameterError):
        seeds_of(given)


def test_by_number():
    seeds = parse_seeds("10:13,99,0:4:2")
    assert [seeds[number] for number in range(len(seeds))] == [10, 11, 12, 99, 0, 2]
    assert seeds[-1] == 2
    assert seeds[2:5] == [12, 99, 0]
    assert 99 in seeds
    assert 3 not in seeds
    for outside in (6, -7):
        with pytest.raises(IndexError):
            seeds[outside]


def test_many_take_no_room():
    seeds = parse_seeds(f"0:{MOST_SEEDS}")
    assert len(seeds) == MOST_SEEDS
    assert seeds[MOST_SEEDS - 1] == MOST_SEEDS - 1
