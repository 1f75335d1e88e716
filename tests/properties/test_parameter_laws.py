"""Laws of parameters: what is written is read back, and order changes no identity."""

from __future__ import annotations

import csv
import io
import json
import random

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from modelops_bundle.adapters.parameter_files import read_parameter_file
from modelops_bundle.errors import ParameterError
from modelops_bundle.identity.recipes import make_param_id, replicate_seed
from modelops_bundle.results.parameter_source import source_of_document
from modelops_bundle.results.parameter_tables import source_of_csv
from modelops_bundle.results.parameter_values import parse_cell, parse_grid, parse_setting
from modelops_bundle.results.parameter_yaml import source_of_yaml
from modelops_bundle.results.parameters import plan_simulations
from modelops_bundle.results.seeds import Seeds, parse_seeds, seeds_of
from modelops_bundle.yamltext.writing import write_yaml


def _cell(text):
    try:
        return parse_cell(text)
    except ParameterError:
        return None


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
numbers = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
scalars = st.none() | st.booleans() | numbers | texts
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
names = texts.filter(
    lambda name: name.strip() == name and name and name != "seed" and "=" not in name
)
sets = st.dictionaries(names, values, max_size=4)
distinct_sets = st.lists(sets, min_size=1, max_size=6, unique_by=make_param_id)


parts = st.tuples(st.integers(0, 2**64 - 9), st.integers(1, 9), st.integers(1, 3))
without_nul = texts.filter(lambda text: "\0" not in text and _cell(text) is not None)
plain_sets = st.dictionaries(
    names.filter(lambda name: "\0" not in name),
    st.booleans() | numbers | without_nul,
    min_size=1,
    max_size=4,
)
axes_of_grids = st.dictionaries(
    names, st.lists(values, min_size=1, max_size=3, unique_by=json.dumps), max_size=2
)
documents = st.binary(max_size=60) | st.text(
    "[]{}\",:-0123456789.eE tfn\n'#&*!|>%@`", max_size=60
).map(str.encode)


def same(one, other):
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


@given(st.lists(parts, min_size=1, max_size=5))
def test_seeds_are_read_back_from_their_text(parts):
    try:
        seeds = Seeds(range(start, start + size, step) for start, size, step in parts)
    except ParameterError:
        return
    assert list(parse_seeds(str(seeds))) == list(seeds)
    assert list(seeds_of(list(seeds))) == list(seeds)
    assert [seeds[number] for number in range(len(seeds))] == list(seeds)
    assert len(set(seeds)) == len(seeds)


@given(st.lists(st.integers(0, 20), min_size=1, max_size=8))
def test_seeds_stand_once_or_are_refused(seeds):
    text = ",".join(map(str, seeds))
    try:
        found = list(parse_seeds(text))
    except ParameterError:
        assert len(set(seeds)) < len(seeds)
    else:
        assert found == seeds


@settings(max_examples=40)
@given(distinct_sets)
def test_sets_are_read_back_from_json(given_sets):
    text = json.dumps(given_sets).encode()
    plan = plan_simulations(read_parameter_file("-", io.BytesIO(text)))
    assert same([each.params for each in plan], given_sets)
    assert [each.param_id for each in plan] == list(map(make_param_id, given_sets))


@given(plain_sets)
def test_a_set_is_read_back_from_yaml(params):
    (only,) = plan_simulations(source_of_yaml(write_yaml({"x": 0, **params}), "p.yaml"))
    assert same(only.params, {"x": 0, **params})


cells = (
    st.booleans()
    | numbers
    | texts.filter(lambda text: isinstance(_cell(text), str) and _cell(text) == text)
)


@given(st.integers(1, 4).flatmap(lambda width: st.tuples(
    st.lists(names, min_size=width, max_size=width, unique=True),
    st.lists(st.lists(cells, min_size=width, max_size=width), min_size=1, max_size=5),
)))  # fmt: skip
def test_tables_are_read_back_from_csv(table):
    header, rows = table
    assume(len(header) > 1 or not set(header[0]) & set(";|\t"))
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_NONNUMERIC)
    writer.writerow(header)
    writer.writerows(
        [[repr(cell) if isinstance(cell, float) else cell for cell in row] for row in rows]
    )
    source = source_of_csv(text.getvalue(), "p.csv", ",")
    assert same(list(source.sets), [dict(zip(header, row, strict=True)) for row in rows])
    assert not source.problems


@given(names, values)
def test_a_setting_takes_any_json(name, value):
    assert same(parse_setting(f"{name}={json.dumps(value)}"), (name, value))


@given(names, st.lists(values, min_size=1, max_size=4))
def test_a_grid_takes_any_json(name, given_values):
    text = ",".join(map(json.dumps, given_values))
    assert same(parse_grid(f"{name}={text}"), (name, given_values))


@given(scalars)
def test_a_cell_is_what_json_says(value):
    if not isinstance(value, str) and value is not None:
        assert same(parse_cell(json.dumps(value)), value)


@settings(max_examples=40)
@given(distinct_sets, st.randoms(use_true_random=False))
def test_the_order_of_sets_and_names_changes_no_identity(given_sets, chance: random.Random):
    def shuffled(params):
        items = list(params.items())
        chance.shuffle(items)
        return dict(items)

    other = list(map(shuffled, given_sets))
    chance.shuffle(other)
    one_plan = plan_simulations(given_sets, seeds="0:2")
    other_plan = plan_simulations(other, seeds="1,0")
    assert {each[1:] for each in one_plan} == {each[1:] for each in other_plan}


@settings(max_examples=40)
@given(distinct_sets, axes_of_grids)
def test_a_grid_is_every_set_with_every_combination(given_sets, axes):
    options = [f"{name}={','.join(map(json.dumps, each))}" for name, each in axes.items()]
    try:
        plan = plan_simulations(given_sets, grid=options)
    except ParameterError:
        kept = [{n: v for n, v in params.items() if n not in axes} for params in given_sets]
        assert len(set(map(make_param_id, kept))) < len(given_sets)
        return
    expected = given_sets
    for name, each in axes.items():
        expected = [{**params, name: value} for params in expected for value in each]
    assert [each.param_id for each in plan] == list(map(make_param_id, expected))
    assert list(plan) == [plan[number] for number in range(len(plan))]


@settings(max_examples=40)
@given(distinct_sets, st.integers(1, 4))
def test_a_study_is_its_sets_with_replicates(given_sets, replicates):
    study = {
        "parameter_sets": [{"params": params} for params in given_sets],
        "n_replicates": replicates,
    }
    plan = plan_simulations(source_of_document(study, "study.json"))
    assert [(each.param_id, each.seed) for each in plan] == [
        (param_id, replicate_seed(param_id, number))
        for param_id in map(make_param_id, given_sets)
        for number in range(replicates)
    ]


@given(documents)
def test_whatever_stands_there_is_read_or_refused(data):
    for read in (
        lambda: read_parameter_file("-", io.BytesIO(data)),
        lambda: source_of_yaml(data, "p"),
    ):
        try:
            plan_simulations(read())
        except ParameterError as error:
            str(error).encode()
