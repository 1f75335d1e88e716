"""Workers on other machines run a model only where its files are those that the run was asked for."""

from __future__ import annotations

import os

from tests.support.worker import make_spec, refused, working, write_files

from modelops_bundle.worker.inputs import contents_of

FILES = {"model.py": "def model(params, seed):\n    return 1\n", "data/a.csv": "1\n"}


def test_the_same_files_are_accepted_and_others_are_named(tmp_path):
    root = write_files(tmp_path, FILES)
    paths = [os.fspath(root / name) for name in FILES]
    spec = make_spec(root, "model:model", inputs=contents_of(paths))
    with working(spec) as worker:
        assert worker.run()[1] == {"result": b"1"}
    (root / "data" / "a.csv").write_text("2\n")
    said = refused(spec)
    assert said["what"] == "the worker has other files than the ones that the run was asked for"
    assert said["why"] == "data/a.csv has another content here"
    (root / "data" / "a.csv").unlink()
    assert refused(spec)["why"] == "data/a.csv is not there"


def test_what_cannot_be_read_is_not_asked_for(tmp_path):
    assert contents_of([os.fspath(tmp_path / "none")]) == {}
