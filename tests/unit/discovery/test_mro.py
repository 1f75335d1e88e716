"""The order of bases is Python's own."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from modelops_bundle.discovery.mro import LONGEST, Linearizer

hierarchies = st.lists(
    st.lists(st.integers(min_value=0, max_value=30), max_size=3, unique=True),
    min_size=1,
    max_size=14,
)


@given(hierarchies)
def test_the_order_is_the_one_python_computes(wanted: list[list[int]]) -> None:
    classes: dict[int, type] = {}
    bases: dict[int, tuple[int, ...]] = {}
    for number, asked in enumerate(wanted):
        chosen = tuple(dict.fromkeys(base % number for base in asked)) if number else ()
        try:
            made = type(f"C{number}", tuple(classes[base] for base in chosen), {})
        except TypeError:
            chosen, made = (), type(f"C{number}", (), {})
        bases[number], classes[number] = chosen, made
    linearizer = Linearizer(bases.__getitem__)
    for number, made in classes.items():
        expected = [int(each.__name__[1:]) for each in made.__mro__[:-1]]
        assert list(linearizer.order(number)) == expected


def test_what_python_refuses_still_has_an_order() -> None:
    bases = {"x": ("a", "b"), "a": ("o", "p"), "b": ("p", "o"), "o": (), "p": ()}
    order = Linearizer(bases.__getitem__).order("x")
    assert order[0] == "x"
    assert set(order) == set(bases)


def test_cycles_end() -> None:
    bases = {"a": ("b",), "b": ("a",), "c": ("a", "d"), "d": ("c", "b")}
    linearizer = Linearizer(bases.__getitem__)
    assert set(linearizer.order("c")) == set("abcd")
    assert linearizer.order("a") == ("a", "b")


def test_very_long_chains_are_cut() -> None:
    bases = {number: (number - 1, -1) if number % 2 else (number - 1,) for number in range(1, 4000)}
    bases[0] = bases[-1] = ()
    order = Linearizer(bases.__getitem__).order(3999)
    assert order[:2] == (3999, 3998)
    assert len(order) == LONGEST
