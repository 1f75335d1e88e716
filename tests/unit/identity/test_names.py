"""Ids of entries."""

import pytest

from modelops_bundle.errors import UsageError
from modelops_bundle.identity.names import check_id, default_id, unique_id


def test_the_default_id_is_stem_and_class_in_lower_case():
    assert default_id("src/models/seir.py", "StochasticSEIR") == "seir_stochasticseir"
    assert default_id("a.py", "Outer.Inner") == "a_outer_inner"


def test_parent_folders_are_prefixed_until_the_id_is_free():
    assert unique_id("a/b/sir.py", "M", set()) == "sir_m"
    assert unique_id("a/b/sir.py", "M", {"sir_m"}) == "b_sir_m"
    assert unique_id("a/b/sir.py", "M", {"sir_m", "b_sir_m"}) == "a_b_sir_m"


def test_an_id_is_never_taken_over():
    with pytest.raises(UsageError, match="--id"):
        unique_id("sir.py", "M", {"sir_m"})


@pytest.mark.parametrize("text", ["", ".x", "-x", "a b", "a/b", "é", "x" * 201, "a\n"])
def test_what_cannot_be_an_id_is_refused(text):
    with pytest.raises(UsageError):
        check_id(text)
