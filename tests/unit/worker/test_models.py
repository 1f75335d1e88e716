from __future__ import annotations

import io
import json
import os
from pathlib import Path

import pyarrow as pa
import pytest
from tests.support.worker import install, make_spec, refused, working, write_files

SIMPLE = "class Model:\n    def simulate(self, params, seed):\n        return 'simulated'\n"


def run(tmp_path: Path, text: str, entrypoint: str = "model:Model", **changes):
    """The answer to one task of a model, and its outputs; a distribution may lie in ``site``."""
    root = write_files(tmp_path / "project", {"model.py": text})
    search = (os.fspath(root), os.fspath(tmp_path / "site"))
    with working(make_spec(root, entrypoint, search=search, **changes)) as worker:
        return worker.run(7, x=1)


def outputs(tmp_path: Path, text: str, entrypoint: str = "model:Model", **changes):
    header, found = run(tmp_path, text, entrypoint, **changes)
    assert header["is"] == "done", header
    return {name: json.loads(data) for name, data in found.items()}


def refusal(tmp_path: Path, text: str, entrypoint: str = "model:Model", **changes):
    root = write_files(tmp_path / "project", {"model.py": text})
    search = (os.fspath(root), os.fspath(tmp_path / "site"))
    return refused(make_spec(root, entrypoint, search=search, **changes))


# --- simulate(params, seed) -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "entrypoint"),
    [
        (
            "class Model:\n    def simulate(self, params, seed): return [params, seed]",
            "model:Model",
        ),
        ("class Model:\n    def simulate(self, p, s, extra=1): return [p, s]", "model:Model"),
        ("class Model:\n    def simulate(self, *args): return args", "model:Model"),
        (
            "class Model:\n    @staticmethod\n    def simulate(p, s): return [p, s]",
            "model:Model",
        ),
        (
            "class Model:\n    @classmethod\n    def simulate(cls, p, s): return [p, s]",
            "model:Model",
        ),
        (
            "class Outer:\n    class Model:\n        def simulate(self, p, s): return [p, s]",
            "model:Outer.Model",
        ),
        ("def model(params, seed): return [params, seed]", "model:model"),
        ("model = lambda params, seed: [params, seed]", "model:model"),
        (
            "class Model:\n    def simulate(self, p, s): return [p, s]\nmodel = Model()",
            "model:model",
        ),
    ],
)
def test_what_takes_parameters_and_a_seed_is_run(tmp_path, text, entrypoint):
    assert outputs(tmp_path, text, entrypoint) == {"result": [{"x": 1}, 7]}


def test_a_scenario_is_passed_by_its_name(tmp_path):
    text = "class Model:\n    def simulate(self, params, seed, scenario='usual'): return scenario"
    assert outputs(tmp_path, text) == {"result": "usual"}
    assert outputs(tmp_path, text, scenario="lockdown") == {"result": "lockdown"}


@pytest.mark.parametrize("entrypoint", ["model:Model", "model:Model.simulate"])
def test_a_scenario_that_is_not_taken_is_refused(tmp_path, entrypoint):
    text = SIMPLE.replace("    def", "    @staticmethod\n    def").replace("self, ", "")
    said = refusal(tmp_path, text, entrypoint, scenario="lockdown")
    assert said["what"] == "the scenario lockdown cannot be run"
    assert "scenario" in said["mend"]


def test_the_baseline_is_what_a_model_runs_that_takes_no_scenario(tmp_path):
    assert outputs(tmp_path, SIMPLE, scenario="baseline") == outputs(tmp_path, SIMPLE)
    text = "class Model:\n    def simulate(self, params, seed, scenario='usual'): return scenario"
    assert outputs(tmp_path, text, scenario="baseline") == {"result": "baseline"}
    said = refusal(tmp_path, SIMPLE, scenario="baseline", scenarios=("baseline",))
    assert said["what"] == "the scenario baseline cannot be run"


def test_outputs_are_named_by_what_the_model_declares(tmp_path):
    text = SIMPLE.replace("Model:\n", "Model:\n    OUTPUTS = {'word': 'a text'}\n")
    assert outputs(tmp_path, text) == {"word": "simulated"}


def test_of_several_outputs_those_asked_for_are_given(tmp_path):
    text = SIMPLE.replace("'simulated'", "{'a': 1, 'b': 2}")
    assert outputs(tmp_path, text, outputs=("b",)) == {"b": 2}
    header, _ = run(tmp_path, text, outputs=("b", "c"))
    assert header["error"] == "the model has no output c; it gives a, b"


