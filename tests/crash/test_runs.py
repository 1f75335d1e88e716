"""Runs that are killed, meet a full disk, or want the same: nothing is lost, twice or wrong."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from tests.support.command import DATA, PROGRAM, Project, environment
from tests.support.result_stores import record_of, result_of

from modelops_bundle.adapters.results_local import LocalResults
from modelops_bundle.errors import StorageError

pytestmark = pytest.mark.slow

KILLS = 200
SIMULATIONS = 1000
#: Some milliseconds each, so that a kill hits every part of a run.
RUN = ("run", "StochasticSIR", "--set", "beta=0.4", "--set", "gamma=0.1", "--set", "days=40",
       "--seeds", f"0:{SIMULATIONS}", "--workers", "2")  # fmt: skip


@pytest.fixture
def sample(tmp_path: Path) -> Project:
    Project(tmp_path).run("sample-create", "epidemic")
    made = Project(tmp_path / "epidemic")
    made.run("init")
    made.run("register-model", "src/model.py", *DATA)
    return made


def started(project: Project, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [PROGRAM, *arguments],
        cwd=project.folder,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def test_a_run_that_is_killed_again_and_again_completes_and_everything_verifies(
    sample: Project,
) -> None:
    chance = random.Random(20261126)
    killed = 0
    for number in range(KILLS):
        # Another model each time the results are complete, so that there is always something to compute.
        (sample.folder / "src" / "extra.py").write_text(f"NUMBER = {number // 5}\n")
        sample_source = sample.folder / "src" / "settings.py"
        if number == 0:
            sample_source.write_text(f"import extra\n{sample_source.read_text()}")
        with started(sample, *RUN) as process:
            # From before the first worker starts until after results were first stored, half a second on.
            time.sleep(chance.uniform(0.05, 1.75))
            process.send_signal(signal.SIGKILL)
            killed += process.wait() == -signal.SIGKILL
            process.communicate()
    assert killed > KILLS // 2
    left = sample.json("results", "verify")
    assert left["read"] > 0
    assert left["damaged"] == []
    done = sample.json(*RUN)
    assert done["hits"] + done["computed"] == SIMULATIONS
    verified = sample.json("results", "verify")
    assert verified["read"] >= SIMULATIONS
    assert verified["damaged"] == []
    assert sample.json("results", "verify", "--rerun", "20")["differing"] == []
    assert _workers(sample) == []


def _workers(project: Project) -> list[str]:
    """Command lines of workers that have outlived their runs."""
    until = time.monotonic() + 10
    while True:
        left = []
        for process in Path("/proc").glob("[0-9]*"):
            try:
                line = (process / "cmdline").read_bytes().decode(errors="replace")
                inside = os.readlink(process / "cwd").startswith(str(project.folder))
            except OSError:
                continue
            if inside and "start.py" in line:
                left.append(line)
        if not left or time.monotonic() > until:
            return left
        time.sleep(0.1)


def test_eight_runs_that_want_the_same_compute_each_once(sample: Project) -> None:
    run = ("run", "StochasticSIR", "--set", "gamma=0.1", "--set", "days=10", "--workers", "1",
           "--grid", "beta=0.1,0.2,0.3,0.4", "--seeds", "0:500", "--json")  # fmt: skip
    processes = [started(sample, *run) for _ in range(8)]
    computed: Counter[str] = Counter()
    for process in processes:
        output, said = process.communicate(timeout=200)
        assert process.returncode == 0, said
        document = json.loads(output)
        assert document["hits"] + document["computed"] == 2000
        computed.update(
            each["key"] for each in document["simulations"] if each["state"] == "computed"
        )
    assert len(computed) == 2000
    assert set(computed.values()) == {1}


@pytest.mark.needs_root
def test_a_full_disk_keeps_what_was_stored(tmp_path: Path) -> None:
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", folder], check=False
    )
    if mounted.returncode:
        pytest.skip("file systems cannot be mounted here")
    try:
        stored = 0
        with LocalResults(str(folder / "results")) as store:
            store.put_context(record_of())
            caught = None
            while caught is None and stored < 1000:
                try:
                    store.put([result_of(stored, data=os.urandom(50_000))])
                    stored += 1
                except StorageError as error:
                    caught = error
        assert caught is not None
        assert "full" in caught.summary or "No space" in caught.summary
        assert "space" in caught.mend
        assert stored > 5
        with LocalResults(str(folder / "results")) as store:
            for seed in range(stored):
                assert store.get(result_of(seed).key) is not None
            assert store.damaged() == []
    finally:
        subprocess.run(["umount", folder], check=True)


def test_a_store_that_may_not_be_written(sample: Project) -> None:
    sample.run(*RUN[:-4], "--seeds", "0:3")
    folder = sample.folder / ".modelops-bundle" / "results"
    command = [PROGRAM, *RUN[:-4], "--seeds", "0:4"]
    if os.geteuid() == 0:
        command = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search", *command]
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    try:
        done = subprocess.run(
            command,
            cwd=sample.folder,
            env=environment(),
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        for path in (folder, *folder.rglob("*")):
            path.chmod(0o755 if path.is_dir() else 0o644)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "Check who owns the folder and may write to it." in done.stderr
    assert sample.json(*RUN[:-4], "--seeds", "0:4")["hits"] >= 3


OPEN_AT = """\
import sys, time
from modelops_bundle.adapters.results_local import LocalResults
while time.time() < float(sys.argv[2]):
    pass
with LocalResults(sys.argv[1]) as store, store.claims() as claims:
    claims.claim([sys.argv[3] * 64])
"""


def test_many_that_make_a_store_at_the_same_moment(tmp_path: Path) -> None:
    for number in range(10):
        at, folder = str(time.time() + 1.0), str(tmp_path / str(number))
        processes = [
            subprocess.Popen(
                [sys.executable, "-c", OPEN_AT, folder, at, str(each)], stderr=subprocess.PIPE
            )
            for each in range(6)
        ]
        for process in processes:
            _, said = process.communicate()
            assert process.returncode == 0, said
