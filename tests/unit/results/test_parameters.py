"""From what the user gave to the list of simulations."""

import hashlib
import json
from pathlib import Path

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from modelops_bundle.errors import ParameterError
from modelops_bundle.identity.recipes import make_param_id
from modelops_bundle.results import parameters
from modelops_bundle.results.parameters import plan_simulations

VECTORS = json.loads((Path(__file__).parents[2] / "golden" / "vectors.json").read_text())


def planned(*arguments, **options):
    return [(each.params, each.seed) for each in plan_simulations(*arguments, **options)]


def refusal(*arguments, **options):
    with pytest.raises(ParameterError) as caught:
        plan_simulations(*arguments, **options)
    assert caught.value.exit_code == 2
    return str(caught.value)


def test_nothing_given_is_one_empty_set_and_seed_0():
    (only,) = plan_simulations()
    assert only == ({}, make_param_id({}), 0)


def test_settings_grids_and_seeds():
    assert planned(
        settings=["c=0.5"], grid=["a=1,2", "b=x,y"], seeds="0:2", known_parameters=["a", "b", "c"]
    ) == [({"c": 0.5, "a": a, "b": b}, seed) for a in (1, 2) for b in ("x", "y") for seed in (0, 1)]


def test_the_command_overrides_and_extends_every_set():
    sets = [{"beta": 0.1, "days": 5, "n": 1}, {"beta": 0.2, "days": 5, "n": 1}]
    assert planned(sets, settings=["days=9", "new=true"], grid=["n=1,2"]) == [
        ({"beta": beta, "days": 9, "n": n, "new": True}, 0) for beta in (0.1, 0.2) for n in (1, 2)
    ]


@pytest.mark.parametrize("case", VECTORS["param_id"], ids=lambda case: str(case["params"]))
def test_identities_are_those_of_the_ecosystem(case):
    (only,) = plan_simulations(case["params"])
    assert only.param_id == case["param_id"]
    name, *_ = [*case["params"], ""]
    if name:
        setting = f"{name}={json.dumps(case['params'][name])}"
        (only,) = plan_simulations(case["params"], settings=[setting])
        assert only.param_id == case["param_id"]
        (only,) = plan_simulations(case["params"], grid=[setting])
        assert only.param_id == case["param_id"]


def test_by_number_and_in_order_are_the_same():
    plans = [
        plan_simulations([{"a": 1}, {"a": 2}], grid=["b=1,2,3", "c=x,y"], seeds="5,9"),
        plan_simulations([{"a": 1, "seed": 4}, {"a": 1, "seed": 5}], grid=["b=1,2,3"]),
        plan_simulations({"parameter_sets": [{"a": 1}, {"a": 2}], "n_replicates": 7}),
        plan_simulations(),
    ]
    for plan in plans:
        listed = list(plan)
        assert [plan[number] for number in range(len(plan))] == listed
        assert plan[-1] == listed[-1]
        assert list(plan[1:3]) == listed[1:3]
        assert len(listed) == len(plan)
        assert all(make_param_id(each.params) == each.param_id for each in listed)
        assert len({(each.param_id, each.seed) for each in listed}) == len(listed)
        assert plan.set_count == len(list(plan.sets()))
        with pytest.raises(IndexError):
            plan[len(plan)]


def test_a_seed_of_a_set_is_its_seed_where_the_model_has_no_such_parameter():
    sets = [{"a": 1, "seed": 7}, {"a": 1, "seed": 8}]
    assert planned(sets) == [({"a": 1}, 7), ({"a": 1}, 8)]
    assert planned(sets, known_parameters=["a"]) == [({"a": 1}, 7), ({"a": 1}, 8)]
    assert planned(sets, known_parameters=["a", "seed"], seeds=[3]) == [
        ({"a": 1, "seed": 7}, 3),
        ({"a": 1, "seed": 8}, 3),
    ]
    assert planned(sets, grid=["b=1,2"]) == [
        ({"a": 1, "b": b}, seed) for seed in (7, 8) for b in (1, 2)
    ]