@pytest.mark.parametrize(
    ("text", "what", "why"),
    [
        (
            SIMPLE.replace("Model:\n", "Model:\n    def __init__(self, a, *b, c, d=1): ...\n"),
            "model:Model cannot be made",
            "its __init__ needs arguments: a, c",
        ),
        (
            "from abc import ABC, abstractmethod\n"
            + SIMPLE.replace(
                "Model:\n", "Model(ABC):\n    @abstractmethod\n    def draw(self): ...\n"
            ),
            "model:Model cannot be made",
            "it leaves draw to subclasses",
        ),
        ("class Model:\n    pass\n", "nobody knows how to run model:Model", "modelops.wire"),
        ("Model = 3\n", "nobody knows how to run model:Model", "modelops_bundle.runners"),
        (
            "class Model:\n    def simulate(self, params, seed, inputs): ...\n",
            "nobody knows how to run model:Model",
            "it has no simulate(params, seed)",
        ),
    ],
)
def test_what_cannot_be_run_is_refused_with_the_reason(tmp_path, text, what, why):
    said = refusal(tmp_path, text)
    assert said["what"] == what
    assert why in said["why"]
    assert said["mend"]


# --- frameworks -----------------------------------------------------------------------------------

WIRE = """
import json, os

def wire(entrypoint, params, seed{extra}):
    about = {{"here": sorted(os.listdir("."))[-1], "asked": [entrypoint, params, seed{extra}]}}
    return {{"cases": {cases}, "metadata": json.dumps({metadata}).encode()}}
"""
FRAMED = "import framework\nclass Model(framework.Base): pass\n"
BASE = "class Base:\n    def simulate(self, params, seed): raise RuntimeError('for the framework alone')"


def table() -> bytes:
    sink = io.BytesIO()
    made = pa.table({"day": [1, 2]})
    with pa.ipc.new_file(sink, made.schema) as writer:
        writer.write_table(made)
    return sink.getvalue()


def framework(tmp_path: Path, *, cases: str = "", metadata: str = "about", extra: str = "") -> None:
    """Install a framework with a wire function."""
    text = WIRE.format(cases=cases or repr(table()), metadata=metadata, extra=extra)
    install(
        tmp_path / "site",
        "framework",
        "1.0",
        points="[modelops.wire]\nexecute = framework.bridge:wire\n",
        files={"framework/__init__.py": BASE, "framework/bridge.py": text},
    )


def test_a_framework_runs_its_own_models_in_the_project_s_folder(tmp_path):
    framework(tmp_path)
    header, found = run(tmp_path, FRAMED)
    assert header["outputs"] == [["cases", "table"]]
    assert pa.ipc.open_file(found["cases"]).read_all().to_pydict() == {"day": [1, 2]}


def test_its_metadata_is_an_output_where_it_is_asked_for(tmp_path):
    framework(tmp_path)
    about = outputs(tmp_path, FRAMED, outputs=("metadata",))["metadata"]
    assert about == {"here": "model.py", "asked": ["model:Model", {"x": 1}, 7]}


def test_a_class_of_another_distribution_s_package_belongs_to_it_too(tmp_path):
    """The function may be in one package and the base class in another of the same distribution."""
    framework(tmp_path)
    record = tmp_path / "site" / "framework-1.0.dist-info" / "RECORD"
    write_files(tmp_path / "site", {"shim/__init__.py": "class Base: pass"})
    record.write_text(record.read_text() + "shim/__init__.py,,\n")
    header, _ = run(tmp_path, "import shim\nclass Model(shim.Base): pass\n")
    assert header["outputs"] == [["cases", "table"]]


def test_other_models_are_not_its_business(tmp_path):
    framework(tmp_path)
    assert outputs(tmp_path, SIMPLE) == {"result": "simulated"}
    function = "def model(params, seed): return 'function'\n"
    assert outputs(tmp_path, function, "model:model") == {"result": "function"}


@pytest.mark.parametrize(
    ("parts", "error"),
    [
        ({"metadata": "{'error': 'no registry'}"}, "no registry"),
        ({"metadata": "{'error': 'no registry'}", "cases": "b''"}, "no registry"),
        ({"metadata": "{'error': ['a', 1]}"}, "['a', 1]"),
        ({"metadata": "b''.x"}, "AttributeError: 'bytes' object has no attribute 'x'"),
        ({"cases": "b''"}, "the framework's output cases is no table in Arrow's format"),
        ({"cases": "b'PAR1'"}, "the framework's output cases is no table in Arrow's format"),
        ({"cases": "'text'"}, "the framework's output cases is a str, not bytes"),
    ],
)
def test_what_a_framework_reports_is_a_failure(tmp_path, parts, error):
    framework(tmp_path, **parts)
    header, _ = run(tmp_path, FRAMED)
    assert header["is"] == "failed"
    assert header["error"] == error


def test_an_empty_error_is_none(tmp_path):
    framework(tmp_path, metadata="{'error': None}")
    assert run(tmp_path, FRAMED)[0]["is"] == "done"


def test_an_output_that_a_framework_does_not_give_is_a_failure(tmp_path):
    framework(tmp_path)
    header, _ = run(tmp_path, FRAMED, outputs=("deaths",))
    assert header["error"] == "the model has no output deaths; it gives cases"


