"""Sources whose parts refer to each other are read in time in proportion to their size."""

from __future__ import annotations

import time

import pytest
from tests.fakes.code_project import CodeProject
from tests.support.hostile_conditions import hostile_conditions

from modelops_bundle.source.facts import from_json, read_facts, to_json

SOURCES = dict(hostile_conditions())


@pytest.mark.parametrize("name", SOURCES)
def test_each_takes_seconds_at_most(name: str) -> None:
    started = time.process_time()
    facts = read_facts(SOURCES[name])
    assert time.process_time() - started < 8
    assert from_json(to_json(facts)) == facts


@pytest.mark.parametrize("last", ["from os import environ as env", "import os\nenv = os.environ"])
@pytest.mark.parametrize("line", ["from m{} import env", "from m{} import *"])
def test_long_chains_of_imports_are_followed(line: str, last: str) -> None:
    sources = {f"m{i}.py": line.format(i + 1) for i in range(702)}
    model = {"m702.py": last, "m.py": f"{line.format(0)}\nenv['KEY']"}
    assert "KEY" in CodeProject({**sources, **model}).closure().variables


def test_what_is_too_far_to_follow_may_be_the_environment() -> None:
    sources = {f"m{i}.py": f"from m{i + 1} import env" for i in range(1100)}
    model = {"m1100.py": "from os import environ as env", "m.py": "from m0 import env\nenv['KEY']"}
    assert "KEY" in CodeProject({**sources, **model}).closure().variables


def test_constants_that_double_from_file_to_file() -> None:
    line = "import m{} as m\nX = (m.X, m.Y)\nY = (m.X, m.Y)"
    sources = {f"m{i}.py": line.format(i + 1) for i in range(100)}
    model = {"m100.py": "X = 'A'\nY = 'B'", "m.py": "import os, m0\nos.getenv(m0.X)"}
    closure = CodeProject({**sources, **model}).closure()
    assert any("cannot be told" in warning.text for warning in closure.warnings)