def test_a_seed_in_the_command_is_a_parameter_only_where_the_model_has_one():
    assert "--seeds" in refusal(settings=["seed=5"])
    assert "--seeds" in refusal(grid=["seed=5,6"], known_parameters=["a"])
    assert planned(settings=["seed=5"], known_parameters=["seed"]) == [({"seed": 5}, 0)]


def test_replicates_of_a_study_have_the_seeds_that_the_ecosystem_gives_them():
    study = {"model": "models.sir", "scenario": "baseline", "sampling_method": "sobol",
             "parameter_sets": [{"params": {"beta": 0.5}}, {"params": {"beta": 0.25}}],
             "n_replicates": 3, "outputs": None, "metadata": {}}  # fmt: skip
    expected = []
    for beta in (0.5, 0.25):
        param_id = make_param_id({"beta": beta})
        for replicate in range(3):
            text = f"{param_id}:{replicate}".encode()
            digest = hashlib.blake2b(text, digest_size=8).digest()
            expected.append(({"beta": beta}, int.from_bytes(digest, "big") % 2**32))
    assert planned(study) == expected
    assert planned({**study, "n_replicates": 1}) == expected[::3]
    assert planned({**study, "n_replicates": 1}, seeds="4") == [
        ({"beta": 0.5}, 4),
        ({"beta": 0.25}, 4),
    ]


