"""The recipes against the ecosystem's golden vectors, and what keeps kinds of digests apart."""

import json
from pathlib import Path

import pytest

from modelops_bundle import make_param_id
from modelops_bundle.environment import EnvironmentDigest
from modelops_bundle.errors import ParameterError
from modelops_bundle.identity import recipes
from modelops_bundle.identity.digest import Digest

VECTORS = json.loads((Path(__file__).parents[2] / "golden" / "vectors.json").read_text())


@pytest.mark.parametrize("case", VECTORS["param_id"], ids=lambda case: str(case["params"]))
def test_param_id_agrees_with_the_ecosystem(case):
    assert make_param_id(case["params"]) == case["param_id"]


@pytest.mark.parametrize("case", VECTORS["environment_digest"], ids=lambda case: case["digest"][:8])
def test_environment_digest_agrees_with_the_ecosystem(case):
    assert EnvironmentDigest(**case["environment"]).compute_digest() == case["digest"]


@pytest.mark.parametrize("case", VECTORS["composite_digest"], ids=lambda case: case["digest"][:8])
def test_composite_digest_agrees_with_the_ecosystem(case):
    components = [tuple(component) for component in case["components"]]
    assert recipes.compute_composite_digest(components, case["env_digest"]) == case["digest"]
    assert recipes.compute_composite_digest(components[::-1], case["env_digest"]) == case["digest"]


@pytest.mark.parametrize(
    "params",
    [
        {"x": float("nan")},
        {"x": float("inf")},
        {"x": [1, {"y": float("-inf")}]},
        {"x": b"bytes"},
        {"x": {1, 2}},
        {1: "number as a name"},
        {"x": {None: 1}},
        {"x": "\ud800"},
        [("x", 1)],
        "x=1",
    ],
    ids=repr,
)
def test_what_has_no_identity_is_refused(params):
    with pytest.raises(ParameterError) as caught:
        make_param_id(params)
    assert caught.value.exit_code == 2
    assert isinstance(caught.value, ValueError)


def test_an_integer_that_cannot_be_written_out_is_refused():
    with pytest.raises(ParameterError, match=r"params\['x'\]\[1\] is an integer of more than"):
        make_param_id({"x": [1, -(10**5000)]})


def test_deep_parameters_are_refused_and_do_not_overflow():
    deep: dict = {}
    for _ in range(100_000):
        deep = {"x": deep}
    with pytest.raises(ParameterError, match="nested too deeply"):
        make_param_id(deep)


@pytest.mark.parametrize("value", [(1, 2), {1}, b"x", 1j, range(2)])
def test_what_json_does_not_have_is_no_parameter(value):
    with pytest.raises(ParameterError, match=rf"params\['x'\]\[0\] is a {type(value).__name__}"):
        make_param_id({"x": [value]})


def test_a_value_of_one_kind_never_stands_for_another():
    files = [("a", recipes.content_digest(b"x"))]
    assert recipes.tree_digest(files) != recipes.distribution_digest(files)
    unit = bytes(32)
    assert recipes.source_token_digest([unit]) != recipes.code_digest([unit], [])


def test_framing_keeps_parts_apart():
    assert recipes.code_digest([b"a"], [("b", "c")]) != recipes.code_digest(
        [b"a", b"b"], [("", "c")]
    )


def test_an_unset_variable_differs_from_an_empty_one_and_no_value_shows():
    unset, empty = recipes.variable_digest("TOKEN", None), recipes.variable_digest("TOKEN", "")
    secret = recipes.variable_digest("TOKEN", "hunter2")
    assert len({unset, empty, secret, recipes.variable_digest("OTHER", "hunter2")}) == 4
    assert "hunter2" not in str(secret)
    assert recipes.variable_digest("TOKEN", "hunter2") == secret


@pytest.mark.parametrize(
    "text", ["", "abc", "md5:" + "0" * 64, "blake2b:" + "0" * 63, "blake3:" + "G" * 64]
)
def test_what_is_no_digest_is_refused(text):
    with pytest.raises(ValueError, match="not a digest"):
        Digest.parse(text)


def test_a_digest_is_read_as_it_is_shown():
    digest = recipes.content_digest(b"x")
    assert Digest.parse(str(digest)) == digest
    assert digest != Digest("sha256", digest.hex)
