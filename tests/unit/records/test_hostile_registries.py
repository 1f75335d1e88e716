"""No registry file, however hostile, gives a traceback, a hang, a crash or an overwritten file."""

from __future__ import annotations

import os
import pickle
import time

import pytest
from tests.support.hostile_registries import GOOD, corpus

from modelops_bundle.adapters.registry_file import RegistryFile
from modelops_bundle.registry import BrokenRegistryError, load_document

CORPUS = corpus()
WHOLE_FILE = {
    "empty",
    "blank",
    "only a newline",
    "only comments",
    "only a BOM",
    "over the size limit",
}


def test_the_corpus_is_large_and_its_seed_is_good():
    assert len(CORPUS) >= 200
    assert list(load_document(GOOD, "x").registry.models) == ["a_b"]


@pytest.mark.parametrize("name", CORPUS)
def test_a_hostile_registry_is_an_error_with_a_place_and_a_mend(name, tmp_path):
    path = tmp_path / "registry.yaml"
    path.write_bytes(CORPUS[name])
    file = RegistryFile(os.fspath(path))
    started = time.monotonic()
    with pytest.raises(BrokenRegistryError) as caught:
        file.load()
    assert time.monotonic() - started < 10
    error = caught.value
    assert error.file == str(path)
    assert str(path) in str(error)
    assert error.mend
    assert error.exit_code == 2
    assert len(str(error)) < 2000
    lines = CORPUS[name].count(b"\n") + CORPUS[name].count(b"\r") + 1
    for problem in error.problems:
        assert problem.what
        assert problem.line is not None or name in WHOLE_FILE
        assert problem.line is None or 1 <= problem.line <= lines
    assert str(pickle.loads(pickle.dumps(error))) == str(error)

    with pytest.raises(BrokenRegistryError), file.edit():
        pytest.fail("a broken registry was opened for editing")
    with pytest.raises(BrokenRegistryError):
        file.create()
    assert path.read_bytes() == CORPUS[name]
    assert sorted(os.listdir(tmp_path)) == ["registry.lock", "registry.yaml"]