def test_a_scenario_that_a_framework_cannot_pass_on_is_refused(tmp_path):
    framework(tmp_path)
    said = refusal(tmp_path, FRAMED, scenario="lockdown")
    assert said["what"] == "the scenario lockdown cannot be run"
    assert said["why"] == "framework.bridge:wire, which runs model:Model, takes no scenario"
    assert said["mend"]


def test_the_baseline_is_what_a_framework_runs_that_takes_no_scenario(tmp_path):
    framework(tmp_path)
    asked = {"outputs": ("metadata",), "scenario": "baseline"}
    assert outputs(tmp_path, FRAMED, **asked)["metadata"]["asked"] == ["model:Model", {"x": 1}, 7]
    said = refusal(tmp_path, FRAMED, scenario="baseline", scenarios=("baseline",))
    assert said["what"] == "the scenario baseline cannot be run"


def test_a_scenario_is_passed_to_a_framework_that_takes_one(tmp_path):
    framework(tmp_path, extra=", scenario")
    asked = {"outputs": ("metadata",), "scenario": "lockdown"}
    assert outputs(tmp_path, FRAMED, **asked)["metadata"]["asked"][-1] == "lockdown"


# --- our own entry points -------------------------------------------------------------------------

RUNNERS = """
def never(model, params, seed, scenario, outputs):
    return NotImplemented

def odd(model, params, seed, scenario, outputs):
    if not hasattr(model, "odd"):
        return NotImplemented
    return {"said": [model.odd(), params, seed, scenario, outputs], "more": 1}
"""
ODD = "class Model:\n    @staticmethod\n    def odd(): return 'odd'\n"


COUNTED = {"dependencies": {"odd-runners": "1.0"}}


def runners(tmp_path: Path, points: str) -> None:
    install(
        tmp_path / "site",
        "odd-runners",
        "1.0",
        points=f"[modelops_bundle.runners]\n{points}\n",
        files={"odd_runners.py": RUNNERS},
    )


def test_other_models_are_run_by_who_takes_them(tmp_path):
    runners(tmp_path, "b = odd_runners:odd\na = odd_runners:never")
    asked = {"scenario": "lockdown", "outputs": ("said",), **COUNTED}
    assert outputs(tmp_path, ODD, **asked) == {
        "said": ["odd", {"x": 1}, 7, "lockdown", ["said"]],
    }


def test_one_that_the_digest_knows_nothing_of_is_refused_unless_its_code_counts(tmp_path):
    runners(tmp_path, "a = odd_runners:odd")
    said = refusal(tmp_path, ODD)
    assert said["what"] == "odd-runners offers to run model:Model, and is not part of its digest"
    assert said["mend"] == 'Add "odd-runners" to environment.include.'
    readable = (os.fspath(tmp_path / "site" / "odd_runners.py"),)
    assert outputs(tmp_path, ODD, outputs=("more",), readable=readable) == {"more": 1}


def test_one_of_the_project_itself_is_declared_as_code(tmp_path):
    points = "[modelops_bundle.runners]\na = odd_runners:odd\n"
    install(tmp_path / "site", "mine", "1.0", points=points)
    write_files(tmp_path / "project", {"odd_runners.py": RUNNERS})
    own = (os.fspath(tmp_path / "project" / "model.py"),)
    said = refusal(tmp_path, ODD, readable=own, path=own[0])
    assert said["mend"] == (
        "Declare odd_runners.py: `mops-bundle register-model model.py --class Model --code odd_runners.py`."
    )
    readable = (os.fspath(tmp_path / "project" / "odd_runners.py"),)
    assert outputs(tmp_path, ODD, outputs=("more",), readable=readable) == {"more": 1}


def test_a_model_with_a_simulate_is_not_theirs(tmp_path):
    runners(tmp_path, "a = odd_runners:odd")
    assert outputs(tmp_path, SIMPLE) == {"result": "simulated"}


def test_a_model_that_nobody_takes_is_a_failure_that_names_the_ways(tmp_path):
    runners(tmp_path, "a = odd_runners:odd")
    header, _ = run(tmp_path, "class Model: pass\n", **COUNTED)
    assert header["is"] == "failed"
    assert header["error"].startswith(
        "nobody knows how to run model:Model: its framework registers"
    )


@pytest.mark.parametrize("points", ["a = nowhere:odd", "a = odd_runners:gone"])
def test_an_entry_point_that_leads_nowhere_is_refused(tmp_path, points):
    runners(tmp_path, points)
    said = refusal(tmp_path, ODD, **COUNTED)
    assert said["what"].startswith(points[4:])
    assert said["what"].endswith("cannot be imported")


def test_broken_entry_points_of_others_are_no_business_of_ours(tmp_path):
    install(tmp_path / "site", "broken", "1.0", points="nonsense\n[x\n")
    runners(tmp_path, "a = odd_runners:odd")
    assert outputs(tmp_path, ODD, outputs=("more",), **COUNTED) == {"more": 1}
