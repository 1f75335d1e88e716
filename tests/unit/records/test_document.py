from __future__ import annotations

import time

import pytest

from modelops_bundle.errors import RegistryError
from modelops_bundle.registry import (
    BrokenRegistryError,
    BundleRegistry,
    ModelEntry,
    dump_document,
    load_document,
)
from modelops_bundle.yamltext.events import MAX_DEPTH, DocumentError, find_lines, read_yaml

BROKEN = b"""\
version: 1.0
models:
  a_b:
    entrypoint: a:B
    path: 2024-01-01
    class_name: B
    outputs:
      - prevalence
      - no
    data_digests:
      x.csv: 12
  b_c: null
targets:
  t:
    path: t.py
    entrypoint: t:f
"""


def test_all_problems_are_reported_together_with_line_key_and_mend():
    with pytest.raises(RegistryError) as caught:
        load_document(BROKEN, ".modelops-bundle/registry.yaml")
    error = caught.value
    assert isinstance(error, BrokenRegistryError)
    assert [(problem.line, problem.key) for problem in error.problems] == [
        (1, "version"),
        (5, "models.a_b.path"),
        (9, "models.a_b.outputs.1"),
        (11, "models.a_b.data_digests.x.csv"),
        (12, "models.b_c"),
        (14, "targets.t"),
    ]
    assert error.problems[0].mend == 'Quote it: "1.0".'
    assert error.problems[-1].what == "has no model_output"
    assert "cannot read the registry .modelops-bundle/registry.yaml" in str(error)
    assert "line 9, models.a_b.outputs.1: is no, which YAML does not read as text" in str(error)


def test_a_file_with_very_many_problems_stays_readable():
    data = b"version: '1.0'\nmodels:\n" + b"".join(b"  m%d: 1\n" % i for i in range(5000))
    with pytest.raises(BrokenRegistryError) as caught:
        load_document(data, "x")
    assert len(caught.value.problems) == 1000
    assert len(str(caught.value).splitlines()) < 15


def test_places_behind_an_alias_are_those_of_the_alias():
    data = b"version: '1.0'\nshared: &s {entrypoint: 1}\nmodels:\n  a_b: *s\n"
    with pytest.raises(BrokenRegistryError) as caught:
        load_document(data, "x")
    assert {problem.line for problem in caught.value.problems} == {4}


def test_10000_entries_load_within_two_seconds():
    digests = {f"data/{n}.csv": f"blake3:{n:064x}" for n in range(3)}
    models = {
        f"model_{n}": ModelEntry(
            entrypoint=f"models.m{n}:Model",
            path=f"models/m{n}.py",
            class_name="Model",
            outputs=("prevalence",),
            data=tuple(digests),
            data_digests=digests,
            code=("utils.py",),
            code_digests={"utils.py": f"blake2b:{n:064x}"},
            model_digest=f"blake2b:{n:064x}",
            digest=f"blake2b:{n:064x}",
        )
        for n in range(10_000)
    }
    data = dump_document(BundleRegistry(models=models))
    times = []
    for _ in range(3):
        # Processor time: the machine may have more to do.
        started = time.process_time()
        registry = load_document(data, "x").registry
        times.append(time.process_time() - started)
    assert registry.models == models
    assert min(times) < 2


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: 1 # x\n", 1),
        ("# x\na: b\n", 1),
        ("a: 'x # y'\n", None),
        ("a: x#y\n", None),
        ("a: |\n  # no\n  b\n", None),
        ("a: | # yes\n  # no\n  b\n", 1),
        ("a: |\n  b\n# yes\n", 3),
        ("a: >-\n  b # n\n\n\nb: c\n", None),
        ("\ufeff# x\na: b\n", 1),
        ("a: 'é # y' # z\n", 1),
        ("a: b # z", 1),
        ("a:\r\n  - b\r\n  # c\r\n", 3),
        ("[a, # x\n b]\n", 1),
        ("a: '#'\nb: \"#\"\nc: d\n", None),
        ("a: ' #'\nb: ' #' # here\n", 2),
    ],
)
def test_comments_are_told_from_text(text, line):
    assert read_yaml(text.encode()).comment_line == line


def test_small_aliases_are_read_as_what_they_stand_for():
    assert read_yaml(b"a: &x [b, {c: d}]\ne: *x\n").root == {
        "a": ["b", {"c": "d"}],
        "e": ["b", {"c": "d"}],
    }


def test_depth_is_allowed_up_to_its_limit():
    for depth, is_fine in ((MAX_DEPTH, True), (MAX_DEPTH + 1, False)):
        data = b"[" * depth + b"]" * depth
        if is_fine:
            read_yaml(data)
        else:
            with pytest.raises(DocumentError):
                read_yaml(data)


def test_lines_of_keys_and_items_are_found():
    data = b"a:\n  - b\n  - c: d\ne: {f: g}\n"
    wanted = [("a",), ("a", "1"), ("a", "1", "c"), ("e", "f"), ("nothing",)]
    assert find_lines(data, wanted) == {("a",): 1, ("a", "1"): 3, ("a", "1", "c"): 3, ("e", "f"): 4}


def test_the_pure_python_parser_reads_the_same(monkeypatch):
    import yaml

    registry = BundleRegistry(
        models={"a": ModelEntry(entrypoint="a:B", path="\udcff.py", class_name="B")}
    )
    data = dump_document(registry)
    monkeypatch.delattr(yaml, "CSafeLoader")
    assert load_document(data, "x").registry == registry
    with pytest.raises(BrokenRegistryError):
        load_document(BROKEN, "x")
