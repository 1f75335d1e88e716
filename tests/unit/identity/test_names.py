"""Ids of entries."""

import pytest

from modelops_bundle.errors import UsageError
from modelops_bundle.identity.names import check_id, default_id, split_entrypoint, unique_id


def test_the_default_id_is_stem_and_class_in_lower_case():
    assert default_id("src/models/seir.py", "StochasticSEIR") == "seir_stochasticseir"
    assert default_id("a.py", "Outer.Inner") == "a_outer_inner"


def test_parent_folders_are_prefixed_until_the_id_is_free():
    assert unique_id("a/b/sir.py", "M", set()) == "sir_m"
    assert unique_id("a/b/sir.py", "M", {"sir_m"}) == "b_sir_m"
    assert unique_id("a/b/sir.py", "M", {"sir_m", "b_sir_m"}) == "a_b_sir_m"


def test_a_number_makes_it_unique_where_folders_do_not():
    assert unique_id("sir.py", "M", {"sir_m"}) == "sir_m_2"
    assert unique_id("sir.py", "M", {"sir_m", "sir_m_2"}) == "sir_m_3"
    assert unique_id("a/sir.py", "M", {"sir_m", "a_sir_m"}) == "a_sir_m_2"


def test_letters_of_any_script_are_kept():
    assert default_id("modèle.py", "Ébola") == "modèle_ébola"
    assert default_id("model.py", "Грипп") == "model_грипп"
    assert default_id("मॉडल.py", "A") == "मॉडल_a"
    # Python reads both spellings as one name.
    assert default_id("m.py", "E\u0301") == default_id("m.py", "\u00c9")


@pytest.mark.parametrize(
    "path",
    [
        "-a.py",
        "a b.py",
        "a:b.py",
        "a\n.py",
        "a\u202eb.py",
        "\udcff.py",
        "x" * 300 + ".py",
        ".py",
        "-",
    ],
)
def test_a_default_id_is_always_an_id(path):
    taken = set()
    for _ in range(12):
        taken.add(check_id(unique_id(path, "M" * 50, taken)))
    assert len(taken) == 12


@pytest.mark.parametrize(
    ("entrypoint", "parts"),
    [
        ("models.sir:Outer.SIR", ("models.sir", "Outer.SIR")),
        ("sub.a:b:A", ("sub.a:b", "A")),
        ("models.sir", ("", "")),
    ],
)
def test_an_entrypoint_is_split_at_its_last_colon(entrypoint, parts):
    assert split_entrypoint(entrypoint) == parts


@pytest.mark.parametrize("text", ["é", "a.b-c", "_", "9", "x" * 200])
def test_what_can_be_an_id(text):
    assert check_id(text) == text


@pytest.mark.parametrize(
    "text", ["", ".x", "-x", "a b", "a/b", "a:b", "a\u200bb", "a\u202eb", "x" * 201, "a\n", "a'b"]
)
def test_what_cannot_be_an_id_is_refused(text):
    with pytest.raises(UsageError):
        check_id(text)
