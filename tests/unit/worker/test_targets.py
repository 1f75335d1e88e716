"""How targets judge: plain functions, and those that evaluate by themselves."""

from __future__ import annotations

import base64
import io
import json
import os
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest
from tests.support.worker import make_spec, refused, small_environment, working, write_files

FRAMEWORK = """\
import functools


def calibration_target(model_output, data):
    def decorate(function):
        @functools.wraps(function)
        def resolved():
            return function(data)
        return resolved
    return decorate


def anything(function):
    @functools.wraps(function)
    def called(*values, **named):
        return function(*values, **named)
    return called


class Evaluation:
    def __init__(self, loss, weighted_loss=None):
        self.loss, self.weighted_loss = loss, weighted_loss


class Target:
    def __init__(self, path, weight=None):
        self.observed, self.weight = float(open(path).read().split()[1]), weight

    def evaluate(self, replicates):
        loss = abs(sum(each["cases"]["n"].sum() for each in replicates) - self.observed)
        return Evaluation(loss, None if self.weight is None else loss * self.weight)
"""
HEAD = "from framework import Evaluation, Target, anything, calibration_target\n"


def table(*values: int) -> dict[str, str]:
    sink = io.BytesIO()
    made = pa.table({"n": list(values)})
    with pa.ipc.new_stream(sink, made.schema) as writer:
        writer.write_table(made)
    data = base64.b64encode(sink.getvalue()).decode()
    return {"name": "cases", "kind": "table", "data": data}


REPLICATES = [[table(1, 2)], [table(10)]]


def spec_of(tmp_path: Path, text: str):
    files = {"targets.py": HEAD + text, "framework.py": FRAMEWORK, "observed.csv": "n\n3\n"}
    root = write_files(tmp_path, files)
    data = (os.fspath(root / "observed.csv"),)
    return make_spec(root, "targets:target", judges="cases", data=data)


def loss(tmp_path: Path, text: str) -> float:
    with working(spec_of(tmp_path, text)) as worker:
        header, outputs = worker.run(replicates=REPLICATES)
    assert header["is"] == "done", header
    return json.loads(outputs["loss"])


@pytest.mark.parametrize(
    "text",
    [
        "def target(simulated, observed): return sum(simulated['n']) - sum(observed['n'])",
        "def target(s, o, extra=2): return sum(s['n']) - sum(o['n'])",
        "def target(s, data_paths): return sum(s['n']) - float(open(data_paths['observed']).read()[1:])",
        "@anything\ndef target(s, o): return sum(s['n']) - sum(o['n'])",
    ],
)
def test_a_plain_function_judges_each_replicate_and_the_mean_counts(tmp_path, text):
    assert loss(tmp_path, text) == (0 + 7) / 2


@pytest.mark.parametrize(
    "text",
    [
        "def target(): return Target('observed.csv')",
        "def target(data_paths): return Target(data_paths['observed'])",
        "@calibration_target(model_output='cases', data={'observed': 'observed.csv'})\n"
        "def target(data_paths): return Target(data_paths['observed'])",
    ],
)
def test_a_target_of_a_framework_gets_all_replicates_at_once(tmp_path, text):
    assert loss(tmp_path, text) == 10


def test_several_targets_of_a_framework_count_with_their_own_weights(tmp_path):
    text = "def target(): return [Target('observed.csv', 0.5), Target('observed.csv')]"
    assert loss(tmp_path, text) == 15


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("def target(): return 3", "the target gave a int, which evaluates nothing"),
        ("def target(s, o): return None", "the target gave a NoneType; a loss is a number"),
        (
            "class Odd:\n    def evaluate(self, replicates): return Evaluation(None)\n"
            "def target(): return Odd()",
            "the target gave a NoneType; a loss is a number",
        ),
    ],
)
def test_what_is_no_loss_is_a_failure(tmp_path, text, error):
    with working(spec_of(tmp_path, text)) as worker:
        header, _ = worker.run(replicates=REPLICATES)
    assert header["is"] == "failed"
    assert error in header["error"]


def test_a_function_of_anything_else_is_no_target(tmp_path):
    said = refused(spec_of(tmp_path, "def target(simulated): return 1"))
    assert said["what"] == "targets:target takes 1 values"


def test_whether_pandas_is_there_counts(tmp_path):
    python = small_environment(tmp_path / "environment", {})
    text = (
        "def target(simulated, observed):\n    return 0.0 if isinstance(observed, dict) else 1.0\n"
    )
    with working(replace(spec_of(tmp_path, text), interpreter=python, counted=())) as worker:
        number = {"name": "cases", "kind": "json", "data": base64.b64encode(b"1").decode()}
        answer, blobs = worker.run(replicates=[[number]])
    assert blobs == {"loss": b"0.0"}
    assert [name for kind, name, *_ in answer["undeclared"] if kind == "package"] == ["pandas"]