def test_replicates_that_draw_the_same_seed_are_one_simulation(monkeypatch):
    monkeypatch.setattr(parameters, "replicate_seed", lambda param_id, n: n // 2)
    study = {"parameter_sets": [{"a": 1}, {"a": 2}], "n_replicates": 3}
    plan = plan_simulations(study)
    assert [each.seed for each in plan] == [0, 1, 0, 1]
    assert [plan[number].params["a"] for number in range(len(plan))] == [1, 1, 2, 2]


def test_seeds_are_given_in_one_place():
    seeded = [{"a": 1, "seed": 7}]
    assert "--seeds and seeds of its sets" in refusal(seeded, seeds="0:3")
    study = {"parameter_sets": [{"a": 1}], "n_replicates": 2}
    assert "--seeds and n_replicates" in refusal(study, seeds=[1])
    assert "n_replicates" in refusal({"parameter_sets": seeded, "n_replicates": 2})


def test_unknown_names_are_told_once_with_what_was_meant():
    sets = [{"beta": 1}, {"betta": 2, "zzz": 1}, {"betta": 3}]
    text = refusal(sets, settings=["gama=1"], known_parameters=["beta", "gamma"])
    assert "params set 2 and 1 more: the model has no parameter betta; did you mean beta?" in text
    assert "set 2: the model has no parameter zzz; it has beta, gamma" in text
    assert "--set: the model has no parameter gama; did you mean gamma?" in text


def test_every_problem_is_told_with_its_place():
    text = refusal(
        [{"a": float("nan")}, {"a": 1}, 5, {"a": 1}, {"a": [1, float("inf")]}, {1: 2}, {"a": (1, {2})}]
    )  # fmt: skip
    for words in (
        "set 1: params['a'] is nan",
        "set 3: expected a mapping, got int",
        "set 4: it has the same parameters as params set 2",
        "set 5: params['a'][1] is inf",
        "set 6: a key of params is a int",
        "set 7: params['a'][1] is a set",
    ):
        assert words in text


def test_problems_without_end_are_cut_short():
    text = refusal([{"a": float("nan"), "b": n} for n in range(1000)])
    assert "set 10:" in text
    assert "set 11:" not in text
    assert "and 990 more" in text


def test_sets_that_become_the_same_by_the_command():
    sets = [{"a": 1, "b": 1}, {"a": 1, "b": 2}]
    words = "set 2: it has the same parameters as params set 1 once b is given by the command"
    assert words in refusal(sets, settings=["b=5"])
    assert words in refusal(sets, grid=["b=5,6"])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"settings": ["a=1", "a=2"]}, "--set gives a twice"),
        ({"grid": ["a=1", "a=2"]}, "--grid gives a twice"),
        ({"settings": ["a=1"], "grid": ["a=1,2"]}, "a is given by --set and by --grid"),
        ({"grid": ["a=1,2,1"]}, "--grid a: the value 1 stands twice"),
        ({"grid": ["a=1,nan"]}, "--grid a: a value is nan"),
        ({"settings": ['a="\\ud800"']}, "--set a: a parameter holds text that is not Unicode"),
        ({"settings": ["a=\udcff"]}, "--set a: a parameter holds text that is not Unicode"),
        ({"settings": ["\udcff=1"]}, "a parameter holds text that is not Unicode"),
        ({"settings": ["a"]}, "expected a name, = and a value"),
        ({"settings": ["a=" + "[" * 150 + "]" * 150]}, "nested too deeply"),
        ({"grid": [f"{name}=" + ",".join(map(str, range(100))) for name in "abcd"]}, "too many"),
        (
            {"grid": ["a=" + ",".join(map(str, range(1000)))], "seeds": range(10_000_000)},
            "too many",
        ),
        ({"seeds": "x"}, "not understood"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_options_that_cannot_be_used(options, words):
    assert words in refusal(**options)


def test_values_that_json_tells_apart_are_not_the_same():
    assert len(plan_simulations(grid=['a=1,1.0,true,"1",null,[1]'])) == 6
    assert len(plan_simulations([{"a": 1}, {"a": 1.0}, {"a": True}, {}])) == 4


@pytest.mark.parametrize(
    "seed", [True, 1.0, "1", None, -1, 2**64, 10**5000], ids=lambda s: type(s).__name__
)
def test_seeds_of_sets_that_are_none(seed):
    assert "set 1: a seed is" in refusal([{"a": 1, "seed": seed}])


def test_sets_of_which_some_have_seeds():
    assert "set 2: it has no seed" in refusal([{"a": 1, "seed": 1}, {"a": 2}])


def test_the_same_set_and_seed_twice():
    sets = [{"a": 1, "seed": 1}, {"seed": 2, "a": 1}, {"seed": 1, "a": 1}]
    assert "set 3: it has the same parameters and the seed 1 as params set 1" in refusal(sets)


@pytest.mark.parametrize("given", [5, "a=1", b"{}", [], [[]], (), 1.5], ids=repr)
def test_what_is_no_parameter_set(given):
    refusal(given)


@pytest.mark.parametrize(
    "table",
    [
        pd.DataFrame({"beta": [0.5, 0.25], "n": [1, 2], "name": ["a", "b"]}),
        pd.DataFrame({"beta": [0.5, 0.25], "n": [1, 2], "name": ["a", "b"]}, index=["x", "y"]),
        pl.DataFrame({"beta": [0.5, 0.25], "n": [1, 2], "name": ["a", "b"]}),
        pa.table({"beta": [0.5, 0.25], "n": [1, 2], "name": ["a", "b"]}),
    ],
    ids=["pandas", "pandas-index", "polars", "pyarrow"],
)
def test_tables_in_memory(table):
    assert planned(table) == [
        ({"beta": 0.5, "n": 1, "name": "a"}, 0),
        ({"beta": 0.25, "n": 2, "name": "b"}, 0),
    ]


def test_numbers_of_numpy_become_those_of_python():
    import numpy as np

    (only,) = plan_simulations(
        {"a": np.float64(0.5), "b": np.int32(3), "c": np.array([1, 2]), "d": (1, 2)}
    )
    assert only.params == {"a": 0.5, "b": 3, "c": [1, 2], "d": [1, 2]}
    assert [type(value) for value in only.params.values()] == [float, int, list, list]


def test_a_million_simulations_are_listed_at_once():
    plan = plan_simulations([{"i": i} for i in range(100)], seeds=range(1_000_000))
    assert len(plan) == 100_000_000
    assert plan[99_999_999] == ({"i": 99}, make_param_id({"i": 99}), 999_999)


def test_what_is_nested_without_end_is_refused():
    circle = []
    circle.append(circle)
    assert "nested too deeply" in refusal({"a": circle})
