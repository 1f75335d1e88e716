"""Studies of the ecosystem: their shape, and what they say beside the parameter sets."""

import pytest

from modelops_bundle.errors import ParameterError, UsageError
from modelops_bundle.results.parameter_source import source_of_document
from modelops_bundle.results.parameters import plan_simulations
from modelops_bundle.results.study import Study, agreed

STUDY = {
    "model": "models.sir",
    "scenario": "baseline",
    "parameter_sets": [{"params": {"beta": 0.5}}],
    "sampling_method": "sobol",
    "n_replicates": 2,
    "outputs": ["incidence"],
    "targets": ["targets.fit:incidence"],
    "metadata": {"seed": 42},
}
NAMES = ("models_sir", "models.sir:SIR")


def test_a_study_is_read():
    source = source_of_document(STUDY, "study.json")
    assert source.study == Study(
        model="models.sir",
        scenario="baseline",
        outputs=("incidence",),
        replicates=2,
    )
    assert list(source.sets) == [{"beta": 0.5}]
    assert source.place(0) == "study.json set 1"


def test_sets_may_stand_plain():
    study = {
        "parameter_sets": [{"beta": 1}, {"params": 3}, {"params": {"a": 1}, "param_id": "..."}]
    }
    source = source_of_document(study, "study.json")
    assert list(source.sets) == [{"beta": 1}, {"params": 3}, {"a": 1}]
    assert source.study == Study()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"parameter_sets": []}, "no parameter sets"),
        ({"parameter_sets": [1]}, "set 1: expected a mapping, got int"),
        ({"parameter_sets": [{"params": {"a": 1}, "seed": 3}]}, "set 1 holds 'seed' beside params"),
        ({"n_replicates": 0}, "n_replicates is 0"),
        ({"n_replicates": True}, "n_replicates is True"),
        ({"n_replicates": 1.5}, "n_replicates is 1.5"),
        ({"n_replicates": 10**30}, "n_replicates is 10000"),
        ({"n_replicates": None}, "n_replicates is None"),
        ({"model": 3}, "model is no text"),
        ({"scenario": []}, "scenario is no text"),
        ({"outputs": "incidence"}, "outputs is no list of names"),
        ({"outputs": [1]}, "outputs is no list of names"),
        ({"metadata": 3}, "metadata is no mapping"),
        ({"kind": "CalibrationSpec"}, "kind is 'CalibrationSpec'"),
    ],
)
def test_studies_that_cannot_be_used(change, words):
    with pytest.raises(ParameterError) as caught:
        plan_simulations({**STUDY, **change})
    assert words in str(caught.value)


def test_a_calibration_is_told_from_a_study():
    calibration = {"model": "m", "algorithm": "optuna", "target_data": {}, "max_iterations": 3}
    with pytest.raises(ParameterError, match="calibration"):
        plan_simulations(calibration)


@pytest.mark.parametrize(
    "model",
    ["", "models.sir", "models.sir:SIR", "models.sir.SIR", "models/sir.py", "src/models/sir.py:SIR",
     "src.models.sir", "models_sir"],
)  # fmt: skip
def test_ways_to_name_the_model(model):
    assert agreed(Study(model=model), names=NAMES, scenario=None, outputs=None) == (None, None)


def test_what_the_command_leaves_out_is_taken_from_the_study():
    study = Study("models.sir", "baseline", ("a", "b"))
    assert agreed(study, names=NAMES, scenario=None, outputs=None) == ("baseline", ("a", "b"))
    assert agreed(study, names=NAMES, scenario="baseline", outputs=["b", "a"]) == (
        "baseline",
        ("b", "a"),
    )
    assert agreed(Study(), names=NAMES, scenario="x", outputs=["a"]) == ("x", ("a",))


def test_contradictions_are_told_together():
    study = Study("models.seir", "baseline", ("a",))
    with pytest.raises(UsageError) as caught:
        agreed(study, names=NAMES, scenario="lockdown", outputs=["b"])
    for words in ("models.seir", "baseline, not lockdown", "outputs are a, not b"):
        assert words in str(caught.value)
