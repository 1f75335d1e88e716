from __future__ import annotations

import json

import pytest
from tests.support.worker import make_spec, working, write_files

from modelops_bundle.results.record import Level

MODEL = """
import os, tempfile
class Model:
    def simulate(self, params, seed):
        names = ("TMPDIR", "NUMBA_CACHE_DIR", "MPLCONFIGDIR", "HOME")
        folders = {name: os.environ.get(name) for name in names}
        return {"folders": folders | {"temporary": tempfile.gettempdir()}}
"""


@pytest.mark.parametrize(
    ("level", "named", "own"),
    [
        (Level.OFF, {}, {"NUMBA_CACHE_DIR"}),
        (Level.ENFORCED, {}, {"NUMBA_CACHE_DIR"}),
        (Level.ENFORCED, {"NUMBA_CACHE_DIR": "/named"}, set()),
        (
            Level.HERMETIC,
            {"NUMBA_CACHE_DIR": "/named"},
            {"NUMBA_CACHE_DIR", "MPLCONFIGDIR", "HOME"},
        ),
    ],
)
def test_temporary_files_and_caches_go_into_the_worker_s_folder(tmp_path, level, named, own):
    root = write_files(tmp_path, {"model.py": MODEL})
    with working(
        make_spec(root, level=level), HOME="/home/x", MPLCONFIGDIR="/m", **named
    ) as worker:
        folders = json.loads(worker.run()[1]["folders"])
        inside = {name for name, at in folders.items() if at and at.startswith(worker.scratch.name)}
    assert inside == {"TMPDIR", "temporary", *own}
